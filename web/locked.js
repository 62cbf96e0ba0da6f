/**
 * Log in again over the page, which stays as it is, after a session has ended or the program was started again.
 *
 * The page is hidden meanwhile. What was typed is cleared if somebody else logs in.
 */
import { at, show, write } from "./elements.js";
import { logIn } from "./log_in.js";
import { say } from "./words.js";

const POLL = 2000; // milliseconds
let person; // undefined before the first log-in is known, null where people have no names
let forget = () => {};
let pending = null; // a promise, while somebody is to log in

/** Remember who works at this page. `clear()` clears what they typed. */
export function setPerson(name, clear) {
  person = name;
  forget = clear;
}

/** Wait until somebody has logged in, and tell whether that is the same person. */
export function unlocked() {
  if (person === undefined) {
    window.location.replace("/enter");
    return new Promise(() => {});
  }
  pending ??= (person === null ? waitForLogIn() : logInHere()).finally(() => {
    at("locked").close();
    pending = null;
  });
  return pending;
}

function open() {
  const named = person !== null;
  show(at("locked-person"), named);
  show(at("locked-restarted"), !named);
  if (!at("locked").open) at("locked").showModal();
}

/** Wait until the newest address is opened in another tab, on this machine alone. That lets this page in too. */
async function waitForLogIn() {
  open();
  for (;;) {
    const answer = await fetch("/desk/topics", { cache: "no-store", credentials: "same-origin" }).catch(() => null);
    if (answer?.ok) return true;
    await new Promise((resolve) => { setTimeout(resolve, POLL); });
  }
}

function logInHere() {
  open();
  at("locked-name").value = person;
  at("locked-password").focus();
  return new Promise((resolve) => {
    const send = async () => {
      const body = { name: at("locked-name").value, password: at("locked-password").value };
      at("locked-password").value = "";
      const reason = await logIn(body);
      if (reason === null) {
        write(at("locked-fault"), "");
        const same = body.name === person;
        if (!same) forget();
        person = body.name;
        resolve(same);
        return;
      }
      write(at("locked-fault"), reason || say("away"));
      at("locked-password").focus();
    };
    at("locked-log-in").onclick = send;
    for (const id of ["locked-name", "locked-password"]) at(id).onkeydown = (event) => { if (event.key === "Enter") send(); };
  });
}

// No key closes the dialog, but the keys of the page still clear what was typed.
at("locked").addEventListener("cancel", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && at("locked").open) event.preventDefault(); });
