import { at, make, open, show, write } from "./elements.js";
import { announce, say } from "./words.js";

/** The choices of an edition. A later one gives way to an earlier one. */
const KINDS = ["audience", "language", "depth", "size", "paper"];
const LISTS = { language: "languages", depth: "depths", size: "sizes", paper: "papers" };

/** Return why a value does not go with the earlier choices, or null if it does. */
export function reasonAgainst(topic, picked, kind, value) {
  const earlier = KINDS.slice(0, KINDS.indexOf(kind));
  const matching = topic.choices.filter(
    (choice) => choice[kind] === value && earlier.every((name) => !picked[name] || choice[name] === picked[name]),
  );
  if (matching.some((choice) => choice.missing === null)) return null;
  if (matching.length > 0) return matching[0].missing;
  if (kind !== "language") return say("no_text");
  return say(topic.choices.some((choice) => choice.language === value) ? "no_language_here" : "no_language");
}

/** Return choices for which there is a text, and those that gave way for it: `[{kind, from, to, reason}]`. */
export function settled(topic, picked, desk) {
  const fitting = { ...picked };
  const switched = [];
  for (const kind of KINDS.slice(1)) {
    const values = desk[LISTS[kind]].map(({ id }) => id);
    const preferred = fitting[kind] ?? values[0];
    const reason = reasonAgainst(topic, fitting, kind, preferred);
    const value = reason === null ? preferred : values.find((other) => reasonAgainst(topic, fitting, kind, other) === null);
    if (reason !== null && fitting[kind] && value) switched.push({ kind, from: preferred, to: value, reason });
    fitting[kind] = value ?? preferred;
  }
  return { fitting, switched };
}

/**
 * Show the readers, languages and other choices. Call `chosen(picked)` for each change; `picked.audience` may be null.
 * Call `entered()` when Enter goes on from a reader.
 */
export function showChoices(desk, chosen, entered) {
  let topic = null;
  let picked = {};
  let offered = null; // the reader that the page has focused: a second Enter does not choose it
  const wanted = {}; // a person's own choices, also those that gave way

  const nameOf = (kind, id) => desk[LISTS[kind]].find((each) => each.id === id)?.name ?? id;

  function readerLabel(reader) {
    const written = topic.readers.filter((each) => !each.missing);
    const sameNotices = new Set(written.map((each) => JSON.stringify(each.notices))).size === 1; // the topic shows them
    const missing = reader.missing ?? reasonAgainst(topic, {}, "audience", reader.id);
    const radio = make("input", {
      type: "radio", name: "reader", value: reader.id, autocomplete: "off", disabled: missing !== null,
      onchange: () => take("audience", reader.id),
    });
    radio.addEventListener("keydown", (event) => {
      if (offered === radio && ["ArrowDown", "ArrowRight"].includes(event.key)) {
        event.preventDefault(); // else the browser chooses the next reader, not the focused one
        radio.click();
      } else if (event.key === "Enter" && !event.repeat) {
        if (offered === radio) announce(at("reader-how").textContent, 0);
        else {
          if (!radio.checked) radio.click();
          entered();
        }
      }
    });
    for (const kind of ["change", "blur"]) radio.addEventListener(kind, () => { offered = null; });
    return make("label", { class: "reader" }, radio, make(
      "span", { class: "words" }, make("span", { class: "title", text: reader.name }),
      missing || reader.text !== reader.name ? make("span", { class: missing ? "reason" : "about", text: missing ?? reader.text }) : null,
      ...(missing || sameNotices ? [] : reader.notices.map((notice) => make("span", { class: "about", text: notice.text }))),
    ));
  }

  function segment(kind, { id, name }) {
    const radio = make("input", {
      type: "radio", name: kind, value: id, autocomplete: "off", onchange: () => take(kind, id),
    });
    return make("label", { class: "segment" }, radio, make("span", { text: name }));
  }

  function take(kind, value) {
    wanted[kind] = value;
    update();
  }

  function update() {
    const { fitting, switched } = settled(topic, { ...wanted }, desk);
    picked = fitting;
    for (const radio of at("readers").querySelectorAll("input")) radio.checked = radio.value === picked.audience;
    for (const kind of KINDS.slice(1)) {
      const box = at(`${kind}-choice`);
      const reasons = {}; // by reason: the names of the values that cannot be chosen
      for (const radio of box.querySelectorAll("input")) {
        const reason = reasonAgainst(topic, picked, kind, radio.value);
        radio.checked = radio.value === picked[kind];
        radio.disabled = reason !== null;
        if (reason !== null) (reasons[reason] ??= []).push(nameOf(kind, radio.value));
      }
      write(box.querySelector(".reason"), Object.entries(reasons).map(([reason, names]) => `${names.join("; ")}: ${reason}`).join(" "));
    }
    write(at("switched"), switched.map(({ kind, from, to, reason }) => say("switched", {
      name: nameOf(kind, from), reason: reason.replace(/\.?$/, "."), other: nameOf(kind, to),
    })).join(" "));
    const warning = topic.readers.find(({ id }) => id === picked.audience)?.warning;
    write(at("reader-warning"), warning);
    if (warning) at("reader-warning").scrollIntoView({ block: "nearest" });
    chosen({ topic: topic.id, ...picked, audience: picked.audience ?? null });
  }

  function build() {
    for (const kind of KINDS.slice(1)) {
      const box = at(`${kind}-choice`);
      const values = desk[LISTS[kind]];
      show(box, values.length > 1);
      box.querySelector(".row").replaceChildren(...values.map((value) => segment(kind, value)));
      box.querySelector(".reason")?.remove();
      box.append(make("p", { class: "reason", hidden: true }));
    }
  }

  function focus() {
    const radios = at("readers");
    const [radio] = [...radios.querySelectorAll("input:checked"), ...radios.querySelectorAll("input:enabled")];
    radio.focus();
    offered = radio.checked ? null : radio;
  }

  return {
    /** Show a topic's readers. A person must choose one, even if there is only one. */
    set(next) {
      topic = next;
      build();
      at("readers").replaceChildren(...topic.readers.map(readerLabel));
      const enabled = topic.readers.filter(({ id, missing }) => !missing && reasonAgainst(topic, {}, "audience", id) === null);
      if (!enabled.some(({ id }) => id === wanted.audience)) delete wanted.audience;
      open(at("reader-step"));
      const absent = topic.readers.filter(({ missing }) => missing).map(({ name }) => name);
      announce([
        say("topic_chosen", { title: topic.title }), absent.length ? say("readers_absent", { names: absent.join(", ") }) : "",
      ].join(" "));
      update();
    },
    clear() {
      for (const kind of KINDS) if (kind !== "paper") delete wanted[kind];
      topic = null;
      open(at("reader-step"), false);
      at("readers").replaceChildren();
      write(at("reader-warning"), "");
      write(at("switched"), "");
    },
    focus,
  };
}
