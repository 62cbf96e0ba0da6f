/** The pages of a handout for its author: all readers side by side, printed again with each save. */
import { at, make, show, write } from "./elements.js";
import { showFile } from "./live_file.js";
import { showReader } from "./live_reader.js";
import { sentences } from "./problems.js";
import { announce, counted, say } from "./words.js";

const { handout } = document.body.dataset;
const parts = { file: null, readers: {} };
const columns = {}; // by reader
const hidden = new Set(); // readers that the author does not want to see
const file = showFile(() => select(null));
let selected = null; // the key of a text: where it begins in its file
let announced = -1; // the version whose pages were announced last

function problemText(problem) {
  const place = problem.line ? `${say("line", problem)}: ` : "";
  return `${place}${sentences(problem)}`;
}

/** Show a place in a file, and mark the text of a key in every reader's pages. */
function select(key, place) {
  selected = key;
  for (const column of Object.values(columns)) column.mark(key);
  if (key === null) file.close();
  else file.show(parts.file, place, findingsAt(key));
}

/** Return the findings of a text, each once, whichever readers it is for. */
function findingsAt(key) {
  const findings = Object.values(columns).flatMap((column) => column.findingsAt(key));
  return findings.filter(({ message }, index) => findings.findIndex((other) => other.message === message) === index);
}

function problemItem(problem) {
  if (!problem.line || !(problem.file in (parts.file.broken ?? {}))) {
    const place = problem.file ? `${problem.file}:${problem.line}: ` : "";
    return make("li", { text: `${place}${sentences(problem)}` });
  }
  return make("li", {}, make("button", {
    type: "button", class: "link", text: problemText(problem), onclick: () => file.show(parts.file, problem, [problem]),
  }));
}

function chip(reader) {
  const box = make("input", { type: "checkbox", autocomplete: "off", checked: !hidden.has(reader.id) });
  box.addEventListener("change", () => {
    if (box.checked) hidden.delete(reader.id);
    else hidden.add(reader.id);
    arrange();
  });
  return make("label", { class: "check", title: reader.name }, box, reader.id);
}

/** Put the readers that are shown beside each other, page by page. */
function arrange() {
  const shown = (parts.file?.readers ?? []).filter(({ id }) => !hidden.has(id)).map(({ id }) => columns[id]);
  const grid = at("readers");
  const rows = Math.max(1, ...shown.map((column) => column.pages()));
  grid.style.setProperty("--readers", Math.max(1, shown.length));
  grid.style.setProperty("--rows", rows);
  const elements = shown.map((column) => column.element);
  if (elements.length !== grid.children.length || elements.some((element, index) => grid.children[index] !== element)) {
    grid.replaceChildren(...elements);
  }
  for (const column of shown) column.fill(rows);
}

function takeFile(part) {
  parts.file = part;
  write(at("file-name"), part.name);
  show(at("broken"), part.problems.length > 0);
  at("broken-problems").replaceChildren(...part.problems.map(problemItem));
  at("readers").classList.toggle("stale", part.problems.length > 0);
  if (part.problems.length > 0) announce(counted("problems", part.problems.length), 0);
  for (const { id, name } of part.readers ?? []) {
    columns[id] ??= showReader(id, select);
    columns[id].call(name);
  }
  const chips = at("shown").querySelector(".row");
  const names = JSON.stringify(part.readers ?? []);
  if (chips.dataset.names !== names) {
    chips.dataset.names = names;
    chips.replaceChildren(...(part.readers ?? []).map(chip));
  }
  show(at("shown"), (part.readers ?? []).length > 1);
}

const TOGETHER = 100; // milliseconds: parts that come within them are drawn together, as printing needs the processor
let queue = [];
let lastDrawn = -TOGETHER; // when parts were last drawn

/** Take a part. The first one is drawn right away. */
function take(part) {
  if (queue.length === 0) setTimeout(drawNews, lastDrawn + TOGETHER - performance.now());
  queue.push(part);
}

function drawNews() {
  const news = queue;
  queue = [];
  lastDrawn = performance.now();
  for (const part of news) {
    if (part.part === "file") takeFile(part);
    else (columns[part.reader] ??= showReader(part.reader, select)).take(part);
  }
  if (parts.file === null) return;
  for (const column of Object.values(columns)) column.draw(parts.file);
  arrange();
  showState();
  if (selected) for (const column of Object.values(columns)) column.mark(selected);
}

/** Show how far the pages are, and how many findings and changes there are to go to. */
function showState() {
  const readers = (parts.file?.readers ?? []).map(({ id }) => columns[id]);
  if (readers.length === 0) {
    write(at("state"), parts.file?.problems.length ? say("nothing_yet") : say("making"));
    return;
  }
  const { version } = parts.file;
  const drawn = readers.every((reader) => reader.isDrawn(version));
  const proved = readers.every((reader) => reader.isProved(parts.file.card));
  const done = readers.every((reader) => reader.isDone(parts.file.card));
  const state = parts.file.problems.length ? "old" : !drawn ? "making" : proved ? "proved" : done ? "unproved" : "proving";
  write(at("state"), say(state));
  at("state").dataset.state = state;
  const findings = readers.flatMap((reader) => reader.marks(".pin"));
  const changes = readers.flatMap((reader) => reader.marks(".line.changed"));
  write(at("next-finding"), findings.length ? counted("findings", findings.length) : "");
  write(at("next-change"), changes.length ? counted("changes", new Set(changes.map((line) => line.dataset.place)).size) : "");
  if (drawn && announced !== version) {
    announced = version;
    announce([say("pages_new"), ...readers.map((reader) => reader.summary())].join(" "));
  }
}

/**
 * Return a function that goes to the next mark, and after the last one to the first. The marks of an earlier selector
 * come first, in the order of the pages.
 */
function stepper(...selectors) {
  let last = null;
  return () => {
    const marks = selectors.flatMap((selector) => [...at("readers").querySelectorAll(selector)]);
    const next = marks[(marks.indexOf(last) + 1) % marks.length];
    last = next;
    next.scrollIntoView({ block: "center", inline: "center" });
    next.focus({ preventScroll: true });
    next.click();
  };
}

at("next-finding").addEventListener("click", stepper(".pin.error", ".pin.warning", ".pin.hint"));
at("next-change").addEventListener("click", stepper(".line.changed"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !at("dock").hidden) select(null);
  if (event.key === "F8" && !at("next-finding").hidden) {
    event.preventDefault();
    at("next-finding").click();
  }
});

function fail() {
  write(at("alarm"), say("broken"));
}

window.addEventListener("error", fail);
window.addEventListener("unhandledrejection", fail);

const stream = new EventSource(`/preview/${encodeURIComponent(handout)}/events`);

function lock() {
  stream.close();
  const link = make("a", { href: `/enter#/preview/${encodeURIComponent(handout)}`, text: say("enter") });
  at("alarm").replaceChildren(say("locked"), " ", link);
}

stream.addEventListener("part", (event) => {
  write(at("alarm"), "");
  take(JSON.parse(event.data));
});
stream.addEventListener("again", (event) => {
  write(at("alarm"), JSON.parse(event.data).problems.map(sentences).join("\n") || say("again"));
});
stream.addEventListener("refused", (event) => {
  write(at("state"), "");
  write(at("alarm"), JSON.parse(event.data).problems.map(sentences).join("\n"));
});
stream.addEventListener("locked", lock);
stream.addEventListener("error", () => {
  if (stream.readyState === EventSource.CLOSED) lock();
  else if (at("alarm").hidden || !at("alarm").textContent) write(at("alarm"), say("away"));
});
