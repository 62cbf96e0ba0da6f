/** Return the element of an id. */
export const at = (id) => document.getElementById(id);

/** Make an element. `text` and handlers (`onclick`) may stand among its attributes. */
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

/** Open a step of the order, or close it: then it shows its heading only. */
export function open(step, opened = true) {
  step.classList.toggle("later", !opened);
}

/** Write a text and show its element; without a text, hide it. Screen readers do not repeat an unchanged text. */
export function write(element, text) {
  const content = text || "";
  if (element.textContent !== content) element.textContent = content;
  show(element, content !== "");
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
