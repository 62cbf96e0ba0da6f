import { at } from "./elements.js";

const words = JSON.parse(at("words").textContent);

/** Return a text of web/words/ with its braces filled in. */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Return the text for a number of things; "_one" and "_none" are texts of their own where there are any. */
export function counted(key, count, values = {}) {
  const special = { 0: `${key}_none`, 1: `${key}_one` }[count];
  return say(special in words ? special : key, { count, ...values });
}

let later;

/** Tell a screen reader, once what changes has been still for a moment. */
export function announce(text, wait = 500) {
  clearTimeout(later);
  later = setTimeout(() => { at("live").textContent = text; }, wait);
}
