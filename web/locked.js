/**
 * Log in again over the page, which stays as it is: a session has ended, or the program was started again.
 *
 * Nothing of the page is seen meanwhile. What was typed goes where somebody else logs in.
 */
import { at, show, write } from "./elements.js";
import { logIn } from "./log_in.js";
import { say } from "./words.js";

const LOOK = 2000; // milliseconds
let person; // undefined before anybody is known, null where nobody has a name
let forget = () => {};
let coming = null; // the promise of who logs in

/** Remember who works at this page; `clear()` forgets what they typed. */
export function stays(name, clear) {
  person = name;
  forget = clear;
}

/** Wait until somebody has logged in, and tell whether that is the same person. */
export function unlocked() {
  if (person === undefined) {
    window.location.replace("/enter");
    return new Promise(() => {});
  }
  coming ??= (person === null ? elsewhere() : here()).finally(() => {
    at("locked").close();
    coming = null;
  });
  return coming;
}

function open() {
  const named = person !== null;
  show(at("locked-person"), named);
  show(at("locked-restarted"), !named);
  if (!at("locked").open) at("locked").showModal();
}

/** On this machine alone, the newest address is opened beside this page, and lets it in, too. */
async function elsewhere() {
  open();
  for (;;) {
    const answer = await fetch("/desk/topics", { cache: "no-store", credentials: "same-origin" }).catch(() => null);
    if (answer?.ok) return true;
    await new Promise((resolve) => { setTimeout(resolve, LOOK); });
  }
}

function here() {
  open();
  at("locked-name").value = person;
  at("locked-password").focus();
  return new Promise((resolve) => {
    const send = async () => {
      const body = { name: at("locked-name").value, password: at("locked-password").value };
      at("locked-password").value = "";
      const why = await logIn(body);
      if (why === null) {
        write(at("locked-fault"), "");
        const same = body.name === person;
        if (!same) forget();
        person = body.name;
        resolve(same);
        return;
      }
      write(at("locked-fault"), why || say("away"));
      at("locked-password").focus();
    };
    at("locked-log-in").onclick = send;
    for (const id of ["locked-name", "locked-password"]) at(id).onkeydown = (event) => { if (event.key === "Enter") send(); };
  });
}

// No key closes it, but the keys of the page still clear what was typed.
at("locked").addEventListener("cancel", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && at("locked").open) event.preventDefault(); });
