import { at, make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { announce, counted, say } from "./words.js";

const FEW = 6;
const LONG = 5; // letters of a word that may have a slip
const ENDING = 3; // letters that a form of a word has more than the word
const PLURAL = 2; // letters of an ending that leave a word whole
const NAMED = 4; // letters that are enough to mean a word of a group
// How well a text has a word.
const WHOLE = 3;
const MEANT = 2;
const PART = 1;
const TIERS = { now: "tier_now", today: "tier_today", visit: "tier_visit" };
const TAGS = { draft: "tag_draft", overdue: "tag_overdue" };
const WORD = /[\p{L}\p{N}]+/gu;

/** Return a text in small letters without accents. */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const wordsIn = (text) => fold(text).match(WORD) ?? [];
const COMMON = new Set(wordsIn(say("common_words")));

/** Tell whether one word is the other with an ending, such as "legs" of "leg". */
function isForm(one, other, ending) {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length > 2 && !COMMON.has(short) && long.startsWith(short) && long.length - short.length <= ending;
}

/** Tell whether a word begins with what is typed, or what is typed is a form of the word. */
function isBeginning(typed, word) {
  return word.startsWith(typed) || (typed.length > word.length && isForm(typed, word, ENDING));
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

const split = new Map(); // the words of each text of a topic: they are looked at with every key

function wordsOf(text) {
  if (!split.has(text)) split.set(text, wordsIn(text));
  return split.get(text);
}

const textsOf = (topic) => [topic, ...topic.others];
const titlesOf = (text) => [...new Set([text.title, ...Object.values(text.titles)])];
const signsOf = (text) => text.signs.map((sign) => sign.text);

/**
 * Return for each typed word a function that tells how well another word has it: whole, by its meaning, in part, or 0.
 *
 * `groups` are words that mean the same. Common words, such as "my" and "is", do not count beside others. A slip is
 * looked for only where no word is there as it is typed.
 */
export function meant(topics, typed, groups) {
  const all = wordsIn(typed);
  const telling = all.filter((word) => !COMMON.has(word));
  const known = groups.map((group) => group.map(fold));
  const has = (text) => [...titlesOf(text), text.purpose, ...signsOf(text)].flatMap(wordsOf);
  const own = new Set(topics.flatMap(has));
  const there = [...new Set([...own, ...topics.flatMap((topic) => topic.others).flatMap(has), ...known.flat()])];
  return (telling.length ? telling : all).map((word) => {
    const alike = there.some((other) => isBeginning(word, other)) ? isBeginning : isSlip;
    const names = (other) => other === word || (word.length >= NAMED && alike(word, other));
    const same = new Set(known.filter((group) => group.some(names)).flat());
    const strength = (other) => (other === word || isForm(other, word, PLURAL) ? WHOLE : same.has(other) ? MEANT : alike(word, other) ? PART : 0);
    return Object.assign(strength, { typed: word, own: own.has(word) });
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
 * them first, and last what cannot be printed. Of two with as many, that which has them whole comes first, then that
 * with more in its title.
 *
 * `text` is the title, purpose or sign that was found, and `kind` says which of them it is; `tier` is how urgent a
 * sign is, and `language` that of a text which is not the topic's own. `lost` are the typed words that the text has
 * nowhere.
 */
export function search(topics, words) {
  const found = topics.flatMap((topic) => {
    const [best] = textsOf(topic).map((text) => ({ topic, ...looked(text, words), language: text.language })).sort(before);
    if (words.length > 0 && best.number === 0) return [];
    return [{ ...best, order: [isPrintable(topic) ? 0 : 1, ...best.order] }];
  });
  return found.sort(before);
}

function before(one, other) {
  return one.order.map((each, index) => each - other.order[index]).find((each) => each !== 0) ?? 0;
}

/** Look for words in one text of a topic. */
function looked(text, words) {
  // What is a word of the topics' own language is no form of another language's word: "salt" of "saltan".
  const strength = (word, other) => (text.language && word.own && other !== word.typed ? 0 : word(other));
  const strengths = (some) => words.map((word) => Math.max(0, ...wordsOf(some).map((other) => strength(word, other))));
  const inTitles = strengths(titlesOf(text).join(" "));
  const inPurpose = strengths(text.purpose);
  const inSigns = text.signs.map((sign) => strengths(sign.text));
  const most = words.map((_, index) => Math.max(inTitles[index], inPurpose[index], ...inSigns.map((each) => each[index])));
  // What the title says as well is not told again.
  const rest = (each) => each.map((one, index) => (one > inTitles[index] ? one : 0));
  const lost = words.filter((_, index) => most[index] === 0).map((word) => word.typed).join(", ");
  const number = count(most);
  const order = [-number, -sum(most), -count(inTitles), -count(rest(inPurpose))];
  const purpose = { order: weight(rest(inPurpose)), kind: "purpose", text: text.purpose };
  const [sign] = text.signs.map((one, index) => ({ order: weight(rest(inSigns[index])), kind: "sign", text: one.text, tier: one.tier })).sort(before);
  if (sign && before(sign, purpose) < 0) return { ...sign, order, lost, number };
  const shown = text.language ? 0 : sum(strengths(text.title));
  const other = titlesOf(text).find((title) => sum(strengths(title)) > shown);
  if (other && count(rest(inPurpose)) === 0) return { order, lost, number, kind: "title_for_others", text: other };
  return { ...purpose, order, lost, number };
}

const sum = (all) => all.reduce((one, other) => one + other, 0);
const count = (all) => all.filter((one) => one > 0).length;
const weight = (all) => [-count(all), -sum(all)];

function* emphasised(text, words) {
  let last = 0;
  for (const match of text.matchAll(WORD)) {
    if (!words.some((word) => word(fold(match[0])) > 0)) continue;
    yield text.slice(last, match.index);
    yield make("b", { text: match[0] }); // of a <mark>, screen readers say where it begins and ends
    last = match.index + match[0].length;
  }
  yield text.slice(last);
}

/**
 * Show the topics, and call `choose(topic)` when one is chosen, and `entered()` when that was by Enter. Return what the
 * page may do with them.
 */
export function showTopics(choose, entered) {
  const finder = at("f1");
  const list = at("topics");
  let topics = [];
  let groups = []; // words that mean the same
  let languages = [];
  let chosen = null;
  let all = false;
  let alone = false; // only the chosen topic is shown

  function entry({ topic, kind, text, tier, lost, language }, words) {
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
      entered();
    });
    const state = tagOf(topic);
    const tag = state && make("span", { class: "tag", text: state });
    const [opening, closing] = say(kind, { text: "|" }).split("|");
    const about = make("span", { class: "about" }, opening, make("span", { lang: language }, ...emphasised(text, words)), closing,
      tier ? ` ${say(TIERS[tier])}` : null, language ? ` ${say("found_in", { language: nameOf(language) })}` : null,
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

  const nameOf = (language) => languages.find((one) => one.id === language)?.name ?? language;

  function draw() {
    const words = meant(topics, finder.value, groups);
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
    const first = found.find((one) => isPrintable(one.topic))?.topic;
    announce([counted("found", found.length), first && say("enter_takes", { title: first.title })].filter(Boolean).join(" "));
  });
  finder.addEventListener("keydown", (event) => {
    const first = list.querySelector("input:enabled");
    if (first === null || event.repeat || !["Enter", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (!first.checked) first.click();
    first.focus();
    if (event.key === "Enter") {
      foldUp();
      entered();
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
    set(desk) {
      ({ topics, languages, same_words: groups } = desk);
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
