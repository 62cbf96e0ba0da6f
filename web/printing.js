import { at, make, show, write } from "./elements.js";
import { ask } from "./server.js";
import { say } from "./words.js";

let paper = null; // {frame, address}

/** Drop the printed paper from the browser's memory. */
export function dropPaper() {
  if (paper === null) return;
  paper.frame.remove();
  URL.revokeObjectURL(paper.address);
  at("printing-tab").removeAttribute("href");
  paper = null;
}

/**
 * Open the browser's print window for a PDF.
 *
 * The paper is kept until the next one, or the next patient: browsers disagree on when a print window has closed, and
 * print nothing when its paper goes before.
 */
export function openPrintWindow(pdf) {
  dropPaper();
  const address = URL.createObjectURL(pdf);
  const frame = make("iframe", { class: "printer", title: say("window_open"), "aria-hidden": "true", tabindex: "-1" });
  paper = { frame, address };
  at("printing-tab").href = address;
  frame.addEventListener("load", () => {
    frame.contentWindow.focus();
    frame.contentWindow.print();
  }, { once: true });
  frame.src = address;
  document.body.append(frame);
}

/**
 * Print the steps of an order, one after the other: the handout, then the cards.
 *
 * `steps` holds `{name, body, told, before, done}`: a name, what `/desk/print` gets, which words tell that its print
 * window is open, what a person does with the printer before it, and what the page does afterwards. `refused(trouble)` gets what the server refused.
 */
export function printOrder(steps, { queue, refused, next }) {
  const box = at("printing");
  const told = at("printing-told");
  const gone = new AbortController(); // the dialog, and with it who waits
  let current = 0;

  function draw(state) {
    at("printing-steps").replaceChildren(...steps.map((step, index) => make("li", {
      text: step.name, class: index < current ? "done" : index === current ? state : null,
      "aria-current": index === current && state !== "done" ? "step" : null,
    })));
    show(at("printing-steps"), steps.length > 1);
  }

  async function run() {
    const step = steps[current];
    draw("now");
    write(told, say("proving"));
    for (const id of ["printing-cards", "printing-next", "printing-settings"]) show(at(id), false);
    try {
      const pdf = await ask("/desk/print", queue ? { ...step.body, to: "queue" } : step.body, { once: true, signal: gone.signal });
      if (!box.open) return; // closed, or the next patient is there
      if (!queue) openPrintWindow(pdf);
    } catch (trouble) {
      if (gone.signal.aborted) return;
      box.close();
      refused(trouble);
      return;
    }
    step.done?.();
    current += 1;
    const following = steps[current];
    draw(following ? "next" : "done");
    told.replaceChildren(
      make("p", { text: queue ? say("sent_queue") : say(step.told) }),
      ...(following ? following.before : [say("all_done")]).map((text, index) => make("p", { text, class: following && index === 0 ? "loud" : null })),
    );
    show(told);
    show(at("printing-settings"), !queue);
    show(at("printing-cards"), Boolean(following));
    show(at("printing-next"), !following);
    at(following ? "printing-cards" : "printing-next").focus();
  }

  at("printing-cards").onclick = run;
  at("printing-next").onclick = () => {
    box.close();
    next();
  };
  at("printing-close").onclick = () => box.close();
  box.addEventListener("close", () => gone.abort(), { once: true });
  box.showModal();
  at("printing-heading").focus();
  run();
}
