/** Keep a click from choosing what has just moved below the pointer (a second click, or one aimed before it moved), and a held key from pressing. */
const SEEN = 500; // milliseconds in which a person sees that the page has moved
const CHOOSING = "button, summary, .topic, .reader, .segment, .check, .place";
const CHANGES = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class", "hidden", "open", "style"] };

/** Let a key that is held press no button: it would print what nobody has looked at. */
export function holdKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.repeat && event.target.tagName === "BUTTON" && ["Enter", " "].includes(event.key)) event.preventDefault();
  });
}

/** Watch the page. For the pointer alone, a control that has moved is out of reach for half a second. */
export function holdMoved() {
  const seen = new WeakMap(); // control -> {left, top, timer}
  let scrolled = 0; // when a person last turned the wheel, or moved a finger

  function look() {
    const own = Date.now() - scrolled < SEEN;
    for (const control of document.querySelectorAll(CHOOSING)) {
      const { left, top } = control.getBoundingClientRect();
      const before = seen.get(control);
      if (before?.left === left && before?.top === top) continue;
      clearTimeout(before?.timer);
      if (own && before) {
        seen.set(control, { left, top });
        delete control.dataset.moved;
        continue;
      }
      control.dataset.moved = "";
      seen.set(control, { left, top, timer: setTimeout(() => { delete control.dataset.moved; }, SEEN) });
    }
  }

  for (const kind of ["wheel", "touchmove"]) document.addEventListener(kind, () => { scrolled = Date.now(); }, { passive: true });
  document.addEventListener("scroll", look, { capture: true, passive: true });
  document.addEventListener("load", look, { capture: true }); // a picture takes its room
  window.addEventListener("resize", look);
  new MutationObserver(look).observe(document.body, CHANGES);
  look();
}
