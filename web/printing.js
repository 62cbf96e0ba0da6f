import { openDialog } from "./dialogs.js";
import { at, make, show, write } from "./elements.js";
import { ask } from "./server.js";
import { say } from "./words.js";

const CLOSING = 1000; // milliseconds that a tab may take
// The buttons that go on, and what is said beside each while the print window is open.
const AFTERWARDS = { "printing-out": "then_out", "printing-cards": "then_cards", "printing-next": "then_next" };
const BUTTONS = Object.keys(AFTERWARDS);
let paper = null; // {frame, address, tabs}: `tabs` are windows that show it
let left = []; // windows that may still show a paper from before

/** Drop the printed paper from the browser's memory, and close the tabs that show it. */
export function dropPaper() {
  if (paper === null) return;
  paper.frame.remove();
  URL.revokeObjectURL(paper.address);
  for (const tab of paper.tabs) tab.close();
  left.push(...paper.tabs);
  paper = null;
  setTimeout(tellLeft, CLOSING);
}

/** Say so while a tab that could not be closed still shows a paper. */
function tellLeft() {
  left = left.filter((tab) => !tab.closed);
  write(at("tab-left"), left.length > 0 ? say("tab_left") : "");
  if (left.length > 0) setTimeout(tellLeft, CLOSING);
}

/** Show the paper in a tab of its own, whose window is kept, so that it can be closed; `refused` tells if it cannot. */
export function openTab(refused) {
  const tab = window.open(paper.address);
  write(at(refused), tab === null ? say("tab_refused") : "");
  if (tab !== null) paper.tabs.push(tab);
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
  paper = { frame, address, tabs: [] };
  frame.addEventListener("load", () => {
    const focused = document.activeElement;
    frame.contentWindow.focus();
    frame.contentWindow.print();
    focused.focus(); // else the keys go to the frame, which nobody sees or hears, when the window has closed
  }, { once: true });
  frame.src = address;
  document.body.append(frame);
}

/**
 * Print the steps of an order, one after the other: the handout, then the cards.
 *
 * `steps` holds `{name, body, told, before, done}`: a name, what `/desk/print` gets, which words tell that its print
 * window is open, what a person does with the printer before it, and what the page does afterwards. A person says when
 * a paper has come out: browsers do not. `refused(trouble)` gets what the server refused.
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
    told.classList.remove("loud");
    write(told, say("proving"));
    for (const id of [...BUTTONS, "printing-settings"]) show(at(id), false);
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
    show(at("printing-settings"), !queue);
    const button = !following ? "printing-next" : following.before.length > 0 ? "printing-out" : "printing-cards";
    offer(button, say(queue ? "sent_queue" : step.told), say(AFTERWARDS[button]));
  }

  /** Tell what to do, and show the one button that goes on. */
  function offer(button, ...lines) {
    write(told, lines.join("\n")); // one text: of several, screen readers say each, and all again
    for (const id of BUTTONS) show(at(id), id === button);
    at(button).focus();
  }

  at("printing-out").onclick = () => {
    show(at("printing-settings"), false);
    offer("printing-cards", ...steps[current].before);
    told.classList.add("loud");
  };
  at("printing-tab").onclick = () => openTab("printing-tab-refused");
  at("printing-cards").onclick = run;
  at("printing-next").onclick = () => {
    box.close();
    next();
  };
  at("printing-close").onclick = () => box.close();
  box.addEventListener("close", () => gone.abort(), { once: true });
  openDialog(box);
  at("printing-heading").focus();
  run();
}
