/** Ignore clicks on controls that have just moved below the pointer, and held keys on buttons. */
const NOTICE = 500; // milliseconds in which a person notices that the page has moved
const CHOOSING = "button, summary, .topic, .reader, .segment, .check, .place";
const CHANGES = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class", "hidden", "open", "style"] };

/** Ignore a held key on a button: it would print what nobody has looked at. */
export function holdKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.repeat && event.target.tagName === "BUTTON" && ["Enter", " "].includes(event.key)) event.preventDefault();
  });
}

/** Watch the page. A control that has moved takes no click for half a second; keys still reach it. */
export function holdMoved() {
  const places = new WeakMap(); // control -> {left, top, timer}
  let scrolled = 0; // when a person last turned the wheel, or moved a finger

  function check() {
    const isScrolling = Date.now() - scrolled < NOTICE;
    for (const control of document.querySelectorAll(CHOOSING)) {
      const { left, top } = control.getBoundingClientRect();
      const before = places.get(control);
      if (before?.left === left && before?.top === top) continue;
      clearTimeout(before?.timer);
      if (isScrolling && before) {
        places.set(control, { left, top });
        delete control.dataset.moved;
        continue;
      }
      control.dataset.moved = "";
      places.set(control, { left, top, timer: setTimeout(() => { delete control.dataset.moved; }, NOTICE) });
    }
  }

  for (const kind of ["wheel", "touchmove"]) document.addEventListener(kind, () => { scrolled = Date.now(); }, { passive: true });
  document.addEventListener("scroll", check, { capture: true, passive: true });
  document.addEventListener("load", check, { capture: true }); // a picture that loads moves what is below it
  window.addEventListener("resize", check);
  new MutationObserver(check).observe(document.body, CHANGES);
  check();
}
