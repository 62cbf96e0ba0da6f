import { at, show, write } from "./elements.js";
import { say } from "./words.js";

const WARNED = 20; // seconds before it clears, or half of a short time

/** Clear the page when nobody has touched it for a time, and say so before. `dirty()` is false for an empty page. */
export function clearWhenIdle(seconds, dirty, clear) {
  if (!seconds) return;
  const warned = Math.min(WARNED, seconds / 2);
  let touched = Date.now();

  function touch() {
    touched = Date.now();
    show(at("idle"), false);
  }

  // Once it warns, a move is not enough: the button must not vanish from below the pointer.
  const moved = () => { if (at("idle").hidden) touch(); };
  const pressed = (event) => { if (!at("idle").contains(event.target)) touch(); };

  function look() {
    const left = seconds - (Date.now() - touched) / 1000;
    if (!dirty()) touch();
    else if (left <= 0) {
      touch();
      clear();
    } else if (left <= warned) {
      if (at("idle").hidden) {
        write(at("idle-words"), say("idle", { seconds: Math.ceil(warned) }));
        write(at("keep"), say("keep"));
        show(at("idle"));
      }
    }
  }

  for (const kind of ["pointermove", "wheel"]) document.addEventListener(kind, moved, { passive: true });
  for (const kind of ["keydown", "pointerdown", "input"]) document.addEventListener(kind, pressed, { passive: true });
  at("keep").addEventListener("click", touch);
  setInterval(look, Math.min(1000, (seconds * 1000) / 10));
}
