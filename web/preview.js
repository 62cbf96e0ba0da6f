import { at, bytes, make, show, write } from "./elements.js";
import { counted, say } from "./words.js";

const SCALES = [1, 1.35, 1.8, 2.5, 3.5]; // of the size at which the whole page is seen
const BESIDE = window.matchMedia("(min-width: 44.01rem) and (min-height: 30.01rem)"); // as in desk.css
const AROUND = 120; // pixels above and below the page: the top, and the caption
const RESOLUTIONS = [96, 144, 192];
const INCH = 25.4;

const PAPERS = ["handout", "cards"];

/** Show the printed pages of a handout and of its sheets of cards, with what is typed on them. */
export function showPreview() {
  const sheet = at("sheet-of-paper");
  const picture = at("page-picture");
  const papers = {}; // by name: what the server opened, and `patches`: "page x y" -> {image, png, patch}
  let leaf = 0; // of all pages, those of the handout first
  let scale = 1;
  let making = false; // another page, of which nothing can be said yet
  let shownPage = null; // the address of the page that the picture shows, without its resolution
  let loading = false; // that picture

  const leaves = () => PAPERS.filter((name) => papers[name])
    .flatMap((name) => Array.from({ length: papers[name].pages }, (_, index) => ({ name, paper: papers[name], page: index + 1 })));

  function title({ name, page, paper }) {
    if (name === "handout") return say("page_of", { page, pages: paper.pages });
    return say(page % 2 ? "card_front" : "card_back", { sheet: Math.ceil(page / 2) });
  }

  function wholePage({ width_mm: wide, height_mm: high }) {
    const { clientWidth, offsetTop } = at("desk-top");
    const room = window.innerHeight - AROUND - offsetTop;
    return Math.min(clientWidth - 8, BESIDE.matches ? Math.max(320, (room * wide) / high) : Infinity);
  }

  /** Show the sheet, or say in its place why it is not there yet. */
  function showSheet() {
    const any = leaves().length > 0;
    const waiting = making || (any && loading);
    at("paper").classList.toggle("making", making);
    sheet.classList.toggle("waiting", waiting);
    show(sheet, any);
    show(at("empty"), waiting || !any);
    write(at("empty-words"), say(waiting ? "making" : "empty"));
  }

  function draw() {
    const all = leaves();
    for (const id of ["paper-bar", "caption"]) show(at(id), all.length > 0);
    if (all.length === 0) {
      show(at("page-text"), false);
      showSheet();
      return;
    }
    leaf = Math.min(leaf, all.length - 1);
    const shown = all[leaf];
    const { name, page, paper } = shown;
    const width = wholePage(paper) * scale;
    sheet.style.width = `${width}px`;
    sheet.style.aspectRatio = `${paper.width_mm} / ${paper.height_mm}`;
    const wanted = (width * window.devicePixelRatio) / (paper.width_mm / INCH);
    const dpi = RESOLUTIONS.find((one) => one >= wanted - 8) ?? RESOLUTIONS.at(-1);
    const whole = `/page/${paper.key}/${page}.png`;
    const address = `${whole}?dpi=${dpi}`;
    // What is typed is never drawn on the picture of another page.
    loading ||= shownPage !== whole;
    shownPage = whole;
    showSheet();
    if (picture.getAttribute("src") !== address) picture.src = address;
    picture.alt = name === "handout" ? say("page_picture", { page, pages: paper.pages }) : title(shown);
    write(at("page-of"), title(shown));
    at("code").textContent = paper.printed_code;
    const text = paper.text?.[page - 1] ?? "";
    at("page-words").textContent = text;
    show(at("page-text"), text !== "");
    at("page-before").setAttribute("aria-disabled", leaf === 0);
    at("page-after").setAttribute("aria-disabled", leaf === all.length - 1);
    at("smaller").setAttribute("aria-disabled", scale === SCALES[0]);
    at("larger").setAttribute("aria-disabled", scale === SCALES.at(-1));
    show(at("to-cards"), name === "handout" && Boolean(papers.cards));
    show(at("to-handout"), name === "cards" && Boolean(papers.handout));
    for (const one of all) {
      for (const { image, patch } of one.paper.patches.values()) show(image, one.name === name && patch.page === page);
    }
  }

  function turn(to) {
    const all = leaves();
    if (to < 0 || to >= all.length || to === leaf) return;
    leaf = to;
    draw();
    if (!making) at("live").textContent = title(all[leaf]);
  }

  const turnTo = (name, page = 1) => turn(leaves().findIndex((one) => one.name === name && one.page === page));

  function zoom(step) {
    scale = SCALES[Math.min(SCALES.length - 1, Math.max(0, SCALES.indexOf(scale) + step))];
    draw();
  }

  function drop(one) {
    URL.revokeObjectURL(one.image.src);
    one.image.remove();
  }

  function remove(name) {
    for (const one of papers[name]?.patches.values() ?? []) drop(one);
    delete papers[name];
  }

  async function placed(paper, patch, before) {
    if (before?.png === patch.png) return before;
    const image = make("img", { alt: "", class: "patch" });
    image.src = URL.createObjectURL(new Blob([bytes(patch.png)], { type: "image/png" }));
    const share = (length, whole) => `${(100 * length) / whole}%`;
    image.style.left = share(patch.x, paper.width_mm);
    image.style.top = share(patch.y, paper.height_mm);
    image.style.width = share(patch.width, paper.width_mm);
    image.style.height = share(patch.height, paper.height_mm);
    await image.decode();
    return { image, png: patch.png, patch };
  }

  async function stamp(name, patches) {
    const paper = papers[name];
    const mine = Symbol("stamp");
    paper.stamping = mine;
    const before = paper.patches;
    const keys = patches.map((one) => `${one.page} ${one.x} ${one.y}`);
    const drawn = await Promise.all(patches.map((one, index) => placed(paper, one, before.get(keys[index]))));
    const kept = new Set(before.values());
    if (papers[name] !== paper || paper.stamping !== mine) { // another page, or a later answer was faster
      for (const one of drawn) if (!kept.has(one)) drop(one);
      return;
    }
    paper.patches = new Map(drawn.map((one, index) => [keys[index], one]));
    sheet.append(...drawn.filter((one) => !kept.has(one)).map((one) => one.image));
    for (const one of kept) if (!drawn.includes(one)) drop(one);
    const shown = leaves()[leaf];
    const pages = patches.map((one) => one.page);
    if (shown.name === name && pages.length > 0 && !pages.includes(shown.page)) turnTo(name, Math.min(...pages));
    draw();
  }

  picture.addEventListener("load", () => {
    loading = false;
    showSheet();
  });
  picture.addEventListener("error", () => write(at("empty-words"), say("trouble")));
  at("page-before").addEventListener("click", () => turn(leaf - 1));
  at("page-after").addEventListener("click", () => turn(leaf + 1));
  at("to-cards").addEventListener("click", () => {
    turnTo("cards");
    at("to-handout").focus();
  });
  at("to-handout").addEventListener("click", () => {
    turnTo("handout");
    at("to-cards").focus();
  });
  at("smaller").addEventListener("click", () => zoom(-1));
  at("larger").addEventListener("click", () => zoom(1));
  window.addEventListener("resize", draw);

  return {
    /** Show a paper that the server opened, or take it away: null. */
    set(name, opened) {
      if (opened !== null && opened.key === papers[name]?.key) return;
      const shown = leaves()[leaf]?.name;
      remove(name);
      if (opened !== null) papers[name] = { ...opened, patches: new Map() };
      if (shown === undefined || shown === name) leaf = Math.max(0, leaves().findIndex((one) => one.name === name));
      else leaf = leaves().findIndex((one) => one.name === shown);
      const notices = papers.handout?.notices ?? [];
      at("notices").replaceChildren(...notices.map((one) => make("p", { class: `notice ${one.kind}`, text: one.text })));
      draw();
    },
    stamp,
    turnTo,
    /** While another page is made, say so in place of the one before and of all that was said of it. */
    wait(waiting) {
      making = waiting;
      if (making) write(at("fits"), "");
      draw();
    },
    /** Return in words: pages, whether all fits, and what the review says. */
    tell(faults, filled) {
      const fit = faults ? counted("faults", faults) : filled ? say("fits") : "";
      write(at("fits"), fit);
      at("fits").classList.toggle("bad", faults > 0);
      const notices = (papers.handout?.notices ?? []).map((one) => one.text);
      return [counted("pages", leaves().length), fit, ...notices].filter(Boolean).map((one) => one.replace(/\.?$/, ".")).join(" ");
    },
    clear() {
      for (const name of PAPERS) remove(name);
      leaf = 0;
      scale = 1;
      picture.removeAttribute("src");
      shownPage = null;
      loading = false;
      picture.alt = "";
      at("page-words").textContent = "";
      at("page-text").open = false;
      at("notices").replaceChildren();
      write(at("fits"), "");
      this.wait(false);
    },
  };
}
