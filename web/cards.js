import { at, make, show, write } from "./elements.js";
import { say } from "./words.js";

/** Show the choice of cards; `changed()` is called when another sheet would be printed. */
export function showCards(changed) {
  let stocks = [];
  let unfit = {}; // stocks on which the card cannot be printed, with the reason
  let start = 1; // of the sheet in hand: kept for the next patient

  const stock = () => stocks.find((one) => one.id === at("stock").value);
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
      const named = (one) => one.names.map((name) => make("option", { value: one.id, text: name }));
      const known = desk.papers.map((paper) => paper.id);
      at("stock").replaceChildren(
        ...desk.papers.map((paper) => make("optgroup", { label: paper.name }, ...stocks.filter((one) => one.paper === paper.id).flatMap(named))),
        ...stocks.filter((one) => !known.includes(one.paper)).flatMap(named),
      );
      at("stock").value = stocks[0]?.id;
      if (stocks.some((one) => one.id === chosen)) at("stock").value = chosen;
      greyOut();
      if (stocks.length) draw();
    },
    /** Say whether the topic has a card at all. */
    allow(has) {
      at("want-cards").disabled = !has || stocks.length === 0;
      if (!has) at("want-cards").checked = false;
      write(at("no-card"), has ? "" : say("no_card"));
      show(at("cards-order"), at("want-cards").checked);
    },
    /** Take in the stocks on which the card of this order cannot be printed, each with the reason. */
    limit(stopped) {
      unfit = stopped;
      greyOut();
    },
    /** Return what `/desk/print` and `/desk/cards` need, or null. */
    order: () => (at("want-cards").checked ? { stock: stock().id, start_at: start, count: count() } : null),
    /** Tell whether the cards are cut out of plain paper, of which each sheet is a new one. */
    isCut: () => stock().cut,
    name: () => at("stock").selectedOptions[0].text,
    /** After printing, the sheet's next free place is the first choice. */
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
