/** The front desk: find a topic, choose the reader, type, look, print, next patient. */
import { showCards } from "./cards.js";
import { showChoices } from "./choices.js";
import { showEditions } from "./editions.js";
import { at, open, show, write } from "./elements.js";
import { showFields } from "./fields.js";
import { clearWhenIdle } from "./idle.js";
import { showList } from "./list.js";
import { stays } from "./locked.js";
import { holdKeys, holdMoved } from "./moved.js";
import { showPreview } from "./preview.js";
import { dropPaper, printOrder } from "./printing.js";
import { sentences } from "./problems.js";
import { ask, latest, Trouble } from "./server.js";
import { showTopics } from "./topics.js";
import { announce, counted, say } from "./words.js";

const TWICE = 1000; // milliseconds between two Esc
const REFRESH = 30_000; // milliseconds
const UNKNOWN = 404; // status of a page from before the program started again
const CHANGED = 409; // status of a page whose text was changed since
const VIEWS = ["print", "edition", "list"];

function fail() {
  write(at("alarm"), say("broken"));
}

window.addEventListener("error", fail);
window.addEventListener("unhandledrejection", fail);

const desk = await ask("/desk/topics");
let order = null; // what `/desk/edition` gets
let changed = false; // the text, since it was last looked at
const making = { handout: null, cards: null }; // promises of the newest pages
let waits = false; // for a page that is made
let pressed = null; // the order for which Print was pressed, until its pages are there
let stamped = Promise.resolve();

const PAPERS = ["handout", "cards"];
const ONLY = { handout: "only_handout", cards: "only_cards" }; // why a field is not printed
const opened = { handout: null, cards: null }; // what the server answered
const before = { handout: null, cards: null }; // what it answered last of this topic
const faults = { handout: [], cards: [] };
const failed = { handout: "", cards: "" }; // why it cannot be printed
const opening = { handout: latest(), cards: latest() };
const fitting = latest();
const stamping = { handout: latest(), cards: latest() };

const preview = showPreview();
const fields = showFields(stampAll);
const cards = showCards(() => openPaper("cards"));
const choices = showChoices(desk, take, () => fields.focusFirst());
const topics = showTopics((topic) => {
  cards.allow(topic.has_card);
  choices.set(topic);
}, () => choices.focus());
const list = showList();
const editions = showEditions(desk);

function refuse(text) {
  write(at("print-fault"), text);
}

function take(next) {
  if (next.topic !== order?.topic) forget();
  else if (next.audience !== order.audience) for (const name of PAPERS) before[name] = null;
  order = next;
  changed = false;
  refuse("");
  write(at("ready"), "");
  if (!order.audience) {
    forget();
    for (const step of ["patient-step", "print-step"]) open(at(step), false);
    return;
  }
  open(at("print-step"));
  for (const name of PAPERS) openPaper(name);
}

/** Forget the pages, and end what is under way for them. */
function forget() {
  for (const name of PAPERS) {
    opening[name](async () => undefined);
    stamping[name](async () => undefined);
    opened[name] = null;
    before[name] = null;
    faults[name] = [];
    failed[name] = "";
  }
  preview.clear();
}

/** Return the address and the question that open a paper, or null where it is not wanted. */
function question(name) {
  if (!order?.audience) return null;
  if (name === "handout") return at("want-handout").checked ? ["/desk/edition", order] : null;
  const { topic, audience, language } = order;
  return cards.order() && ["/desk/cards", { topic, audience, language, ...cards.order() }];
}

/** Return what is wanted, to be compared. */
const wantedNow = () => JSON.stringify(PAPERS.map(question));

/** Tell whether a wanted paper has neither come nor failed. */
function isMaking(name) {
  return question(name) !== null && opened[name] === null && failed[name] === "";
}

/** Have the pages of the handout, or of its cards, made; show them with what is typed. */
function openPaper(name) {
  opened[name] = null;
  faults[name] = [];
  failed[name] = "";
  making[name] = makePaper(name, question(name));
  return making[name];
}

/** Grey out the stocks on which the card cannot be printed, each with the reason. */
async function limitStocks() {
  const { topic, audience, language } = order;
  const answer = await fitting((signal) => ask("/desk/stocks", { topic, audience, language }, { signal })).catch(() => null);
  if (answer) cards.limit(answer.unfit); // else opening the cards says what is wrong
}

/** Say that a page is made, once until all wanted ones are there. */
function tellWait() {
  const now = PAPERS.some(isMaking);
  if (now && !waits) announce(say("making"), 800);
  waits = now;
  preview.wait(now);
  tellFailures();
}

async function makePaper(name, asked) {
  tellWait();
  showFieldsOfPapers();
  if (asked === null) {
    opening[name](async () => undefined);
    preview.set(name, null);
    tellPages();
    return;
  }
  if (name === "cards") limitStocks();
  try {
    const answer = await opening[name]((signal) => ask(...asked, { signal }));
    if (!answer) return; // another page is wanted meanwhile
    if (answer.problems?.length) throw new Trouble(200, answer.problems);
    opened[name] = answer;
    before[name] = answer;
  } catch (trouble) {
    failed[name] = trouble.message;
  }
  preview.set(name, opened[name]);
  tellWait();
  if (opened[name] && name === "cards") preview.turnTo("cards");
  showFieldsOfPapers();
  if (opened[name] === null) {
    tellPages();
    return;
  }
  stamped = stampPaper(name, { fresh: true });
  await stamped;
}

function tellFailures() {
  const waiting = pressed === null ? "" : say(pressed === wantedNow() ? "making_first" : "chosen_anew");
  refuse([waiting, changed ? say("changed") : "", ...PAPERS.map((name) => failed[name])].filter(Boolean).join("\n"));
}

/** Say how many pages there are and whether all fits, once none is made any more. */
function tellPages() {
  const all = allFaults();
  fields.faults(all);
  if (PAPERS.some(isMaking)) return;
  const words = preview.tell(all.length, Object.keys(fields.values()).length > 0);
  announce(PAPERS.some((name) => opened[name]) ? words : "");
}

/**
 * Show the fields of both papers, each once. Those of a paper that is not printed keep their room, and say on which
 * paper they are: a tick moves nothing.
 */
function showFieldsOfPapers() {
  if (!order?.audience) return;
  const all = PAPERS.flatMap(fieldsOf);
  const off = {};
  for (const { id } of all) {
    const on = PAPERS.filter((name) => fieldsOf(name).some((one) => one.id === id));
    if (on.every((name) => question(name) === null)) off[id] = say(on.length > 1 ? "choose_paper" : ONLY[on[0]]);
  }
  fields.set(all.filter((one, index) => all.findIndex((other) => other.id === one.id) === index), off);
}

/** Return the fields of a paper. Before it is there, the topic says which it has: nothing below them moves when it comes. */
function fieldsOf(name) {
  if (before[name] !== null) return before[name].fields;
  const { fields: all, readers } = desk.topics.find((one) => one.id === order.topic);
  const has = readers.find((one) => one.id === order.audience).fields[name];
  return all.filter((one) => has.includes(one.id));
}

function stampAll() {
  stamped = Promise.all(PAPERS.map((name) => stampPaper(name)));
}

/** Draw what is typed on a paper, and say what does not fit. The latest key wins. */
async function stampPaper(name, { fresh = false } = {}) {
  const paper = opened[name];
  if (paper === null) return;
  const typed = fields.values();
  const values = Object.fromEntries(paper.fields.map(({ id }) => [id, typed[id]]).filter(([, text]) => text));
  try {
    const answer = await stamping[name]((signal) => ask("/desk/patch", { key: paper.key, values, dpi: 144 }, { signal }));
    if (!answer || opened[name] !== paper) return;
    if (answer.page) { // with other boxes to tick
      opened[name] = { ...paper, ...answer.page };
      preview.set(name, opened[name]);
    }
    faults[name] = answer.faults;
    if (allFaults().length === 0) tellFailures();
    tellPages();
    await preview.stamp(name, answer.patches);
  } catch (trouble) {
    if (isStale(trouble) && !fresh) await openAgain(trouble);
    else refuse(trouble.message);
  }
}

/** Have all pages made anew. Where the text was changed, a person looks before it is printed. */
async function openAgain({ status }) {
  changed ||= status === CHANGED;
  await Promise.all(PAPERS.map(openPaper));
}

/** Return the faults of all papers, one a field. */
function allFaults() {
  const all = PAPERS.flatMap((name) => faults[name]);
  return all.filter((one, index) => all.findIndex((other) => other.field === one.field) === index);
}

/** Tell whether the program has started again, or its text was changed, since a page was opened. */
function isStale(trouble) {
  return [UNKNOWN, CHANGED].includes(trouble.status);
}

/** Return what keeps the order from printing as `[text, what to focus]`, or null. */
function obstacle() {
  if (order === null) return [say("choose_topic"), topics.focus];
  if (!order.audience) return [say("choose_reader"), choices.focus];
  const wanted = PAPERS.filter((name) => question(name) !== null);
  if (wanted.length === 0) return [say("choose_paper"), () => at("want-handout").focus()];
  if (wanted.includes("handout") && !at("copies").checkValidity()) return [say("copies_wrong"), () => at("copies").focus()];
  const lost = wanted.find((name) => opened[name] === null);
  if (lost) return [failed[lost] || say("making"), () => {}];
  const lacking = fields.lacking();
  const all = [...allFaults(), ...lacking];
  if (lacking.length > 0) fields.faults(all);
  const [first] = all;
  return first ? [say("mend_first", { label: fields.label(first.field) ?? first.message }), () => fields.focus(first.field)] : null;
}

function toQueue() {
  return desk.queue && document.querySelector("[name=where]:checked").value === "queue";
}

function tellWindow() {
  write(at("window-hint"), toQueue() ? "" : say("window"));
}

async function print() {
  if (at("printing").open || at("locked").open || at("view-print").hidden) return;
  const wanted = wantedNow();
  const seen = changed && !PAPERS.some(isMaking);
  pressed = wanted;
  if (PAPERS.some(isMaking)) tellFailures();
  let before;
  do { // until no page is made anew any more: the program may have started again
    before = { ...making };
    await Promise.all(Object.values(making));
    await stamped;
  } while (PAPERS.some((name) => making[name] !== before[name]));
  if (pressed !== wanted) return; // Print was pressed again meanwhile, or all was cleared
  if (wantedNow() !== wanted) tellFailures();
  pressed = null;
  if (wantedNow() !== wanted || at("printing").open) return;
  if (changed && !seen) {
    tellFailures();
    return;
  }
  changed = false;
  const stop = obstacle();
  if (stop !== null) {
    refuse(stop[0]);
    stop[1]();
    return;
  }
  refuse("");
  const values = fields.values();
  const steps = [];
  const body = ({ key, fields: those }, copies) => ({
    key, copies, cards: null, values: Object.fromEntries(those.map(({ id }) => [id, values[id]]).filter(([, text]) => text)),
  });
  if (opened.handout) {
    const copies = at("copies").valueAsNumber;
    steps.push({ name: say("step_handout"), body: body(opened.handout, copies), told: "window_open" });
  }
  if (opened.cards) {
    const { start_at: place } = cards.order();
    const at_place = place > 1 ? [counted("put_cards_at", place - 1, { place })] : [];
    const before = cards.isCut() ? [] : [say("put_cards"), ...at_place]; // plain paper is in the printer already
    steps.push({ name: say("step_cards", { stock: cards.name() }), body: body(opened.cards, 1), told: "window_cards", before, done: cards.used });
  }
  printOrder(steps, { queue: toQueue(), next: nextPatient, refused });
}

function refused(trouble) {
  if (isStale(trouble)) {
    openAgain(trouble);
    return;
  }
  const beside = trouble.problems?.filter((one) => one.field) ?? [];
  if (beside.length > 0) {
    fields.faults(beside);
    fields.focus(beside[0].field);
  }
  refuse(trouble.message);
}

/** Forget the patient: all that was typed or chosen, and the pictures and papers made from it. */
function clear() {
  at("live").textContent = ""; // else it is said once more as the dialog closes
  order = null;
  changed = false;
  pressed = null;
  forget();
  if (at("printing").open) at("printing").close();
  dropPaper();
  for (const part of [fields, cards, choices, topics, editions]) part.clear();
  at("want-handout").checked = true;
  at("copies").disabled = false;
  at("copies").value = 1;
  open(at("print-step"), false);
  refuse("");
}

function clearAll() {
  clear();
  list.clear();
}

async function nextPatient() {
  clear();
  const kept = list.leave();
  write(at("ready"), say(kept ? "ready_list" : "ready"));
  announce(say(kept ? "ready_list" : "cleared"), 0);
  if (at("view-print").hidden) window.location.hash = "#print";
  window.scrollTo(0, 0);
  topics.focus();
  await refresh();
}

/** Clear the page for somebody else, also of a list. */
function startAgain() {
  list.clear();
  return nextPatient();
}

let refreshing = false;

/** Read the topics again: a file of the workspace may have changed, or the program was started again. */
async function refresh() {
  if (refreshing) return;
  refreshing = true;
  try {
    const now = await ask("/desk/topics");
    if (now.version !== desk.version) {
      Object.assign(desk, now);
      fill();
    };
  } catch {
    // said in the alarm already
  } finally {
    refreshing = false;
  }
}

function fill() {
  write(at("bulletin"), [...(desk.problems ?? []).map(sentences), ...(desk.notices ?? [])].join("\n"));
  write(at("clinic"), desk.clinic || say("no_clinic"));
  stays(desk.person, startAgain);
  show(at("lock"), Boolean(desk.person));
  show(at("where"), desk.queue);
  tellWindow();
  topics.set(desk);
  cards.set(desk);
  list.set(desk.topics);
}

function view() {
  const wanted = window.location.hash.slice(1);
  if (!VIEWS.includes(wanted) && wanted !== "") return; // a link to a part of the page
  const name = wanted || "print";
  for (const one of VIEWS) {
    show(at(`view-${one}`), one === name);
    const link = document.querySelector(`nav a[href="#${one}"]`);
    if (one === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  ({ print: topics, edition: editions, list })[name].focus();
}

let escaped = 0;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "p") {
    event.preventDefault();
    print();
  }
  if (event.key !== "Escape" || event.repeat) return;
  if (Date.now() - escaped < TWICE) {
    escaped = 0;
    nextPatient();
  } else {
    escaped = Date.now();
    announce(say("esc_again"), 0);
  }
});

at("print").addEventListener("click", print);
at("next-patient").addEventListener("click", nextPatient);
at("where").addEventListener("change", tellWindow);
at("want-handout").addEventListener("change", () => {
  at("copies").disabled = !at("want-handout").checked;
  refuse("");
  openPaper("handout");
});
at("lock").addEventListener("click", async () => {
  clearAll();
  await ask("/leave", {}).catch(() => {}); // the session may have ended already
  window.location.replace("/enter");
});
window.addEventListener("hashchange", view);
window.addEventListener("pagehide", clearAll);
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

const dirty = () => [fields, topics, list, editions].some((part) => part.dirty());
fill();
view();
holdMoved();
holdKeys();
setInterval(refresh, REFRESH);
clearWhenIdle(desk.idle_seconds, dirty, startAgain);
