import { at, make } from "./elements.js";
import { ask, latest, Trouble } from "./server.js";
import { announce, say } from "./words.js";

const WIDEST = 4096; // pixels of a photo that is sent: a code is 7 mm wide, on a page of 280 mm

const sentence = (text) => text.replace(/\.?$/, ".");

/** Return a photo as JPEG, not larger than the program needs. */
async function reduced(file) {
  const picture = await createImageBitmap(file).catch(() => { throw new Trouble(0, [{ message: say("no_picture") }]); });
  const share = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
  const canvas = make("canvas", { width: Math.round(picture.width * share), height: Math.round(picture.height * share) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.92); });
}

/** Let a person look up which edition a paper is. */
export function showEditions(desk) {
  const run = latest();
  const found = at("found");

  const nameIn = (list, id) => desk[list].find((each) => each.id === id)?.name ?? id;

  const stateOf = ({ current, newer }) => (current ? say("edition_current") : newer ? say("edition_newer", { code: newer }) : say("edition_gone"));

  function article(match) {
    return make("article", { class: "match" },
      make("h2", { text: match.title }),
      make("p", { class: match.current ? "current" : "notice", text: stateOf(match) }),
      make("p", { class: "code", text: match.code }),
      make("p", { text: [match.audience, nameIn("languages", match.language), nameIn("sizes", match.size)].filter(Boolean).join(" · ") }),
      make("p", { text: match.review }),
      match.printed ? make("p", { text: say("edition_printed", { date: match.printed }) }) : null,
      match.file ? make("p", {}, make("a", { href: match.file, target: "_blank", rel: "noopener", text: say("edition_file") })) : null);
  }

  /** Show a text in place of the matches, and announce it. */
  function showText(text, kind = "notice") {
    found.replaceChildren(make("p", { class: kind, text }));
    announce(text, 0);
  }

  function showAnswer({ matches, nearest }) {
    if (matches.length > 0) {
      found.replaceChildren(...matches.map(article));
      announce(matches.map((match) => [match.title, stateOf(match), match.audience, match.review].map(sentence).join(" ")).join(" "), 0);
      return;
    }
    showText(say("edition_none"));
    if (nearest.length === 0) return;
    announce([say("edition_none"), say("edition_nearest"), ...nearest.map(({ title }) => sentence(title))].join(" "), 0);
    found.append(make("p", { text: say("edition_nearest") }), make("ul", { class: "plain" }, ...nearest.map(({ code, title }) => make(
      "li", {}, make("button", { type: "button", onclick: () => lookUpCode(code) }, make("span", { text: title }), " ", make("span", { class: "code", text: code }))))));
  }

  async function lookUp(task, waitText) {
    showText(waitText, "hint");
    try {
      const answer = await run(task);
      if (answer) showAnswer(answer);
    } catch (trouble) {
      showText(trouble.message);
    }
  }

  function lookUpCode(code) {
    at("code-typed").value = code;
    if (code.trim()) lookUp((signal) => ask("/editions", { code: code.trim() }, { signal }), say("wait"));
    else {
      showText(say("no_code"));
      at("code-typed").focus();
    }
  }

  at("look-up").addEventListener("click", () => lookUpCode(at("code-typed").value));
  at("code-typed").addEventListener("keydown", (event) => { if (event.key === "Enter") lookUpCode(at("code-typed").value); });
  // A browser fires no event for a file that is chosen a second time.
  at("photo").addEventListener("click", () => { at("photo").value = ""; });
  at("photo").addEventListener("change", async () => {
    const [file] = at("photo").files;
    if (!file) return;
    await lookUp(async (signal) => ask("/editions/scan", await reduced(file), { signal, type: "image/jpeg" }), say("photo_read"));
  });

  return {
    clear() {
      run(async () => undefined); // ends what is under way
      at("code-typed").value = "";
      at("photo").value = "";
      found.replaceChildren();
    },
    dirty: () => at("code-typed").value !== "" || found.children.length > 0,
    focus: () => at("code-typed").focus(),
  };
}
