import { make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { counted, say } from "./words.js";

const PAPERS = ["handout", "card"];
const SEVERITIES = ["error", "warning", "hint"]; // the worst first
const AGAIN = 1500; // milliseconds
const APART = 6; // pixels between two notes
const share = (length, whole) => `${(100 * length) / whole}%`;
const tenth = (grade) => grade.toFixed(1);
const worstFirst = (one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity);
const worst = (found) => SEVERITIES.find((severity) => found.some((one) => one.severity === severity));
const words = (finding) => [make("strong", { text: `${say(finding.severity)}: ` }), sentences(finding)];

/** Show one reader's pages. `select(key, place)` is called for a line on paper. */
export function showReader(id, select) {
  const heading = make("h2", { id: `reader-${id}` });
  const facts = make("p", { class: "facts" });
  const loose = make("ul", { class: "loose" }); // what is found of no line on paper
  const head = make("div", { class: "reader-head" }, heading, facts, loose);
  const element = make("section", { class: "reader-pages", "aria-labelledby": heading.id }, head);
  const sheets = { handout: [], card: [] };
  const known = {}; // by kind of part
  const news = new Set(); // the kinds that are not drawn yet
  let promised = null;

  function sheetOf(paper, page) {
    const { width, height } = known[paper];
    const picture = make("img", { alt: "" });
    const lines = make("div", { class: "lines", role: "group" });
    const sheet = make("div", { class: `sheet-live ${paper}` }, picture, lines);
    const beside = make("div", { class: "beside" });
    sheet.style.aspectRatio = `${width} / ${height}`;
    const caption = make("p", { class: "caption", "aria-hidden": "true" });
    const row = make("div", { class: "row-live" }, make("div", { class: "spread" }, make("div", { class: "leaf" }, sheet, caption), beside));
    lines.addEventListener("keydown", move);
    return { paper, page, picture, lines, sheet, beside, caption, row };
  }

  /** Go from line to line by keys: they are one stop of the Tab key. */
  function move(event) {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const all = [...element.querySelectorAll(".line")];
    const from = all.indexOf(event.target);
    if (from < 0) return;
    const ends = { Home: 0, End: all.length - 1 };
    const to = event.key in ends ? ends[event.key] : from + (steps[event.key] ?? NaN);
    if (!all[to]) return;
    event.preventDefault();
    all[from].tabIndex = -1;
    all[to].tabIndex = 0;
    all[to].focus();
  }

  /** Return whether a page is on the screen, or one screen above or below it. */
  function isNear(sheet) {
    const { top, bottom } = sheet.getBoundingClientRect();
    return bottom > -innerHeight && top < 2 * innerHeight;
  }

  async function draw(one, digest) {
    one.sheet.classList.toggle("making", !digest);
    if (!digest || one.digest === digest) return;
    one.digest = digest;
    const address = `/preview/pages/${digest}.png`;
    const next = new Image();
    next.src = address;
    // The page before stays until this one is there. One that nobody sees is decoded when it is scrolled to.
    const ready = isNear(one.sheet) ? next.decode() : new Promise((resolve, reject) => Object.assign(next, { onload: resolve, onerror: reject }));
    const there = await ready.then(() => true, () => false);
    if (one.digest !== digest) return;
    if (there) one.picture.src = address;
    else { // too many were asked for at once, or the program starts again
      one.digest = null;
      setTimeout(() => drawPages(one.paper), AGAIN);
    }
  }

  function drawPages(paper) {
    const { pages = [] } = known[`${paper} pages`] ?? {};
    const all = sheets[paper];
    if (!known[paper]) return;
    while (all.length > pages.length) all.pop().row.remove();
    while (all.length < pages.length) all.push(sheetOf(paper, all.length + 1));
    const title = (page) => (paper === "card" ? say(page === 1 ? "card_front" : "card_back") : say("page_of", { page, pages: pages.length }));
    for (const [index, one] of all.entries()) {
      draw(one, pages[index]);
      one.picture.alt = say("picture", { page: title(one.page), reader: heading.textContent });
      one.lines.setAttribute("aria-label", say("lines_of", { page: title(one.page) }));
      one.caption.textContent = `${title(one.page)} · ${id}`;
    }
    const last = PAPERS.flatMap((name) => sheets[name]).map(({ row }) => row);
    if (last.some((row, index) => element.children[index + 1] !== row)) element.append(...last);
  }

  const key = (text) => `${text[1]}:${text[2]}:${text[5]}`;

  function drawLines(paper) {
    if (!known[paper]) return;
    const { lines, texts, changed, width, height } = known[paper];
    const fresh = new Set(changed);
    const focused = [...element.querySelectorAll(".line")].indexOf(document.activeElement);
    const of = sheets[paper].map(() => []);
    for (const [page, left, top, wide, high, text, line, said] of lines) {
      const [, first, column, , , file] = texts[text];
      const place = { file, line, column: line === first ? column : 1 };
      const isNew = fresh.has(text);
      const button = make("button", {
        type: "button", class: isNew ? "line changed" : "line", tabindex: "-1", "data-place": key(texts[text]),
        onclick: () => select(key(texts[text]), place),
      }, make("span", { class: "unseen", text: isNew ? say("changed", { words: said }) : said }));
      button.style.left = share(left, width);
      button.style.top = share(top, height);
      button.style.width = share(wide, width);
      button.style.height = share(high, height);
      of[page - 1]?.push(button);
    }
    for (const [index, one] of sheets[paper].entries()) one.lines.replaceChildren(...of[index]);
    const all = [...element.querySelectorAll(".line")];
    if (all.length > 0) all[Math.max(0, Math.min(focused, all.length - 1))].tabIndex = 0;
    if (focused >= 0) all[Math.min(focused, all.length - 1)]?.focus({ preventScroll: true });
  }

  const findings = () => ["findings", ...PAPERS.map((name) => `${name}_problems`)].flatMap((name) => known.notes?.[name] ?? []);

  /** Return the first lines on paper, by the place of their text in the file, and by its line there. */
  function firstLines() {
    const found = new Map();
    for (const one of element.querySelectorAll(".line")) {
      const [line, , file] = one.dataset.place.split(":");
      for (const place of [one.dataset.place, `${line}:${file}`]) if (!found.has(place)) found.set(place, one);
    }
    return found;
  }

  const lineOf = (finding, lines) => lines.get(`${finding.line}:${finding.column}:${finding.file}`) ?? lines.get(`${finding.line}:${finding.file}`);

  /** Return the mark of all that is found at a line. It says so in a bubble. */
  function pin(found, button) {
    const bubble = make("span", { class: "bubble" }, ...found.map((one) => make("span", { class: "told" }, ...words(one))));
    const mark = make("button", { type: "button", class: `pin ${worst(found)}`, onclick: () => button.click() }, bubble);
    mark.style.top = button.style.top;
    return mark;
  }

  function gradeOf(grade, button) {
    const hard = Number(tenth(grade)) > known.notes.target;
    const text = say(hard ? "section_hard" : "section_grade", { grade: tenth(grade), target: known.notes.target });
    const mark = make("span", { class: hard ? "grade hard" : "grade", title: text }, make(
      "span", { "aria-hidden": "true", text: tenth(grade) },
    ), make("span", { class: "unseen", text }));
    mark.style.top = button.style.top;
    return { mark, note: make("p", { class: "note", text, "aria-hidden": "true" }) };
  }

  /** Put the notes in the margin where their sentences are, and below each other. */
  function stack() {
    for (const { sheet, beside } of PAPERS.flatMap((name) => sheets[name])) {
      const high = sheet.offsetHeight;
      const notes = [...beside.children].map((note) => ({ note, top: (parseFloat(note.dataset.top) * high) / 100, high: note.offsetHeight }));
      let bottom = 0;
      for (const one of notes.sort((before, after) => before.top - after.top)) {
        one.note.style.top = `${Math.max(one.top, bottom)}px`;
        bottom = Math.max(one.top, bottom) + one.high + APART;
      }
    }
  }

  /** Put findings and grades beside the sentences that they are about. */
  function drawNotes() {
    for (const old of element.querySelectorAll(".pin, .grade, .beside > *")) old.remove();
    for (const old of element.querySelectorAll(".line.found")) old.classList.remove("found", ...SEVERITIES);
    const lines = firstLines();
    const byLine = new Map();
    const left = []; // what is about no line on paper
    for (const finding of findings()) {
      const button = lineOf(finding, lines);
      if (button) byLine.set(button, [...(byLine.get(button) ?? []), finding]);
      else left.push(finding);
    }
    for (const found of byLine.values()) found.sort(worstFirst);
    const sheetOfLines = new Map(PAPERS.flatMap((name) => sheets[name]).map((one) => [one.lines, one]));
    const put = (button, mark, note) => {
      const { sheet, beside } = sheetOfLines.get(button.parentElement);
      sheet.append(mark);
      note.dataset.top = button.style.top;
      beside.append(note);
    };
    for (const [button, found] of byLine) {
      for (const same of element.querySelectorAll(`.line[data-place="${button.dataset.place}"]`)) same.classList.add("found", worst(found));
      const note = make("div", { class: `note ${worst(found)}`, "aria-hidden": "true" }, ...found.map((one) => make("p", {}, ...words(one))));
      put(button, pin(found, button), note);
    }
    for (const [section, grade] of Object.entries(known.notes?.sections ?? {})) {
      const text = known.handout?.texts.find((one) => one[3] === section);
      const button = text && lines.get(key(text));
      if (!button) continue;
      const { mark, note } = gradeOf(grade, button);
      put(button, mark, note);
    }
    stack();
    const gone = (known.handout?.gone ?? []).map(([, text]) => make("li", {}, make("strong", { text: `${say("gone")} ` }), make("del", { text })));
    loose.replaceChildren(...gone, ...left.map((one) => make("li", { class: `finding ${one.severity}` }, ...words(one))));
    show(loose, loose.children.length > 0);
  }

  function drawFacts() {
    const notes = known.notes ?? {};
    const pages = known["handout pages"]?.pages.length;
    const wrong = (notes.handout_problems ?? []).some((one) => one.severity === "error");
    const told = [
      pages ? (promised ? say("pages_promised", { pages, promised }) : counted("pages", pages)) : null,
      pages ? say(wrong ? "does_not_fit" : notes.proved ? "fits" : "fit_unknown") : null,
      notes.grade ? say("grade", { grade: tenth(notes.grade), target: notes.target }) : null,
    ].filter(Boolean);
    write(facts, told.join(" · "));
  }

  new ResizeObserver(() => drawNotes()).observe(element);

  return {
    element,
    call(name) {
      heading.textContent = name;
    },
    pages: () => sheets.handout.length,
    /** Leave room where another reader has more pages, so that the cards are beside each other. */
    fill(rows) {
      const first = sheets.card[0];
      if (first) first.row.style.gridRow = rows + 2;
      for (const [index, one] of sheets.card.entries()) if (index > 0) one.row.style.gridRow = rows + 2 + index;
    },
    take(part) {
      known[part.part] = part;
      news.add(part.part);
    },
    /** Draw what has come since the last time. */
    draw(file) {
      promised = file.promised;
      let isNew = news.has("notes");
      for (const paper of PAPERS) {
        const before = sheets[paper].length;
        if (news.has(paper) || news.has(`${paper} pages`)) drawPages(paper);
        if (!news.has(paper) && sheets[paper].length === before) continue;
        drawLines(paper);
        isNew = true;
      }
      if (isNew) drawNotes();
      if (news.size > 0) drawFacts();
      news.clear();
    },
    mark(wanted) {
      for (const one of element.querySelectorAll(".line")) {
        if (one.dataset.place === wanted) one.setAttribute("aria-current", "true");
        else one.removeAttribute("aria-current");
      }
    },
    findingsAt(wanted) {
      const lines = firstLines();
      const found = findings().filter((one) => lineOf(one, lines)?.dataset.place === wanted);
      return found.sort(worstFirst);
    },
    marks: (selector) => [...element.querySelectorAll(selector)],
    isDrawn: (version) => known["handout pages"]?.version === version && known["handout pages"].pages.every(Boolean),
    isProved: (card) => Boolean(known.notes?.proved && (known.notes.card_proved || !card)),
    isDone: (card) => Boolean(known.notes?.done && (known.notes.card_done || !card)),
    summary: () => `${heading.textContent}: ${facts.textContent}.`,
  };
}
