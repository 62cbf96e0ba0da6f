import { at, make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { announce, counted, say } from "./words.js";

const FEW = 6; // topics shown at first
const LONG = 5; // letters: a word this long may be mistyped
const ENDING = 3; // letters: the longest ending of a form of a word
const PLURAL = 2; // letters: the longest ending with which it still counts as the whole word
const NAMED = 4; // letters: a word this long may be the beginning of a synonym
// How well a word matches.
const WHOLE = 3;
const SYNONYM = 2;
const PART = 1;
const TIERS = { now: "tier_now", today: "tier_today", visit: "tier_visit" };
const TAGS = { draft: "tag_draft", overdue: "tag_overdue" };
const WORD = /[\p{L}\p{N}]+/gu;

/** Return a text in lower case, without accents. */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const wordsIn = (text) => fold(text).match(WORD) ?? [];
const COMMON = new Set(wordsIn(say("common_words")));

/** Tell whether one of two words is the other with an ending, such as "legs" of "leg". */
function isForm(first, second, ending) {
  const [short, long] = first.length < second.length ? [first, second] : [second, first];
  return short.length > 2 && !COMMON.has(short) && long.startsWith(short) && long.length - short.length <= ending;
}

/** Tell whether a word begins with the typed letters, or these are a form of the word. */
function matchesStart(typed, word) {
  return word.startsWith(typed) || (typed.length > word.length && isForm(typed, word, ENDING));
}

/** Tell whether a word was mistyped once: one letter is wrong, missing or too many, or two are swapped. */
function isSlip(typed, word) {
  if (word.length < LONG || typed[0] !== word[0]) return false;
  let equal = 0;
  while (equal < typed.length && typed[equal] === word[equal]) equal += 1;
  const [is, wanted] = [typed.slice(equal), word.slice(equal)];
  const swapped = is[0] === wanted[1] && is[1] === wanted[0] && is.slice(2) === wanted.slice(2);
  return swapped || is.slice(1) === wanted.slice(1) || is.slice(1) === wanted || is === wanted.slice(1);
}

const wordsByText = new Map(); // a cache: each key that is typed searches all texts

function wordsOf(text) {
  if (!wordsByText.has(text)) wordsByText.set(text, wordsIn(text));
  return wordsByText.get(text);
}

const textsOf = (topic) => [topic, ...topic.others];
const titlesOf = (text) => [...new Set([text.title, ...Object.values(text.titles)])];
const signsOf = (text) => text.signs.map((sign) => sign.text);

/**
 * Return for each typed word a function that returns how well another word matches it: WHOLE, SYNONYM, PART, or 0.
 *
 * `groups` are words that mean the same. Common words, such as "my" and "is", do not count beside others. A word counts
 * as mistyped only if no word begins like it. The functions have the word as `typed`, and as `own` whether the topics'
 * own language has it.
 */
export function matchersOf(topics, typed, groups) {
  const words = wordsIn(typed);
  const telling = words.filter((word) => !COMMON.has(word));
  const synonyms = groups.map((group) => group.map(fold));
  const searched = (text) => [...titlesOf(text), text.purpose, ...signsOf(text)].flatMap(wordsOf);
  const own = new Set(topics.flatMap(searched));
  const known = [...new Set([...own, ...topics.flatMap((topic) => topic.others).flatMap(searched), ...synonyms.flat()])];
  return (telling.length ? telling : words).map((word) => {
    const isLike = known.some((other) => matchesStart(word, other)) ? matchesStart : isSlip;
    const means = (other) => other === word || (word.length >= NAMED && isLike(word, other));
    const same = new Set(synonyms.filter((group) => group.some(means)).flat());
    const strength = (other) => (other === word || isForm(other, word, PLURAL) ? WHOLE : same.has(other) ? SYNONYM : isLike(word, other) ? PART : 0);
    return Object.assign(strength, { typed: word, own: own.has(word) });
  });
}

/** Return the word for a topic that is a draft or whose review is overdue, or null. */
export function tagOf(topic) {
  const tag = TAGS[topic.state.kind];
  return tag ? say(tag) : null;
}

/** Tell whether a topic has a text without problems; one of its translations may have some. */
export function isPrintable(topic) {
  return topic.problems.length === 0 || topic.choices.some((choice) => choice.missing === null);
}

/**
 * Return the topics that have any of the words, as `{topic, kind, text}`. Those that have most of them come first, and
 * last those that cannot be printed. Of two that have as many, the one that has them whole comes first, then the one
 * that has more of them in its title.
 *
 * `words` come from `matchersOf`. `text` is the title, purpose or sign that was found, and `kind` says which of them it
 * is. `tier` is how urgent a sign is. `language` is that of a text which is not in the topic's own. `lost` are the
 * typed words that the text does not have.
 */
export function search(topics, words) {
  const hits = topics.flatMap((topic) => {
    const [best] = textsOf(topic).map((text) => ({ topic, ...bestHit(text, words), language: text.language })).sort(compareOrder);
    if (words.length > 0 && best.number === 0) return [];
    return [{ ...best, order: [isPrintable(topic) ? 0 : 1, ...best.order] }];
  });
  return hits.sort(compareOrder);
}

function compareOrder(first, second) {
  return first.order.map((rank, index) => rank - second.order[index]).find((difference) => difference !== 0) ?? 0;
}

/** Look for words in a topic's texts of one language. */
function bestHit(text, words) {
  // A word of the topics' own language is no form of another language's word: "salt" of "saltan".
  const strength = (word, other) => (text.language && word.own && other !== word.typed ? 0 : word(other));
  const strengths = (sentence) => words.map((word) => Math.max(0, ...wordsOf(sentence).map((other) => strength(word, other))));
  const inTitles = strengths(titlesOf(text).join(" "));
  const inPurpose = strengths(text.purpose);
  const inSigns = text.signs.map((sign) => strengths(sign.text));
  const best = words.map((_, index) => Math.max(inTitles[index], inPurpose[index], ...inSigns.map((inSign) => inSign[index])));
  // A word that the title matches as well does not count again.
  const rest = (matches) => matches.map((match, index) => (match > inTitles[index] ? match : 0));
  const lost = words.filter((_, index) => best[index] === 0).map((word) => word.typed).join(", ");
  const number = count(best);
  const order = [-number, -sum(best), -count(inTitles), -count(rest(inPurpose))];
  const purpose = { order: weight(rest(inPurpose)), kind: "purpose", text: text.purpose };
  const [sign] = text.signs.map((each, index) => ({ order: weight(rest(inSigns[index])), kind: "sign", text: each.text, tier: each.tier })).sort(compareOrder);
  if (sign && compareOrder(sign, purpose) < 0) return { ...sign, order, lost, number };
  const shown = text.language ? 0 : sum(strengths(text.title));
  const other = titlesOf(text).find((title) => sum(strengths(title)) > shown);
  if (other && count(rest(inPurpose)) === 0) return { order, lost, number, kind: "title_for_others", text: other };
  return { ...purpose, order, lost, number };
}

const sum = (matches) => matches.reduce((total, match) => total + match, 0);
const count = (matches) => matches.filter((match) => match > 0).length;
const weight = (matches) => [-count(matches), -sum(matches)];

function* emphasised(text, words) {
  let last = 0;
  for (const match of text.matchAll(WORD)) {
    if (!words.some((word) => word(fold(match[0])) > 0)) continue;
    yield text.slice(last, match.index);
    yield make("b", { text: match[0] }); // not <mark>: screen readers announce its beginning and end
    last = match.index + match[0].length;
  }
  yield text.slice(last);
}

/**
 * Show the topics. Call `choose(topic)` when one is chosen, and `entered()` when that was by Enter. Return functions
 * for the page.
 */
export function showTopics(choose, entered) {
  const finder = at("f1");
  const list = at("topics");
  let topics = [];
  let groups = []; // words that mean the same
  let languages = [];
  let chosen = null;
  let showAll = false;
  let alone = false; // only the chosen topic is shown

  function entry({ topic, kind, text, tier, lost, language }, words) {
    const { id } = topic;
    const reason = topic.problems.map(sentences).join(" ");
    const barred = !isPrintable(topic);
    const problem = barred ? say("cannot_print", { reason }) : reason;
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
      problem ? make("span", { class: "reason", text: problem }) : about,
    ));
    // A click on the label's words is repeated as one on the radio. Arrow keys click without a pointer.
    let pointed = false;
    label.addEventListener("pointerdown", () => { pointed = true; });
    radio.addEventListener("change", () => { if (pointed) foldUp(); });
    return label;
  }

  const nameOf = (language) => languages.find(({ id }) => id === language)?.name ?? language;

  function draw() {
    const words = matchersOf(topics, finder.value, groups);
    const hits = alone ? [{ topic: chosen, kind: "purpose", text: chosen.purpose }] : search(topics, words);
    const shown = showAll || alone ? hits : hits.slice(0, FEW);
    const focused = list.contains(document.activeElement) ? document.activeElement.id : null;
    list.replaceChildren(...shown.map((hit) => entry(hit, words)));
    if (hits.length === 0) list.append(make("p", { class: "hint", text: topics.length ? counted("found", 0) : say("no_topics") }));
    if (focused) at(focused)?.focus();
    write(at("all-topics"), shown.length < hits.length ? say("show_all", { count: hits.length }) : "");
    show(at("other-topic"), alone && topics.length > 1);
    show(at("finder"), !alone);
    return hits;
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
    showAll = false;
    const hits = draw();
    const first = hits.find((hit) => isPrintable(hit.topic))?.topic;
    announce([counted("found", hits.length), first && say("enter_takes", { title: first.title })].filter(Boolean).join(" "));
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
    showAll = true;
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
      showAll = false;
      finder.value = "";
      draw();
    },
    focus: () => finder.focus(),
    dirty: () => chosen !== null || finder.value !== "",
  };
}
