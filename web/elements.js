/** Return the element of an id. */
export const at = (id) => document.getElementById(id);

/** Make an element: `text`, `class` and handlers (`onclick`) beside its attributes. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Show an element, or hide it. */
export function show(element, shown = true) {
  element.hidden = !shown;
}

/** Open a step of the order; a step that comes later shows its heading only. */
export function open(step, opened = true) {
  step.classList.toggle("later", !opened);
}

/** Write a text and show its element; without a text, hide it. Unchanged text is not said again. */
export function write(element, text) {
  const words = text || "";
  if (element.textContent !== words) element.textContent = words;
  show(element, words !== "");
}

/** Make an input that no browser fills in or remembers. */
export function input(id, attributes = {}) {
  return make("input", {
    id, name: id, type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...attributes,
  });
}

/** Return bytes of base64. */
export function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
