import { at, write } from "./elements.js";
import { unlocked } from "./locked.js";
import { sentences } from "./problems.js";
import { say } from "./words.js";

const TRIES = 60; // of a request that the program puts off
const AWAY = 1000; // milliseconds before the next try, while the program does not answer
const SOON = 300; // milliseconds before the next try, while its press room starts again
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** A request that the server refused, with its problems. */
export class Trouble extends Error {
  constructor(status, problems) {
    super(problems.map(sentences).join("\n") || say("trouble"));
    this.status = status;
    this.problems = problems;
  }
}

async function problemsOf(answer) {
  try {
    return (await answer.json()).problems ?? [];
  } catch {
    return [];
  }
}

/**
 * Send a request, and return the answer: JSON as a value, other types as a Blob, nothing as null.
 *
 * While the program is away, starts again, is too busy, or requires a log-in, the request is repeated, so that nothing
 * that was typed is lost. With `once`, it is not repeated if the program may have taken it.
 */
export async function ask(path, body, { signal, once = false, type = "application/json" } = {}) {
  const headers = { "X-Teachback": "1", ...(body === undefined ? {} : { "Content-Type": type }) };
  const content = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  const method = body === undefined ? "GET" : "POST";
  let tries = 0;
  for (;;) {
    let answer;
    try {
      answer = await fetch(path, { method, headers, body: content, signal, cache: "no-store", credentials: "same-origin" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      write(at("alarm"), say("away"));
      if (once) throw new Trouble(0, [{ message: say("away") }]);
      await pause(AWAY);
      continue;
    }
    if ([429, 503].includes(answer.status) && tries < TRIES) {
      tries += 1;
      write(at("alarm"), say(answer.status === 429 ? "busy" : "again"));
      await pause(answer.status === 429 ? 1000 * answer.headers.get("Retry-After") : SOON);
      continue;
    }
    write(at("alarm"), "");
    if (answer.status === 401 && path !== "/leave" && await unlocked()) continue;
    if (!answer.ok) throw new Trouble(answer.status, await problemsOf(answer));
    if (answer.status === 204) return null;
    return answer.headers.get("Content-Type").startsWith("application/json") ? answer.json() : answer.blob();
  }
}

/** Return a function that runs tasks. A newer task ends the one before, whose answer is then undefined. */
export function latest() {
  let current;
  return async (task) => {
    current?.abort();
    const controller = new AbortController();
    current = controller;
    try {
      const answer = await task(controller.signal);
      return controller.signal.aborted ? undefined : answer;
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      throw error;
    }
  };
}
