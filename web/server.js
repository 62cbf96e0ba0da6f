import { at, write } from "./elements.js";
import { unlocked } from "./locked.js";
import { sentences } from "./problems.js";
import { say } from "./words.js";

const TRIES = 60; // of a program that says: later
const AWAY = 1000; // milliseconds
const SOON = 300;
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** What the server refused, in its words. */
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
 * Send a question, and return the answer: JSON as a value, other types as a Blob, nothing as null.
 *
 * While the program is away, starts again, has too much to do, or wants to know who is there, the question waits and is
 * repeated; where `once`, only if the program did not take it. Nothing that was typed is lost by that.
 */
export async function ask(path, body, { signal, once = false, type = "application/json" } = {}) {
  const headers = { "X-Teachback": "1", ...(body === undefined ? {} : { "Content-Type": type }) };
  const sent = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  const method = body === undefined ? "GET" : "POST";
  let tries = 0;
  for (;;) {
    let answer;
    try {
      answer = await fetch(path, { method, headers, body: sent, signal, cache: "no-store", credentials: "same-origin" });
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

/** Return a runner of tasks: a newer task ends the one before, whose answer is then undefined. */
export function latest() {
  let current;
  return async (task) => {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    try {
      const answer = await task(mine.signal);
      return mine.signal.aborted ? undefined : answer;
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      throw error;
    }
  };
}
