import { at, write } from "./elements.js";
import { sentences } from "./problems.js";
import { say } from "./words.js";

const TRIES = 30;
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
 * While the program starts again, the question is repeated; where `once`, only if the program did not take it.
 * Nothing that was typed is lost by that.
 */
export async function ask(path, body, { signal, once = false, type = "application/json" } = {}) {
  const headers = { "X-Teachback": "1", ...(body === undefined ? {} : { "Content-Type": type }) };
  const sent = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  const method = body === undefined ? "GET" : "POST";
  for (let tries = 1; ; tries += 1) {
    let answer;
    try {
      answer = await fetch(path, { method, headers, body: sent, signal, cache: "no-store", credentials: "same-origin" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      write(at("alarm"), say("away"));
      if (once || tries >= TRIES) throw new Trouble(0, [{ message: say("away") }]);
      await pause(1000);
      continue;
    }
    if (answer.status === 503 && tries < TRIES) {
      write(at("alarm"), say("again"));
      await pause(1000);
      continue;
    }
    write(at("alarm"), "");
    if (answer.status === 401 && path !== "/enter") {
      window.dispatchEvent(new Event("pagehide")); // drops what was typed
      window.location.replace("/enter");
    }
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
