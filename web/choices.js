import { at, make, open, show, write } from "./elements.js";
import { announce, say } from "./words.js";

/** What makes an edition. A later choice gives way to an earlier one. */
const KINDS = ["audience", "language", "depth", "size", "paper"];
const LISTS = { language: "languages", depth: "depths", size: "sizes", paper: "papers" };

/** Return why a value cannot be taken beside the earlier choices, or null where it can. */
export function reasonAgainst(topic, picked, kind, value) {
  const earlier = KINDS.slice(0, KINDS.indexOf(kind));
  const matching = topic.choices.filter(
    (one) => one[kind] === value && earlier.every((name) => !picked[name] || one[name] === picked[name]),
  );
  if (matching.some((one) => one.missing === null)) return null;
  if (matching.length > 0) return matching[0].missing;
  if (kind !== "language") return say("no_text");
  return say(topic.choices.some((one) => one.language === value) ? "no_language_here" : "no_language");
}

/** Return choices that have a text, and what had to give way: `[{kind, from, to, reason}]`. */
export function settled(topic, picked, desk) {
  const fitting = { ...picked };
  const switched = [];
  for (const kind of KINDS.slice(1)) {
    const values = desk[LISTS[kind]].map((one) => one.id);
    const wanted = fitting[kind] ?? values[0];
    const reason = reasonAgainst(topic, fitting, kind, wanted);
    const value = reason === null ? wanted : values.find((one) => reasonAgainst(topic, fitting, kind, one) === null);
    if (reason !== null && fitting[kind] && value) switched.push({ kind, from: wanted, to: value, reason });
    fitting[kind] = value ?? wanted;
  }
  return { fitting, switched };
}

/**
 * Show readers and forms, and call `chosen(picked)` for each change; `picked.audience` may be null. `entered()` is
 * called when Enter goes on from a reader.
 */
export function showChoices(desk, chosen, entered) {
  let topic = null;
  let picked = {};
  let offered = null; // the reader to which the page has led: a second Enter does not take it
  const wanted = {}; // what a person chose; kept where another choice made it give way

  const nameOf = (kind, id) => desk[LISTS[kind]].find((one) => one.id === id)?.name ?? id;

  function reader(one) {
    const written = topic.readers.filter((each) => !each.missing);
    const alike = new Set(written.map((each) => JSON.stringify(each.notices))).size === 1; // said at the topic
    const missing = one.missing ?? reasonAgainst(topic, {}, "audience", one.id);
    const radio = make("input", {
      type: "radio", name: "reader", value: one.id, autocomplete: "off", disabled: missing !== null,
      onchange: () => take("audience", one.id),
    });
    radio.addEventListener("keydown", (event) => {
      if (offered === radio && ["ArrowDown", "ArrowRight"].includes(event.key)) {
        event.preventDefault(); // takes the reader that has the focus, not the next one
        radio.click();
      } else if (event.key === "Enter" && !event.repeat) {
        if (offered === radio) announce(at("reader-how").textContent, 0);
        else {
          if (!radio.checked) radio.click();
          entered();
        }
      }
    });
    for (const moved of ["change", "blur"]) radio.addEventListener(moved, () => { offered = null; });
    return make("label", { class: "reader" }, radio, make(
      "span", { class: "words" }, make("span", { class: "title", text: one.name }),
      missing || one.text !== one.name ? make("span", { class: missing ? "reason" : "about", text: missing ?? one.text }) : null,
      ...(missing || alike ? [] : one.notices.map((notice) => make("span", { class: "about", text: notice.text }))),
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
      const reasons = {}; // each, with the names of the values that it keeps from being chosen
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
    const warning = topic.readers.find((one) => one.id === picked.audience)?.warning;
    write(at("reader-warning"), warning);
    if (warning) at("reader-warning").scrollIntoView({ block: "nearest" });
    chosen({ topic: topic.id, ...picked, audience: picked.audience ?? null });
  }

  function build() {
    for (const kind of KINDS.slice(1)) {
      const box = at(`${kind}-choice`);
      const values = desk[LISTS[kind]];
      show(box, values.length > 1);
      box.querySelector(".row").replaceChildren(...values.map((one) => segment(kind, one)));
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
    /** Show a topic's readers. A person chooses one, also where there is only one. */
    set(next) {
      topic = next;
      build();
      at("readers").replaceChildren(...topic.readers.map(reader));
      const taken = topic.readers.filter((one) => !one.missing && reasonAgainst(topic, {}, "audience", one.id) === null);
      if (!taken.some((one) => one.id === wanted.audience)) delete wanted.audience;
      open(at("reader-step"));
      const absent = topic.readers.filter((one) => one.missing).map((one) => one.name);
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
