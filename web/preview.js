import { at, bytes, make, show, write } from "./elements.js";
import { counted, say } from "./words.js";

const SCALES = [1, 1.35, 1.8, 2.5, 3.5]; // times the size at which the whole page is visible
const BESIDE = window.matchMedia("(min-width: 44.01rem) and (min-height: 30.01rem)"); // as in desk.css
const AROUND = 120; // pixels above and below the page: the top, and the caption
const RESOLUTIONS = [96, 144, 192];
const INCH = 25.4;

const PAPERS = ["handout", "cards"];

/** Show the printed pages of a handout and of its sheets of cards, with what is typed on them. */
export function showPreview() {
  const sheet = at("sheet-of-paper");
  const picture = at("page-picture");
  const papers = {}; // by name: the server's answer, with `patches`: "page x y" -> {image, png, patch}
  let leaf = 0; // the index of the shown page among all pages, those of the handout first
  let scale = 1;
  let making = false; // another page is being made, of which nothing is known yet
  let shownPage = null; // the address of the page that the picture shows, without its resolution
  let loading = false; // the picture is loading

  const leaves = () => PAPERS.filter((name) => papers[name])
    .flatMap((name) => Array.from({ length: papers[name].pages }, (_, index) => ({ name, paper: papers[name], page: index + 1 })));

  function title({ name, page, paper }) {
    if (name === "handout") return say("page_of", { page, pages: paper.pages });
    return say(page % 2 ? "card_front" : "card_back", { sheet: Math.ceil(page / 2) });
  }

  /** Return the width in pixels at which the whole page is visible. */
  function fittingWidth({ width_mm: width, height_mm: height }) {
    const { clientWidth, offsetTop } = at("desk-top");
    const available = window.innerHeight - AROUND - offsetTop;
    return Math.min(clientWidth - 8, BESIDE.matches ? Math.max(320, (available * width) / height) : Infinity);
  }

  /** Show the sheet, or in its place the reason why it is not there yet. */
  function showSheet() {
    const hasPages = leaves().length > 0;
    const waiting = making || (hasPages && loading);
    at("paper").classList.toggle("making", making);
    sheet.classList.toggle("waiting", waiting);
    show(sheet, hasPages);
    show(at("empty"), waiting || !hasPages);
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
    const width = fittingWidth(paper) * scale;
    sheet.style.width = `${width}px`;
    sheet.style.aspectRatio = `${paper.width_mm} / ${paper.height_mm}`;
    const needed = (width * window.devicePixelRatio) / (paper.width_mm / INCH);
    const dpi = RESOLUTIONS.find((resolution) => resolution >= needed - 8) ?? RESOLUTIONS.at(-1);
    const pageAddress = `/page/${paper.key}/${page}.png`;
    const address = `${pageAddress}?dpi=${dpi}`;
    // While it loads, the sheet is hidden: patches must never lie on the picture of another page.
    loading ||= shownPage !== pageAddress;
    shownPage = pageAddress;
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
    for (const other of all) {
      for (const { image, patch } of other.paper.patches.values()) show(image, other.name === name && patch.page === page);
    }
  }

  function turn(index) {
    const all = leaves();
    if (index < 0 || index >= all.length || index === leaf) return;
    leaf = index;
    draw();
    if (!making) at("live").textContent = title(all[leaf]);
  }

  const turnTo = (name, page = 1) => turn(leaves().findIndex((other) => other.name === name && other.page === page));

  function zoom(step) {
    scale = SCALES[Math.min(SCALES.length - 1, Math.max(0, SCALES.indexOf(scale) + step))];
    draw();
  }

  function drop({ image }) {
    URL.revokeObjectURL(image.src);
    image.remove();
  }

  function remove(name) {
    for (const patch of papers[name]?.patches.values() ?? []) drop(patch);
    delete papers[name];
  }

  /** Return the image of a patch, at its place on the page. `before` is the earlier one at this place. */
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
    const keys = patches.map(({ page, x, y }) => `${page} ${x} ${y}`);
    const drawn = await Promise.all(patches.map((patch, index) => placed(paper, patch, before.get(keys[index]))));
    const earlier = new Set(before.values());
    const added = drawn.filter((patch) => !earlier.has(patch));
    if (papers[name] !== paper || paper.stamping !== mine) { // another page, or a later answer was faster
      added.forEach(drop);
      return;
    }
    paper.patches = new Map(drawn.map((patch, index) => [keys[index], patch]));
    sheet.append(...added.map(({ image }) => image));
    for (const patch of earlier) if (!drawn.includes(patch)) drop(patch);
    const shown = leaves()[leaf];
    const pages = patches.map(({ page }) => page);
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
    /** Show a paper that the server opened; with null, take it away. */
    set(name, opened) {
      if (opened !== null && opened.key === papers[name]?.key) return;
      const shown = leaves()[leaf]?.name;
      remove(name);
      if (opened !== null) papers[name] = { ...opened, patches: new Map() };
      if (shown === undefined || shown === name) leaf = Math.max(0, leaves().findIndex((other) => other.name === name));
      else leaf = leaves().findIndex((other) => other.name === shown);
      const notices = papers.handout?.notices ?? [];
      at("notices").replaceChildren(...notices.map(({ kind, text }) => make("p", { class: `notice ${kind}`, text })));
      draw();
    },
    stamp,
    turnTo,
    /** While another page is made, show that in place of the earlier one and of its state. */
    wait(waiting) {
      making = waiting;
      if (making) write(at("fits"), "");
      draw();
    },
    /** Show whether all fits. Return it in words, with the number of pages and the notices of the review. */
    showState(faults, filled) {
      const fit = faults ? counted("faults", faults) : filled ? say("fits") : "";
      write(at("fits"), fit);
      at("fits").classList.toggle("bad", faults > 0);
      const notices = (papers.handout?.notices ?? []).map(({ text }) => text);
      return [counted("pages", leaves().length), fit, ...notices].filter(Boolean).map((text) => text.replace(/\.?$/, ".")).join(" ");
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
