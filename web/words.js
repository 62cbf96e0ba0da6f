import { at } from "./elements.js";

const words = JSON.parse(at("words").textContent);

/** Return a text of web/words/ with its braces filled in. */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Return the text for a number of things. There may be texts of their own for one ("_one") and for none ("_none"). */
export function counted(key, count, values = {}) {
  const special = { 0: `${key}_none`, 1: `${key}_one` }[count];
  return say(special in words ? special : key, { count, ...values });
}

let timer;

/** Let a screen reader say a text. Of several within `wait` milliseconds, it says only the last. */
export function announce(text, wait = 500) {
  clearTimeout(timer);
  timer = setTimeout(() => { at("live").textContent = text; }, wait);
}
