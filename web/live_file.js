import { at, make, show, write } from "./elements.js";
import { sentences } from "./problems.js";
import { announce, say } from "./words.js";

const AROUND = 2; // lines of the file above and below

/** Return a finding as a paragraph: the word for its severity, the message, and what to do. */
export function findingText(finding) {
  return make("p", { class: `finding ${finding.severity}` }, make("strong", { text: `${say(finding.severity)}: ` }), sentences(finding));
}

/** Show lines of the handout's file, with the findings there. Its button calls `closed()`. */
export function showFile(closed) {
  at("dock-close").addEventListener("click", closed);

  return {
    /** Show a place of a file, `{file, line, column}`. If the newest version is broken, show that one. */
    show({ broken, files }, { file, line, column }, findings) {
      const { lines = [], edit = "" } = (broken ?? files ?? {})[file] ?? {};
      const first = Math.max(1, line - AROUND);
      const rows = lines.slice(first - 1, line + AROUND).map((text, index) => make(
        "li", { value: first + index, class: first + index === line ? "here" : null }, make("code", { text: text || " " }),
      ));
      write(at("dock-heading"), `${file}:${line}`);
      at("dock-source").replaceChildren(...rows);
      at("dock-findings").replaceChildren(...findings.map(findingText));
      show(at("dock-open"), Boolean(edit));
      if (edit) at("dock-open").href = edit.replace("LINE", line).replace("COLUMN", column || 1);
      show(at("dock"));
      announce([say("in_file", { line, text: (lines[line - 1] ?? "").trim() }), ...findings.map(sentences)].join(" "), 0);
    },
    close() {
      show(at("dock"), false);
    },
  };
}
