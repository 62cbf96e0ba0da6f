import { openDialog } from "./dialogs.js";
import { at, make, show, write } from "./elements.js";
import { ask } from "./server.js";
import { say } from "./words.js";

const CLOSING = 1000; // milliseconds that a tab may take to close
// The buttons that go on, with the text beside each while the print window is open.
const AFTERWARDS = { "printing-out": "then_out", "printing-cards": "then_cards", "printing-next": "then_next" };
const BUTTONS = Object.keys(AFTERWARDS);
let paper = null; // {frame, address, tabs}: `tabs` are the windows that show it
let oldTabs = []; // windows that may still show an earlier paper

/** Drop the printed paper from the browser's memory, and close the tabs that show it. */
export function dropPaper() {
  if (paper === null) return;
  paper.frame.remove();
  URL.revokeObjectURL(paper.address);
  for (const tab of paper.tabs) tab.close();
  oldTabs.push(...paper.tabs);
  paper = null;
  setTimeout(warnOfOldTabs, CLOSING);
}

/** Show a warning while a tab that could not be closed still shows a paper. */
function warnOfOldTabs() {
  oldTabs = oldTabs.filter((tab) => !tab.closed);
  write(at("tab-left"), oldTabs.length > 0 ? say("tab_left") : "");
  if (oldTabs.length > 0) setTimeout(warnOfOldTabs, CLOSING);
}

/** Show the paper in a tab that `dropPaper` closes. The element `refusedId` shows if the browser refuses it. */
export function openTab(refusedId) {
  const tab = window.open(paper.address);
  write(at(refusedId), tab === null ? say("tab_refused") : "");
  if (tab !== null) paper.tabs.push(tab);
}

/**
 * Open the browser's print window for a PDF.
 *
 * The paper is kept until the next one, or the next patient. Browsers disagree on when a print window has closed, and
 * print nothing if its paper goes before that.
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
    focused.focus(); // else, when the window has closed, keys go to the frame, which nobody sees or hears
  }, { once: true });
  frame.src = address;
  document.body.append(frame);
}

/**
 * Print the steps of an order, one after the other: the handout, then the cards.
 *
 * `steps` holds `{name, body, openText, before, done}`: its name, what `/desk/print` gets, the key of the text while its
 * print window is open, what a person does with the printer before it, and what the page does afterwards. A person
 * presses a button when a paper has come out, as browsers do not report it. `refused(trouble)` is called when the
 * server refuses a step, and `next()` for the next patient.
 */
export function printOrder(steps, { queue, refused, next }) {
  const dialog = at("printing");
  const message = at("printing-told");
  const closed = new AbortController(); // ends the request when the dialog closes
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
    message.classList.remove("loud");
    write(message, say("proving"));
    for (const id of [...BUTTONS, "printing-settings"]) show(at(id), false);
    try {
      const pdf = await ask("/desk/print", queue ? { ...step.body, to: "queue" } : step.body, { once: true, signal: closed.signal });
      if (!dialog.open) return; // closed, or the next patient is there
      if (!queue) openPrintWindow(pdf);
    } catch (trouble) {
      if (closed.signal.aborted) return;
      dialog.close();
      refused(trouble);
      return;
    }
    step.done?.();
    current += 1;
    const following = steps[current];
    draw(following ? "next" : "done");
    show(at("printing-settings"), !queue);
    const button = !following ? "printing-next" : following.before.length > 0 ? "printing-out" : "printing-cards";
    offer(button, say(queue ? "sent_queue" : step.openText), say(AFTERWARDS[button]));
  }

  /** Show what to do, and the one button that goes on. */
  function offer(button, ...lines) {
    write(message, lines.join("\n")); // one text: with several, screen readers repeat some
    for (const id of BUTTONS) show(at(id), id === button);
    at(button).focus();
  }

  at("printing-out").onclick = () => {
    show(at("printing-settings"), false);
    offer("printing-cards", ...steps[current].before);
    message.classList.add("loud");
  };
  at("printing-tab").onclick = () => openTab("printing-tab-refused");
  at("printing-cards").onclick = run;
  at("printing-next").onclick = () => {
    dialog.close();
    next();
  };
  at("printing-close").onclick = () => dialog.close();
  dialog.addEventListener("close", () => closed.abort(), { once: true });
  openDialog(dialog);
  at("printing-heading").focus();
  run();
}
