import { at, make, show, write } from "./elements.js";
import { say } from "./words.js";

/** Show the choice of cards; `changed()` is called when another sheet would be printed. */
export function showCards(changed) {
  let stocks = [];
  let unfit = {}; // by stock: why the card cannot be printed on it
  let start = 1; // the first free place of the sheet in hand, which the next patient's cards go on with

  const stock = () => stocks.find(({ id }) => id === at("stock").value);
  const count = () => Math.min(99, Math.max(1, Math.trunc(at("count").valueAsNumber) || 1));

  function draw() {
    const { places, columns, cut } = stock();
    if (start > places || cut) start = 1;
    show(at("places"), !cut);
    const sheet = at("sheet");
    sheet.style.gridTemplateColumns = `repeat(${columns}, minmax(1.75rem, 3.5rem))`;
    if (sheet.children.length !== places) {
      sheet.replaceChildren(...Array.from({ length: places }, (_, index) => make("label", { class: "place" },
        make("input", { type: "radio", name: "place", value: index + 1, autocomplete: "off", onchange: () => take(index + 1) }),
        make("span", { text: index + 1 }))));
    }
    for (const [index, label] of [...sheet.children].entries()) {
      const place = index + 1;
      const kind = place < start ? "place_used" : place < start + count() ? "place_card" : "place";
      label.className = `place ${kind}`;
      label.firstChild.checked = place === start;
      label.firstChild.setAttribute("aria-label", say(kind, { place }));
    }
  }

  function take(place) {
    start = place;
    draw();
    changed();
  }

  /** Grey out the stocks on which the card cannot be printed, each with the reason. */
  function greyOut() {
    for (const option of at("stock").options) {
      const why = unfit[option.value];
      option.disabled = Boolean(why);
      option.label = why ? `${option.text}: ${why}` : option.text;
    }
  }

  at("want-cards").addEventListener("change", () => {
    show(at("cards-order"), at("want-cards").checked);
    changed();
  });
  at("stock").addEventListener("change", () => take(1));
  at("count").addEventListener("input", () => {
    draw();
    changed();
  });

  return {
    set(desk) {
      stocks = desk.stocks;
      const chosen = at("stock").value;
      // The same sheet is sold under several names, and a person has one of them in hand.
      const options = ({ id, names }) => names.map((name) => make("option", { value: id, text: name }));
      const papers = desk.papers.map(({ id }) => id);
      at("stock").replaceChildren(
        ...desk.papers.map(({ id, name }) => make("optgroup", { label: name }, ...stocks.filter(({ paper }) => paper === id).flatMap(options))),
        ...stocks.filter(({ paper }) => !papers.includes(paper)).flatMap(options),
      );
      at("stock").value = stocks[0]?.id;
      if (stocks.some(({ id }) => id === chosen)) at("stock").value = chosen;
      greyOut();
      if (stocks.length) draw();
    },
    /** Allow cards if the topic has one. */
    allow(hasCard) {
      at("want-cards").disabled = !hasCard || stocks.length === 0;
      if (!hasCard) at("want-cards").checked = false;
      write(at("no-card"), hasCard ? "" : say("no_card"));
      show(at("cards-order"), at("want-cards").checked);
    },
    /** Set the stocks on which this reader's card cannot be printed, each with the reason. */
    limit(reasons) {
      unfit = reasons;
      greyOut();
    },
    /** Return what `/desk/print` and `/desk/cards` need, or null. */
    order: () => (at("want-cards").checked ? { stock: stock().id, start_at: start, count: count() } : null),
    /** Tell whether the cards are cut out of plain paper, so that each sheet is a new one. */
    isCut: () => stock().cut,
    name: () => at("stock").selectedOptions[0].text,
    /** Go on to the sheet's next free place after printing. */
    used() {
      start = (start - 1 + count()) % stock().places + 1;
      draw();
    },
    clear() {
      this.limit({});
      at("want-cards").checked = false;
      at("count").value = 1;
      show(at("cards-order"), false);
      if (stocks.length) draw();
    },
  };
}
