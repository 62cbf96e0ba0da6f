import { make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { counted, say } from "./words.js";

const PAPERS = ["handout", "card"];
const SEVERITIES = ["error", "warning", "hint"]; // the worst first
const AGAIN = 1500; // milliseconds before a picture is requested again
const APART = 6; // pixels between two notes
const share = (length, whole) => `${(100 * length) / whole}%`;
const tenth = (grade) => grade.toFixed(1);
const worstFirst = (first, second) => SEVERITIES.indexOf(first.severity) - SEVERITIES.indexOf(second.severity);
const worst = (found) => SEVERITIES.find((severity) => found.some((finding) => finding.severity === severity));
const textOf = (finding) => [make("strong", { text: `${say(finding.severity)}: ` }), sentences(finding)];

/** Show one reader's pages. Call `select(key, place)` when a line on paper is chosen. */
export function showReader(id, select) {
  const heading = make("h2", { id: `reader-${id}` });
  const facts = make("p", { class: "facts" });
  const loose = make("ul", { class: "loose" }); // findings that are about no line on paper
  const head = make("div", { class: "reader-head" }, heading, facts, loose);
  const element = make("section", { class: "reader-pages", "aria-labelledby": heading.id }, head);
  const sheets = { handout: [], card: [] };
  const known = {}; // the parts, by kind
  const news = new Set(); // the kinds of parts that are not drawn yet
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

  /** Go from line to line by arrow keys. For the Tab key, all lines are one stop. */
  function move(event) {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const lines = [...element.querySelectorAll(".line")];
    const from = lines.indexOf(event.target);
    if (from < 0) return;
    const ends = { Home: 0, End: lines.length - 1 };
    const to = event.key in ends ? ends[event.key] : from + (steps[event.key] ?? NaN);
    if (!lines[to]) return;
    event.preventDefault();
    lines[from].tabIndex = -1;
    lines[to].tabIndex = 0;
    lines[to].focus();
  }

  /** Return whether a page is on the screen, or within one screen above or below it. */
  function isNear(sheet) {
    const { top, bottom } = sheet.getBoundingClientRect();
    return bottom > -innerHeight && top < 2 * innerHeight;
  }

  async function drawPicture(page, digest) {
    page.sheet.classList.toggle("making", !digest);
    if (!digest || page.digest === digest) return;
    page.digest = digest;
    const address = `/preview/pages/${digest}.png`;
    const next = new Image();
    next.src = address;
    // The earlier picture stays until this one is ready. Far from the screen, loading is enough.
    const ready = isNear(page.sheet) ? next.decode() : new Promise((resolve, reject) => Object.assign(next, { onload: resolve, onerror: reject }));
    const isReady = await ready.then(() => true, () => false);
    if (page.digest !== digest) return;
    if (isReady) page.picture.src = address;
    else { // too many were requested at once, or the program starts again
      page.digest = null;
      setTimeout(() => drawPages(page.paper), AGAIN);
    }
  }

  function drawPages(paper) {
    const { pages = [] } = known[`${paper} pages`] ?? {};
    const all = sheets[paper];
    if (!known[paper]) return;
    while (all.length > pages.length) all.pop().row.remove();
    while (all.length < pages.length) all.push(sheetOf(paper, all.length + 1));
    const title = (page) => (paper === "card" ? say(page === 1 ? "card_front" : "card_back") : say("page_of", { page, pages: pages.length }));
    for (const [index, sheet] of all.entries()) {
      drawPicture(sheet, pages[index]);
      sheet.picture.alt = say("picture", { page: title(sheet.page), reader: heading.textContent });
      sheet.lines.setAttribute("aria-label", say("lines_of", { page: title(sheet.page) }));
      sheet.caption.textContent = `${title(sheet.page)} · ${id}`;
    }
    const rows = PAPERS.flatMap((name) => sheets[name]).map(({ row }) => row);
    if (rows.some((row, index) => element.children[index + 1] !== row)) element.append(...rows);
  }

  /** Return the key of a text: its line, column and file. */
  const key = (text) => `${text[1]}:${text[2]}:${text[5]}`;

  function drawLines(paper) {
    if (!known[paper]) return;
    const { lines, texts, changed, width, height } = known[paper];
    const changedTexts = new Set(changed);
    const focused = [...element.querySelectorAll(".line")].indexOf(document.activeElement);
    const buttons = sheets[paper].map(() => []); // by page
    for (const [page, left, top, lineWidth, lineHeight, text, line, words] of lines) {
      const [, first, column, , , file] = texts[text];
      const place = { file, line, column: line === first ? column : 1 };
      const isNew = changedTexts.has(text);
      const button = make("button", {
        type: "button", class: isNew ? "line changed" : "line", tabindex: "-1", "data-place": key(texts[text]),
        onclick: () => select(key(texts[text]), place),
      }, make("span", { class: "unseen", text: isNew ? say("changed", { words }) : words }));
      button.style.left = share(left, width);
      button.style.top = share(top, height);
      button.style.width = share(lineWidth, width);
      button.style.height = share(lineHeight, height);
      buttons[page - 1]?.push(button);
    }
    for (const [index, sheet] of sheets[paper].entries()) sheet.lines.replaceChildren(...buttons[index]);
    const all = [...element.querySelectorAll(".line")];
    if (all.length > 0) all[Math.max(0, Math.min(focused, all.length - 1))].tabIndex = 0;
    if (focused >= 0) all[Math.min(focused, all.length - 1)]?.focus({ preventScroll: true });
  }

  const findings = () => ["findings", ...PAPERS.map((name) => `${name}_problems`)].flatMap((name) => known.notes?.[name] ?? []);

  /** Return the first lines on paper, by the place of their text in the file, and by its line there. */
  function firstLines() {
    const lines = new Map();
    for (const button of element.querySelectorAll(".line")) {
      const [line, , file] = button.dataset.place.split(":");
      for (const place of [button.dataset.place, `${line}:${file}`]) if (!lines.has(place)) lines.set(place, button);
    }
    return lines;
  }

  const lineOf = (finding, lines) => lines.get(`${finding.line}:${finding.column}:${finding.file}`) ?? lines.get(`${finding.line}:${finding.file}`);

  /** Return the mark of the findings at a line, with a bubble that lists them. */
  function pin(found, button) {
    const bubble = make("span", { class: "bubble" }, ...found.map((finding) => make("span", { class: "told" }, ...textOf(finding))));
    const mark = make("button", { type: "button", class: `pin ${worst(found)}`, onclick: () => button.click() }, bubble);
    mark.style.top = button.style.top;
    return mark;
  }

  function gradeOf(grade, button) {
    const isHard = Number(tenth(grade)) > known.notes.target;
    const text = say(isHard ? "section_hard" : "section_grade", { grade: tenth(grade), target: known.notes.target });
    const mark = make("span", { class: isHard ? "grade hard" : "grade", title: text }, make(
      "span", { "aria-hidden": "true", text: tenth(grade) },
    ), make("span", { class: "unseen", text }));
    mark.style.top = button.style.top;
    return { mark, note: make("p", { class: "note", text, "aria-hidden": "true" }) };
  }

  /** Put the notes in the margin where their sentences are, or below the note before. */
  function stack() {
    for (const { sheet, beside } of PAPERS.flatMap((name) => sheets[name])) {
      const sheetHeight = sheet.offsetHeight;
      const notes = [...beside.children].map((note) => ({ note, top: (parseFloat(note.dataset.top) * sheetHeight) / 100, height: note.offsetHeight }));
      let bottom = 0;
      for (const { note, top, height } of notes.sort((first, second) => first.top - second.top)) {
        note.style.top = `${Math.max(top, bottom)}px`;
        bottom = Math.max(top, bottom) + height + APART;
      }
    }
  }

  /** Put findings and grades beside the sentences that they are about. */
  function drawNotes() {
    for (const old of element.querySelectorAll(".pin, .grade, .beside > *")) old.remove();
    for (const old of element.querySelectorAll(".line.found")) old.classList.remove("found", ...SEVERITIES);
    const lines = firstLines();
    const byLine = new Map();
    const withoutLine = [];
    for (const finding of findings()) {
      const button = lineOf(finding, lines);
      if (button) byLine.set(button, [...(byLine.get(button) ?? []), finding]);
      else withoutLine.push(finding);
    }
    for (const found of byLine.values()) found.sort(worstFirst);
    const sheetOfLines = new Map(PAPERS.flatMap((name) => sheets[name]).map((sheet) => [sheet.lines, sheet]));
    const put = (button, mark, note) => {
      const { sheet, beside } = sheetOfLines.get(button.parentElement);
      sheet.append(mark);
      note.dataset.top = button.style.top;
      beside.append(note);
    };
    for (const [button, found] of byLine) {
      for (const same of element.querySelectorAll(`.line[data-place="${button.dataset.place}"]`)) same.classList.add("found", worst(found));
      const note = make("div", { class: `note ${worst(found)}`, "aria-hidden": "true" }, ...found.map((finding) => make("p", {}, ...textOf(finding))));
      put(button, pin(found, button), note);
    }
    for (const [section, grade] of Object.entries(known.notes?.sections ?? {})) {
      const text = known.handout?.texts.find((each) => each[3] === section);
      const button = text && lines.get(key(text));
      if (!button) continue;
      const { mark, note } = gradeOf(grade, button);
      put(button, mark, note);
    }
    stack();
    const gone = (known.handout?.gone ?? []).map(([, text]) => make("li", {}, make("strong", { text: `${say("gone")} ` }), make("del", { text })));
    loose.replaceChildren(...gone, ...withoutLine.map((finding) => make("li", { class: `finding ${finding.severity}` }, ...textOf(finding))));
    show(loose, loose.children.length > 0);
  }

  function drawFacts() {
    const notes = known.notes ?? {};
    const pages = known["handout pages"]?.pages.length;
    const hasErrors = (notes.handout_problems ?? []).some(({ severity }) => severity === "error");
    const texts = [
      pages ? (promised ? say("pages_promised", { pages, promised }) : counted("pages", pages)) : null,
      pages ? say(hasErrors ? "does_not_fit" : notes.proved ? "fits" : "fit_unknown") : null,
      notes.grade ? say("grade", { grade: tenth(notes.grade), target: notes.target }) : null,
    ].filter(Boolean);
    write(facts, texts.join(" · "));
  }

  new ResizeObserver(() => drawNotes()).observe(element);

  return {
    element,
    call(name) {
      heading.textContent = name;
    },
    pages: () => sheets.handout.length,
    /** Leave space if another reader has more pages, so that the cards are beside each other. */
    fill(rows) {
      for (const [index, { row }] of sheets.card.entries()) row.style.gridRow = rows + 2 + index;
    },
    take(part) {
      known[part.part] = part;
      news.add(part.part);
    },
    /** Draw the parts that have come since the last time. */
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
      for (const line of element.querySelectorAll(".line")) {
        if (line.dataset.place === wanted) line.setAttribute("aria-current", "true");
        else line.removeAttribute("aria-current");
      }
    },
    findingsAt(wanted) {
      const lines = firstLines();
      const found = findings().filter((finding) => lineOf(finding, lines)?.dataset.place === wanted);
      return found.sort(worstFirst);
    },
    marks: (selector) => [...element.querySelectorAll(selector)],
    isDrawn: (version) => known["handout pages"]?.version === version && known["handout pages"].pages.every(Boolean),
    isProved: (card) => Boolean(known.notes?.proved && (known.notes.card_proved || !card)),
    isDone: (card) => Boolean(known.notes?.done && (known.notes.card_done || !card)),
    summary: () => `${heading.textContent}: ${facts.textContent}.`,
  };
}
