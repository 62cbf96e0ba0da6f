import { at, make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { announce, counted, say } from "./words.js";

const FEW = 6;
const TAGS = { draft: "tag_draft", overdue: "tag_overdue" };
const WORD = /[\p{L}\p{N}]+/gu;

/** Return a text in small letters without accents. */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const wordsIn = (text) => fold(text).match(WORD) ?? [];
const begins = (typed, text) => wordsIn(text).some((word) => word.startsWith(typed));

/** Tell whether a topic has a text without problems; one of its translations may have some. */
export function isPrintable(topic) {
  return topic.problems.length === 0 || topic.choices.some((one) => one.missing === null);
}

/**
 * Return the topics that have all typed words, as `{topic, rank, kind, text}`: the best first, and last what cannot
 * be printed.
 *
 * Each typed word may be the beginning of a word of the title (rank 0), the purpose (1) or a sign (2). `text`
 * is the purpose or sign that was found, and `kind` says which of them it is.
 */
export function search(topics, typed) {
  const asked = wordsIn(typed);
  const found = topics.flatMap((topic) => {
    const titles = [...new Set([topic.title, ...Object.values(topic.titles)])];
    const inTitles = asked.filter((word) => titles.some((title) => begins(word, title)));
    if (inTitles.length === asked.length) {
      const other = asked.every((word) => begins(word, topic.title))
        ? null : titles.find((title) => asked.some((word) => begins(word, title) && !begins(word, topic.title)));
      return [{ topic, rank: 0, kind: other ? "title_for_others" : "purpose", text: other ?? topic.purpose }];
    }
    const left = asked.filter((word) => !inTitles.includes(word));
    if (left.every((word) => begins(word, topic.purpose))) return [{ topic, rank: 1, kind: "purpose", text: topic.purpose }];
    const scores = topic.signs.map(({ text }) => ({ text, score: left.filter((word) => begins(word, text)).length }));
    const all = [topic.purpose, ...topic.signs.map((sign) => sign.text)];
    if (!left.every((word) => all.some((text) => begins(word, text)))) return [];
    const best = scores.reduce((one, other) => (other.score > one.score ? other : one));
    return [{ topic, rank: 2, kind: "sign", text: best.text }];
  });
  const last = ({ topic }) => (isPrintable(topic) ? 0 : 1);
  return found.sort((one, other) => last(one) - last(other) || one.rank - other.rank);
}

function* emphasised(text, typed) {
  const asked = wordsIn(typed);
  let last = 0;
  for (const match of text.matchAll(WORD)) {
    if (!asked.some((word) => fold(match[0]).startsWith(word))) continue;
    yield text.slice(last, match.index);
    yield make("mark", { text: match[0] });
    last = match.index + match[0].length;
  }
  yield text.slice(last);
}

/** Show the topics, and call `choose(topic)` when one is chosen. Return what the page may do with them. */
export function showTopics(choose) {
  const finder = at("f1");
  const list = at("topics");
  let topics = [];
  let chosen = null;
  let all = false;
  let alone = false; // only the chosen topic is shown

  function entry({ topic, kind, text }) {
    const { id } = topic;
    const reason = topic.problems.map(sentences).join(" ");
    const barred = !isPrintable(topic);
    const told = barred ? say("cannot_print", { reason }) : reason;
    const radio = make("input", {
      type: "radio", name: "topic", value: id, id: `topic-${id}`, autocomplete: "off", disabled: barred,
    });
    radio.checked = chosen?.id === id;
    radio.addEventListener("change", () => pick(topic));
    radio.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.repeat) return;
      pick(topic);
      foldUp();
      at("reader-heading").focus();
    });
    const state = TAGS[topic.state.kind];
    const tag = state ? make("span", { class: "tag", text: say(state) }) : null;
    const about = make("span", { class: "about" }, ...emphasised(say(kind, { text }), finder.value));
    const label = make("label", { class: "topic" }, radio, make(
      "span", { class: "words" },
      make("span", { class: "heading" }, make("span", { class: "title" }, ...emphasised(topic.title, finder.value)), tag && " ", tag),
      told ? make("span", { class: "reason", text: told }) : about,
    ));
    // A click on the label's words comes again as one on the radio. Arrow keys click without a pointer.
    let pointed = false;
    label.addEventListener("pointerdown", () => { pointed = true; });
    radio.addEventListener("change", () => { if (pointed) foldUp(); });
    return label;
  }

  function draw() {
    const found = alone ? [{ topic: chosen, kind: "purpose", text: chosen.purpose }] : search(topics, finder.value);
    const shown = all || alone ? found : found.slice(0, FEW);
    const focused = list.contains(document.activeElement) ? document.activeElement.id : null;
    list.replaceChildren(...shown.map(entry));
    if (found.length === 0) list.append(make("p", { class: "hint", text: topics.length ? counted("found", 0) : say("no_topics") }));
    if (focused) at(focused)?.focus();
    write(at("all-topics"), shown.length < found.length ? say("show_all", { count: found.length }) : "");
    show(at("other-topic"), alone && topics.length > 1);
    show(at("finder"), !alone);
    return found;
  }

  function foldUp() {
    if (chosen === null) return;
    alone = topics.length > 1;
    draw();
  }

  function open() {
    alone = false;
    draw();
  }

  function pick(topic) {
    chosen = topic;
    choose(topic);
  }

  finder.addEventListener("input", () => {
    alone = false;
    all = false;
    const found = draw();
    announce(counted("found", found.length));
  });
  finder.addEventListener("keydown", (event) => {
    const first = list.querySelector("input:enabled");
    if (first === null || event.repeat || !["Enter", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (!first.checked) first.click();
    first.focus();
    if (event.key === "Enter") {
      foldUp();
      at("reader-heading").focus(); // where a second Enter chooses nothing
    }
  });
  at("all-topics").addEventListener("click", () => {
    all = true;
    draw();
    list.querySelectorAll("input")[FEW]?.focus();
  });
  at("other-topic").addEventListener("click", () => {
    open();
    finder.focus();
    finder.select();
  });

  return {
    set(these) {
      topics = these;
      if (chosen) chosen = topics.find((topic) => topic.id === chosen.id) ?? null;
      draw();
    },
    clear() {
      chosen = null;
      alone = false;
      all = false;
      finder.value = "";
      draw();
    },
    focus: () => finder.focus(),
    dirty: () => chosen !== null || finder.value !== "",
  };
}
