import { at, show, write } from "./elements.js";
import { say } from "./words.js";

const WARNING = 20; // seconds

/** Clear the page when nobody has touched it for some seconds, after a warning. `dirty()` is false for an empty page. */
export function clearWhenIdle(seconds, dirty, clear) {
  if (!seconds) return;
  const warning = Math.min(WARNING, seconds / 2);
  let touched = Date.now();

  function touch() {
    touched = Date.now();
    show(at("idle"), false);
  }

  // During the warning, a move is not enough: its button must not vanish from below the pointer.
  const onMove = () => { if (at("idle").hidden) touch(); };
  const onPress = (event) => { if (!at("idle").contains(event.target)) touch(); };

  function check() {
    const left = seconds - (Date.now() - touched) / 1000;
    if (!dirty()) touch();
    else if (left <= 0) {
      touch();
      clear();
    } else if (left <= warning) {
      if (at("idle").hidden) {
        write(at("idle-words"), say("idle", { seconds: Math.ceil(warning) }));
        write(at("keep"), say("keep"));
        show(at("idle"));
      }
    }
  }

  for (const kind of ["pointermove", "wheel"]) document.addEventListener(kind, onMove, { passive: true });
  for (const kind of ["keydown", "pointerdown", "input"]) document.addEventListener(kind, onPress, { passive: true });
  at("keep").addEventListener("click", touch);
  setInterval(check, Math.min(1000, (seconds * 1000) / 10));
}
