import { make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { counted, say } from "./words.js";

const PAPERS = ["handout", "card"];
const share = (length, whole) => `${(100 * length) / whole}%`;
const tenth = (grade) => grade.toFixed(1);

/** Show one reader's pages. `select(place, line)` is called for a line on paper, `arrange()` when pages come or go. */
export function showReader(id, { select, arrange }) {
  const heading = make("h2", { id: `reader-${id}` });
  const facts = make("p", { class: "facts" });
  const loose = make("ul", { class: "loose" }); // what is found of no line on paper
  const head = make("div", { class: "reader-head" }, heading, facts, loose);
  const element = make("section", { class: "reader-pages", "aria-labelledby": heading.id }, head);
  const sheets = { handout: [], card: [] };
  const known = {}; // by kind of part
  let promised = null;

  function sheetOf(paper, page) {
    const { width, height } = known[paper];
    const picture = make("img", { alt: "" });
    const lines = make("div", { class: "lines", role: "group" });
    const sheet = make("div", { class: `sheet-live ${paper}` }, picture, lines);
    const beside = make("div", { class: "beside" });
    sheet.style.aspectRatio = `${width} / ${height}`;
    const caption = make("p", { class: "caption", "aria-hidden": "true" });
    const row = make("div", { class: "row-live" }, make("div", { class: "leaf" }, sheet, caption), beside);
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

  async function draw(one, digest) {
    one.sheet.classList.toggle("making", !digest);
    if (!digest || one.digest === digest) return;
    one.digest = digest;
    const address = `/preview/pages/${digest}.png`;
    const next = new Image();
    next.src = address;
    await next.decode().catch(() => null); // the page before stays until this one is there
    if (one.digest === digest) one.picture.src = address;
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
      one.caption.textContent = title(one.page);
    }
    const last = PAPERS.flatMap((name) => sheets[name]).map(({ row }) => row);
    if (last.some((row, index) => element.children[index + 1] !== row)) element.append(...last);
  }

  const key = (text) => `${text[1]}:${text[2]}`;

  function drawLines(paper) {
    if (!known[paper]) return;
    const { lines, texts, changed, width, height } = known[paper];
    const news = new Set(changed);
    const focused = [...element.querySelectorAll(".line")].indexOf(document.activeElement);
    const of = sheets[paper].map(() => []);
    for (const [page, left, top, wide, high, text, line, words] of lines) {
      const place = texts[text].slice(1, 3);
      const isNew = news.has(text);
      const button = make("button", {
        type: "button", class: isNew ? "line changed" : "line", tabindex: "-1", "data-place": key(texts[text]),
        "data-at": line, onclick: () => select(place, line === place[0] ? place : [line, 1]),
      }, make("span", { class: "unseen", text: isNew ? say("changed", { words }) : words }));
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
    drawNotes();
  }

  const findings = () => ["findings", ...PAPERS.map((name) => `${name}_problems`)].flatMap((name) => known.notes?.[name] ?? []);

  /** Return the first line on paper of a place in the file: of its text, or else of its line. */
  function lineOf(finding) {
    const all = [...element.querySelectorAll(".line")];
    return all.find((one) => one.dataset.place === `${finding.line}:${finding.column}`)
      ?? all.find((one) => one.dataset.place.startsWith(`${finding.line}:`));
  }

  function pin(finding, button) {
    const mark = make("button", { type: "button", class: `pin ${finding.severity}`, onclick: () => button.click() }, make(
      "span", { class: "bubble" }, make("strong", { text: `${say(finding.severity)}: ` }), sentences(finding),
    ));
    mark.style.top = button.style.top;
    return mark;
  }

  /** Put findings and grades beside the sentences that they are about. */
  function drawNotes() {
    for (const old of element.querySelectorAll(".pin, .grade, .beside > *")) old.remove();
    for (const old of element.querySelectorAll(".line.found")) old.classList.remove("found", "error", "warning", "hint");
    const left = [];
    const notes = new Map(PAPERS.flatMap((name) => sheets[name]).map((one) => [one.lines, { one, all: [] }]));
    for (const finding of findings()) {
      const button = lineOf(finding);
      if (!button) {
        left.push(finding);
        continue;
      }
      for (const same of element.querySelectorAll(`.line[data-place="${button.dataset.place}"]`)) same.classList.add("found", finding.severity);
      const { one, all } = notes.get(button.parentElement);
      one.sheet.append(pin(finding, button));
      all.push({ top: button.offsetTop, element: make("p", { class: `note ${finding.severity}` }, make("strong", { text: `${say(finding.severity)}: ` }), sentences(finding)) });
    }
    for (const [section, grade] of Object.entries(known.notes?.sections ?? {})) {
      const text = known.handout?.texts.find((one) => one[3] === section);
      const button = text && element.querySelector(`.line[data-place="${key(text)}"]`);
      if (!button) continue;
      const { one, all } = notes.get(button.parentElement);
      const hard = grade.toFixed(1) > known.notes.target;
      const words = say(hard ? "section_hard" : "section_grade", { grade: tenth(grade), target: known.notes.target });
      const mark = make("span", { class: hard ? "grade hard" : "grade", title: words }, make("span", { "aria-hidden": "true", text: tenth(grade) }), make("span", { class: "unseen", text: words }));
      mark.style.top = button.style.top;
      one.sheet.append(mark);
      all.push({ top: button.offsetTop, element: make("p", { class: "note", text: words, "aria-hidden": "true" }) });
    }
    for (const { one, all } of notes.values()) {
      let bottom = 0;
      for (const note of all.sort((a, b) => a.top - b.top)) {
        one.beside.append(note.element);
        const top = Math.max(note.top, bottom);
        note.element.style.top = `${top}px`;
        bottom = top + note.element.offsetHeight + 6;
      }
    }
    const gone = (known.handout?.gone ?? []).map(([, words]) => make("li", { class: "gone" }, make("strong", { text: `${say("gone")} ` }), make("del", { text: words })));
    const loosely = left.map((finding) => make("li", { class: `finding ${finding.severity}` }, make("strong", { text: `${say(finding.severity)}: ` }), sentences(finding)));
    loose.replaceChildren(...gone, ...loosely);
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
    take(part, file) {
      known[part.part] = part;
      promised = file?.promised ?? null;
      const paper = part.part.split(" ")[0];
      if (part.part === "notes") drawNotes();
      else {
        const before = sheets[paper].length;
        drawPages(paper);
        if (part.part === paper || sheets[paper].length !== before) drawLines(paper);
      }
      drawFacts();
      arrange();
    },
    mark(place) {
      for (const one of element.querySelectorAll(".line")) {
        const isHere = place !== null && one.dataset.place === place.join(":");
        if (isHere) one.setAttribute("aria-current", "true");
        else one.removeAttribute("aria-current");
      }
    },
    findingsAt: (place) => findings().filter((one) => lineOf(one)?.dataset.place === place.join(":")),
    marks: (selector) => [...element.querySelectorAll(selector)],
    isDrawn: (version) => known["handout pages"]?.version === version && known["handout pages"].pages.every(Boolean),
    isProved: () => Boolean(known.notes?.proved),
    isDone: () => known.notes?.making === false,
    summary: () => `${heading.textContent}: ${facts.textContent}.`,
  };
}
