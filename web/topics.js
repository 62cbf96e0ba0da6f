import { at, make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { announce, counted, say } from "./words.js";

const FEW = 6;
const LONG = 5; // letters of a word that may have a slip
const ENDING = 3; // letters that a form of a word has more than the word
const TIERS = { now: "tier_now", today: "tier_today", visit: "tier_visit" };
const TAGS = { draft: "tag_draft", overdue: "tag_overdue" };
const WORD = /[\p{L}\p{N}]+/gu;

/** Return a text in small letters without accents. */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const wordsIn = (text) => fold(text).match(WORD) ?? [];
const COMMON = new Set(wordsIn(say("common_words")));

/** Tell whether a word begins with what is typed, or what is typed is a form of the word, such as "legs" of "leg". */
function isBeginning(typed, word) {
  const isForm = word.length > 2 && !COMMON.has(word) && typed.startsWith(word) && typed.length - word.length <= ENDING;
  return word.startsWith(typed) || isForm;
}

/** Tell whether what is typed is a word with one slip: a letter wrong, lacking or too much, or two that changed places. */
function isSlip(typed, word) {
  if (word.length < LONG || typed[0] !== word[0]) return false;
  let same = 0;
  while (same < typed.length && typed[same] === word[same]) same += 1;
  const [one, other] = [typed.slice(same), word.slice(same)];
  const turned = one[0] === other[1] && one[1] === other[0] && one.slice(2) === other.slice(2);
  return turned || one.slice(1) === other.slice(1) || one.slice(1) === other || one === other.slice(1);
}

const titlesOf = (topic) => [...new Set([topic.title, ...Object.values(topic.titles)])];

/**
 * Return for each typed word what tells whether another word is meant by it.
 *
 * Common words, such as "my" and "is", do not count beside others. A slip is looked for only where no topic has the
 * word as it is typed.
 */
export function meant(topics, typed) {
  const all = wordsIn(typed);
  const telling = all.filter((word) => !COMMON.has(word));
  const texts = topics.flatMap((topic) => [...titlesOf(topic), topic.purpose, ...topic.signs.map((sign) => sign.text)]);
  const there = [...new Set(texts.flatMap(wordsIn))];
  return (telling.length ? telling : all).map((word) => {
    const alike = there.some((other) => isBeginning(word, other)) ? isBeginning : isSlip;
    return Object.assign((other) => alike(word, other), { typed: word });
  });
}

/** Return in a word that a topic is a draft, or that its review is overdue, or null. */
export function tagOf(topic) {
  const tag = TAGS[topic.state.kind];
  return tag ? say(tag) : null;
}

/** Tell whether a topic has a text without problems; one of its translations may have some. */
export function isPrintable(topic) {
  return topic.problems.length === 0 || topic.choices.some((one) => one.missing === null);
}

/**
 * Return the topics that have any of the words that are meant, as `{topic, kind, text}`: those that have the most of
 * them first, and last what cannot be printed. Of two with as many, that with more in its title comes first.
 *
 * `text` is the title, purpose or sign that was found, and `kind` says which of them it is; `tier` is how urgent a
 * sign is. `lost` are the typed words that the topic has nowhere.
 */
export function search(topics, words) {
  const has = (text, word) => wordsIn(text).some(word);
  const found = topics.flatMap((topic) => {
    const titles = titlesOf(topic);
    const left = words.filter((word) => !titles.some((title) => has(title, word)));
    const inTitles = words.length - left.length;
    const inPurpose = left.filter((word) => has(topic.purpose, word));
    const signs = topic.signs.map((sign) => ({ sign, number: left.filter((word) => has(sign.text, word)).length }));
    const best = signs.reduce((one, other) => (other.number > one.number ? other : one), { number: 0 });
    const more = left.filter((word) => inPurpose.includes(word) || topic.signs.some((sign) => has(sign.text, word)));
    const number = inTitles + more.length;
    if (words.length > 0 && number === 0) return [];
    const lost = left.filter((word) => !more.includes(word)).map((word) => word.typed).join(", ");
    const order = [isPrintable(topic) ? 0 : 1, -number, -inTitles, -inPurpose.length];
    if (best.number > inPurpose.length) return [{ topic, order, lost, kind: "sign", text: best.sign.text, tier: best.sign.tier }];
    const other = titles.find((title) => words.some((word) => has(title, word) && !has(topic.title, word)));
    if (other && inPurpose.length === 0) return [{ topic, order, lost, kind: "title_for_others", text: other }];
    return [{ topic, order, lost, kind: "purpose", text: topic.purpose }];
  });
  const before = (one, other) => one.order.map((each, index) => each - other.order[index]).find((each) => each !== 0) ?? 0;
  return found.sort(before);
}

function* emphasised(text, words) {
  let last = 0;
  for (const match of text.matchAll(WORD)) {
    if (!words.some((word) => word(fold(match[0])))) continue;
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

  function entry({ topic, kind, text, tier, lost }, words) {
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
    const state = tagOf(topic);
    const tag = state && make("span", { class: "tag", text: state });
    const about = make("span", { class: "about" }, ...emphasised(say(kind, { text }), words), tier ? ` ${say(TIERS[tier])}` : null,
      lost ? make("strong", { text: ` ${say("words_lost", { words: lost })}` }) : null);
    const label = make("label", { class: "topic" }, radio, make(
      "span", { class: "words" },
      make("span", { class: "heading" }, make("span", { class: "title" }, ...emphasised(topic.title, words)), tag && " ", tag),
      told ? make("span", { class: "reason", text: told }) : about,
    ));
    // A click on the label's words comes again as one on the radio. Arrow keys click without a pointer.
    let pointed = false;
    label.addEventListener("pointerdown", () => { pointed = true; });
    radio.addEventListener("change", () => { if (pointed) foldUp(); });
    return label;
  }

  function draw() {
    const words = meant(topics, finder.value);
    const found = alone ? [{ topic: chosen, kind: "purpose", text: chosen.purpose }] : search(topics, words);
    const shown = all || alone ? found : found.slice(0, FEW);
    const focused = list.contains(document.activeElement) ? document.activeElement.id : null;
    list.replaceChildren(...shown.map((one) => entry(one, words)));
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
