/** Return a problem as sentences: its message and its hint. */
export function sentences({ message, hint }) {
  const whole = message.replace(/^[a-z]+(?= )/, (word) => word[0].toUpperCase() + word.slice(1)).replace(/[.:]?$/, ".");
  return [whole, hint].filter(Boolean).join(" ");
}
