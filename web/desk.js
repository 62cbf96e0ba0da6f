/** The front desk: find a topic, choose the reader, type, look, print, next patient. */
import { showCards } from "./cards.js";
import { showChoices } from "./choices.js";
import { showEditions } from "./editions.js";
import { at, open, show, write } from "./elements.js";
import { showFields } from "./fields.js";
import { clearWhenIdle } from "./idle.js";
import { showList } from "./list.js";
import { setPerson } from "./locked.js";
import { holdKeys, holdMoved } from "./moved.js";
import { showPreview } from "./preview.js";
import { dropPaper, printOrder } from "./printing.js";
import { sentences } from "./problems.js";
import { ask, latest, Trouble } from "./server.js";
import { showTopics } from "./topics.js";
import { announce, counted, say } from "./words.js";

const TWICE = 1000; // milliseconds within which a second Esc clears the page
const REFRESH = 30_000; // milliseconds
const UNKNOWN = 404; // status of a page that was opened before the program started again
const CHANGED = 409; // status of a page whose text has changed since it was opened
const VIEWS = ["print", "edition", "list"];

function fail() {
  write(at("alarm"), say("broken"));
}

window.addEventListener("error", fail);
window.addEventListener("unhandledrejection", fail);

const desk = await ask("/desk/topics");
let order = null; // what `/desk/edition` gets
let changed = false; // the text has changed since a person last looked at it
const making = { handout: null, cards: null }; // promises of the newest pages
let isWaiting = false; // for pages that are being made
let printPressed = null; // the order for which Print was pressed, until its pages are there
let stamped = Promise.resolve(); // the promise of the newest patches

const PAPERS = ["handout", "cards"];
const ONLY = { handout: "only_handout", cards: "only_cards" }; // why a field is not printed
const opened = { handout: null, cards: null }; // the server's answers
const last = { handout: null, cards: null }; // its last answers for this topic and reader
const faults = { handout: [], cards: [] };
const failed = { handout: "", cards: "" }; // why a paper cannot be printed
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
  else if (next.audience !== order.audience) for (const name of PAPERS) last[name] = null;
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

/** Forget the pages, and end the requests for them. */
function forget() {
  for (const name of PAPERS) {
    opening[name](async () => undefined);
    stamping[name](async () => undefined);
    opened[name] = null;
    last[name] = null;
    faults[name] = [];
    failed[name] = "";
  }
  preview.clear();
}

/** Return the address and the body of the request that opens a paper, or null if it is not wanted. */
function openingRequest(name) {
  if (!order?.audience) return null;
  if (name === "handout") return at("want-handout").checked ? ["/desk/edition", order] : null;
  const { topic, audience, language } = order;
  return cards.order() && ["/desk/cards", { topic, audience, language, ...cards.order() }];
}

/** Return the wanted papers as a text, to be compared. */
const wantedNow = () => JSON.stringify(PAPERS.map(openingRequest));

/** Tell whether a wanted paper is neither there nor has failed. */
function isMaking(name) {
  return openingRequest(name) !== null && opened[name] === null && failed[name] === "";
}

/** Have the pages of the handout or of its cards made, and show them with what is typed. */
function openPaper(name) {
  opened[name] = null;
  faults[name] = [];
  failed[name] = "";
  making[name] = makePaper(name, openingRequest(name));
  return making[name];
}

/** Grey out the stocks on which the card cannot be printed, each with the reason. */
async function limitStocks() {
  const { topic, audience, language } = order;
  const answer = await fitting((signal) => ask("/desk/stocks", { topic, audience, language }, { signal })).catch(() => null);
  if (answer) cards.limit(answer.unfit); // else opening the cards shows what is wrong
}

/** Show that pages are being made. Announce it once, until all are there. */
function showWait() {
  const waits = PAPERS.some(isMaking);
  if (waits && !isWaiting) announce(say("making"), 800);
  isWaiting = waits;
  preview.wait(waits);
  showFailures();
}

async function makePaper(name, request) {
  showWait();
  showFieldsOfPapers();
  if (request === null) {
    opening[name](async () => undefined);
    preview.set(name, null);
    showState();
    return;
  }
  if (name === "cards") limitStocks();
  try {
    const answer = await opening[name]((signal) => ask(...request, { signal }));
    if (!answer) return; // a newer request has taken its place
    if (answer.problems?.length) throw new Trouble(200, answer.problems);
    opened[name] = answer;
    last[name] = answer;
  } catch (trouble) {
    failed[name] = trouble.message;
  }
  preview.set(name, opened[name]);
  showWait();
  if (opened[name] && name === "cards") preview.turnTo("cards");
  showFieldsOfPapers();
  if (opened[name] === null) {
    showState();
    return;
  }
  stamped = stampPaper(name, { fresh: true });
  await stamped;
}

/** Show beside Print what keeps it waiting, and what has changed or failed. */
function showFailures() {
  const waiting = printPressed === null ? "" : say(printPressed === wantedNow() ? "making_first" : "chosen_anew");
  refuse([waiting, changed ? say("changed") : "", ...PAPERS.map((name) => failed[name])].filter(Boolean).join("\n"));
}

/** Show the faults; once all pages are made, also how many pages there are and whether all fits. */
function showState() {
  const all = allFaults();
  fields.faults(all);
  if (PAPERS.some(isMaking)) return;
  const state = preview.showState(all.length, Object.keys(fields.values()).length > 0);
  announce(PAPERS.some((name) => opened[name]) ? state : "");
}

/**
 * Show the fields of both papers, each once. Those of a paper that is not wanted stay where they are and name their
 * paper, so that a tick moves nothing.
 */
function showFieldsOfPapers() {
  if (!order?.audience) return;
  const all = PAPERS.flatMap(fieldsOf);
  const off = {}; // by field: why it is not printed
  for (const { id } of all) {
    const papers = PAPERS.filter((name) => fieldsOf(name).some((field) => field.id === id));
    if (papers.every((name) => openingRequest(name) === null)) off[id] = say(papers.length > 1 ? "choose_paper" : ONLY[papers[0]]);
  }
  fields.set(all.filter(({ id }, index) => all.findIndex((other) => other.id === id) === index), off);
}

/** Return the fields of a paper. Before it is there, they come from the topic, so that nothing moves later. */
function fieldsOf(name) {
  if (last[name] !== null) return last[name].fields;
  const { fields: all, readers } = desk.topics.find(({ id }) => id === order.topic);
  const ids = readers.find(({ id }) => id === order.audience).fields[name];
  return all.filter(({ id }) => ids.includes(id));
}

function stampAll() {
  stamped = Promise.all(PAPERS.map((name) => stampPaper(name)));
}

/** Draw what is typed on a paper, and show what does not fit. The latest key wins. */
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
    if (allFaults().length === 0) showFailures();
    showState();
    await preview.stamp(name, answer.patches);
  } catch (trouble) {
    if (isStale(trouble) && !fresh) await openAgain(trouble);
    else refuse(trouble.message);
  }
}

/** Have all pages made again. If the text has changed, a person must look before it is printed. */
async function openAgain({ status }) {
  changed ||= status === CHANGED;
  await Promise.all(PAPERS.map(openPaper));
}

/** Return the faults of all papers, one for each field. */
function allFaults() {
  const all = PAPERS.flatMap((name) => faults[name]);
  return all.filter(({ field }, index) => all.findIndex((other) => other.field === field) === index);
}

/** Tell whether the program has started again, or the text has changed, since a page was opened. */
function isStale(trouble) {
  return [UNKNOWN, CHANGED].includes(trouble.status);
}

/** Return what keeps the order from printing as `[text, what to focus]`, or null. */
function obstacle() {
  if (order === null) return [say("choose_topic"), topics.focus];
  if (!order.audience) return [say("choose_reader"), choices.focus];
  const wanted = PAPERS.filter((name) => openingRequest(name) !== null);
  if (wanted.length === 0) return [say("choose_paper"), () => at("want-handout").focus()];
  if (wanted.includes("handout") && !at("copies").checkValidity()) return [say("copies_wrong"), () => at("copies").focus()];
  const missing = wanted.find((name) => opened[name] === null);
  if (missing) return [failed[missing] || say("making"), () => {}];
  const lacking = fields.lacking();
  const all = [...allFaults(), ...lacking];
  if (lacking.length > 0) fields.faults(all);
  const [first] = all;
  return first ? [say("mend_first", { label: fields.label(first.field) ?? first.message }), () => fields.focus(first.field)] : null;
}

function toQueue() {
  return desk.queue && document.querySelector("[name=where]:checked").value === "queue";
}

function showWindowHint() {
  write(at("window-hint"), toQueue() ? "" : say("window"));
}

async function print() {
  if (at("printing").open || at("locked").open || at("view-print").hidden) return;
  const wanted = wantedNow();
  const sawChange = changed && !PAPERS.some(isMaking);
  printPressed = wanted;
  if (PAPERS.some(isMaking)) showFailures();
  let awaited;
  do { // the program may have started again, and the pages are then made again
    awaited = { ...making };
    await Promise.all(Object.values(making));
    await stamped;
  } while (PAPERS.some((name) => making[name] !== awaited[name]));
  if (printPressed !== wanted) return; // Print was pressed again meanwhile, or all was cleared
  if (wantedNow() !== wanted) showFailures();
  printPressed = null;
  if (wantedNow() !== wanted || at("printing").open) return;
  if (changed && !sawChange) {
    showFailures();
    return;
  }
  changed = false;
  const found = obstacle();
  if (found !== null) {
    const [text, focus] = found;
    refuse(text);
    focus();
    return;
  }
  refuse("");
  const values = fields.values();
  const steps = [];
  const body = ({ key, fields: printed }, copies) => ({
    key, copies, cards: null, values: Object.fromEntries(printed.map(({ id }) => [id, values[id]]).filter(([, text]) => text)),
  });
  if (opened.handout) {
    const copies = at("copies").valueAsNumber;
    steps.push({ name: say("step_handout"), body: body(opened.handout, copies), openText: "window_open" });
  }
  if (opened.cards) {
    const { start_at: place } = cards.order();
    const atPlace = place > 1 ? [counted("put_cards_at", place - 1, { place })] : [];
    const before = cards.isCut() ? [] : [say("put_cards"), ...atPlace]; // plain paper is in the printer already
    steps.push({ name: say("step_cards", { stock: cards.name() }), body: body(opened.cards, 1), openText: "window_cards", before, done: cards.used });
  }
  printOrder(steps, { queue: toQueue(), next: nextPatient, refused });
}

function refused(trouble) {
  if (isStale(trouble)) {
    openAgain(trouble);
    return;
  }
  const ofFields = trouble.problems?.filter(({ field }) => field) ?? [];
  if (ofFields.length > 0) {
    fields.faults(ofFields);
    fields.focus(ofFields[0].field);
  }
  refuse(trouble.message);
}

/** Forget the patient: all that was typed or chosen, and the pictures and papers made from it. */
function clear() {
  at("live").textContent = ""; // else screen readers say it once more as the dialog closes
  order = null;
  changed = false;
  printPressed = null;
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
  const hasList = list.leave();
  write(at("ready"), say(hasList ? "ready_list" : "ready"));
  announce(say(hasList ? "ready_list" : "cleared"), 0);
  if (at("view-print").hidden) window.location.hash = "#print";
  window.scrollTo(0, 0);
  topics.focus();
  await refresh();
}

/** Clear the page, also its list, for somebody else. */
function startAgain() {
  list.clear();
  return nextPatient();
}

let refreshing = false;

/** Read the topics again. A file of the workspace may have changed, or the program was started again. */
async function refresh() {
  if (refreshing) return;
  refreshing = true;
  try {
    const answer = await ask("/desk/topics");
    if (answer.version !== desk.version) {
      Object.assign(desk, answer);
      fill();
    }
  } catch {
    // `ask` has shown it in the alarm
  } finally {
    refreshing = false;
  }
}

function fill() {
  write(at("bulletin"), [...(desk.problems ?? []).map(sentences), ...(desk.notices ?? [])].join("\n"));
  write(at("clinic"), desk.clinic || say("no_clinic"));
  setPerson(desk.person, startAgain);
  show(at("lock"), Boolean(desk.person));
  show(at("where"), desk.queue);
  showWindowHint();
  topics.set(desk);
  cards.set(desk);
  list.set(desk.topics);
}

/** Show the view that the address names. */
function showView() {
  const hash = window.location.hash.slice(1);
  if (!VIEWS.includes(hash) && hash !== "") return; // a link to a part of the page
  const current = hash || "print";
  for (const view of VIEWS) {
    show(at(`view-${view}`), view === current);
    const link = document.querySelector(`nav a[href="#${view}"]`);
    if (view === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  ({ print: topics, edition: editions, list })[current].focus();
}

let escaped = 0; // when Esc was last pressed

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
at("where").addEventListener("change", showWindowHint);
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
window.addEventListener("hashchange", showView);
window.addEventListener("pagehide", clearAll);
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

const dirty = () => [fields, topics, list, editions].some((part) => part.dirty());
fill();
showView();
holdMoved();
holdKeys();
setInterval(refresh, REFRESH);
clearWhenIdle(desk.idle_seconds, dirty, startAgain);
