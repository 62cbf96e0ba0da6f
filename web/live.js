/** The pages of a handout for its author: all readers side by side, made anew with each save. */
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
let told = -1; // the version whose pages were announced

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

/** Return what is found of a text, each once, whichever readers it is for. */
function findingsAt(key) {
  const found = Object.values(columns).flatMap((column) => column.findingsAt(key));
  return found.filter((one, index) => found.findIndex((other) => other.message === one.message) === index);
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
  if (elements.length !== grid.children.length || elements.some((one, index) => grid.children[index] !== one)) {
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

const TOGETHER = 100; // milliseconds: what comes faster is drawn at once, so that the browser leaves the processor to the pages
let queue = [];
let drawn = -TOGETHER; // when news was last drawn

/** Take in a part of what is known. The first is drawn right away. */
function take(part) {
  if (queue.length === 0) setTimeout(drawNews, drawn + TOGETHER - performance.now());
  queue.push(part);
}

function drawNews() {
  const news = queue;
  queue = [];
  drawn = performance.now();
  for (const part of news) {
    if (part.part === "file") takeFile(part);
    else (columns[part.reader] ??= showReader(part.reader, select)).take(part);
  }
  if (parts.file === null) return;
  for (const column of Object.values(columns)) column.draw(parts.file);
  arrange();
  tell();
  if (selected) for (const column of Object.values(columns)) column.mark(selected);
}

/** Say how far the pages are, and how many findings and changes there are to go to. */
function tell() {
  const readers = (parts.file?.readers ?? []).map(({ id }) => columns[id]);
  if (readers.length === 0) {
    write(at("state"), parts.file?.problems.length ? say("nothing_yet") : say("making"));
    return;
  }
  const { version } = parts.file;
  const drawn = readers.every((one) => one.isDrawn(version));
  const proved = readers.every((one) => one.isProved(parts.file.card));
  const done = readers.every((one) => one.isDone(parts.file.card));
  const state = parts.file.problems.length ? "old" : !drawn ? "making" : proved ? "proved" : done ? "unproved" : "proving";
  write(at("state"), say(state));
  at("state").dataset.state = state;
  const findings = readers.flatMap((one) => one.marks(".pin"));
  const changes = readers.flatMap((one) => one.marks(".line.changed"));
  write(at("next-finding"), findings.length ? counted("findings", findings.length) : "");
  write(at("next-change"), changes.length ? counted("changes", new Set(changes.map((one) => one.dataset.place)).size) : "");
  if (drawn && told !== version) {
    told = version;
    announce([say("pages_new"), ...readers.map((one) => one.summary())].join(" "));
  }
}

/** Go to the next of some marks, the first kind first and each in the order of the pages; then begin anew. */
function stepper(...selectors) {
  let before = null;
  return () => {
    const all = selectors.flatMap((selector) => [...at("readers").querySelectorAll(selector)]);
    const next = all[(all.indexOf(before) + 1) % all.length];
    before = next;
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
  const way = make("a", { href: `/enter#/preview/${encodeURIComponent(handout)}`, text: say("enter") });
  at("alarm").replaceChildren(say("locked"), " ", way);
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
