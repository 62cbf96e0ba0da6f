import { at, make, write } from "./elements.js";
import { ask, latest, Trouble } from "./server.js";
import { announce, say } from "./words.js";

const WIDEST = 4096; // pixels of a photo that is sent: a code is 7 mm wide, on a page of 280 mm

const sentence = (text) => text.replace(/\.?$/, ".");

/** Return a photo as JPEG, not larger than the program needs. */
async function smaller(file) {
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

  const nameIn = (list, id) => desk[list].find((one) => one.id === id)?.name ?? id;

  const now = (one) => (one.current ? say("edition_current") : one.newer ? say("edition_newer", { code: one.newer }) : say("edition_gone"));

  function match(one) {
    return make("article", { class: "match" },
      make("h2", { text: one.title }),
      make("p", { class: one.current ? "current" : "notice", text: now(one) }),
      make("p", { class: "code", text: one.code }),
      make("p", { text: [one.audience, nameIn("languages", one.language), nameIn("sizes", one.size)].filter(Boolean).join(" · ") }),
      make("p", { text: one.review }),
      one.printed ? make("p", { text: say("edition_printed", { date: one.printed }) }) : null,
      one.file ? make("p", {}, make("a", { href: one.file, target: "_blank", rel: "noopener", text: say("edition_file") })) : null);
  }

  /** Write one text. */
  function tell(text, kind = "notice") {
    found.replaceChildren(make("p", { class: kind, text }));
    announce(text, 0);
  }

  function answer({ matches, nearest }) {
    if (matches.length > 0) {
      found.replaceChildren(...matches.map(match));
      announce(matches.map((one) => [one.title, now(one), one.audience, one.review].map(sentence).join(" ")).join(" "), 0);
      return;
    }
    tell(say("edition_none"));
    if (nearest.length === 0) return;
    announce([say("edition_none"), say("edition_nearest"), ...nearest.map((one) => sentence(one.title))].join(" "), 0);
    found.append(make("p", { text: say("edition_nearest") }), make("ul", { class: "plain" }, ...nearest.map(({ code, title }) => make(
      "li", {}, make("button", { type: "button", onclick: () => look(code) }, make("span", { text: title }), " ", make("span", { class: "code", text: code }))))));
  }

  async function show(task, wait) {
    tell(wait, "hint");
    try {
      const result = await run(task);
      if (result) answer(result);
    } catch (trouble) {
      tell(trouble.message);
    }
  }

  function look(code) {
    at("code-typed").value = code;
    if (code.trim()) show((signal) => ask("/editions", { code: code.trim() }, { signal }), say("wait"));
    else {
      tell(say("no_code"));
      at("code-typed").focus();
    }
  }

  at("look-up").addEventListener("click", () => look(at("code-typed").value));
  at("code-typed").addEventListener("keydown", (event) => { if (event.key === "Enter") look(at("code-typed").value); });
  // A browser tells of no file that is chosen a second time.
  at("photo").addEventListener("click", () => { at("photo").value = ""; });
  at("photo").addEventListener("change", async () => {
    const [file] = at("photo").files;
    if (!file) return;
    await show(async (signal) => ask("/editions/scan", await smaller(file), { signal, type: "image/jpeg" }), say("photo_read"));
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
