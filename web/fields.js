import { at, input, make, open, show, write } from "./elements.js";
import { say } from "./words.js";

const LONG = new Intl.DateTimeFormat("en-US", { dateStyle: "long", timeZone: "UTC" });
const ENABLED = ":is(input:not(.picker), select):enabled";

/** Show the fields of an edition, and call `changed()` for each key. What was typed stays for the next edition. */
export function showFields(changed) {
  const typed = new Map(); // field id -> text
  let fields = [];

  const idOf = (field) => `field-${fields.indexOf(field)}`; // without meaning, so that no browser fills it in

  function take(field, value) {
    typed.set(field.id, value);
    changed();
  }

  function control(field) {
    const id = idOf(field);
    const value = typed.get(field.id) ?? "";
    const described = { "aria-describedby": `${id}-hint ${id}-fault`, "aria-required": field.required ? "true" : null };
    if (field.kind === "choice") {
      const select = make("select", { id, name: id, autocomplete: "off", ...described, onchange: () => take(field, select.value) },
        make("option", { value: "", text: say("none_chosen") }),
        ...field.choices.map(({ value: choice, label }) => make("option", { value: choice, text: label })));
      select.value = value;
      return select;
    }
    const line = input(id, { ...described, oninput: () => take(field, line.value) });
    line.value = value;
    return field.kind === "date" ? dated(field, line) : line;
  }

  /** Return a line for a date, which is typed or picked from the browser's calendar. */
  function dated(field, line) {
    const picker = make("input", { type: "date", class: "picker", tabindex: "-1", "aria-hidden": "true", autocomplete: "off" });
    picker.addEventListener("change", () => {
      if (!picker.value) return;
      line.value = LONG.format(new Date(picker.value));
      take(field, line.value);
    });
    const calendar = make("button", {
      type: "button", class: "square calendar", "aria-label": say("pick_date", { label: field.label }),
      onclick: () => picker.showPicker(),
    });
    return make("div", { class: "dated" }, line, picker, calendar);
  }

  function row(field) {
    const id = idOf(field);
    const hint = [field.hint, field.kind === "date" ? say("date_hint") : null].filter(Boolean).join(" ");
    return make("div", { class: "field" },
      make("label", { for: id }, field.label, field.required ? make("span", { class: "needed", text: ` ${say("needed_label")}` }) : null),
      make("p", { class: "hint", id: `${id}-hint`, text: hint, hidden: !hint }),
      control(field),
      make("p", { class: "fault", id: `${id}-fault`, hidden: true }));
  }

  at("fields").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    if (event.repeat) return; // a held key goes on only once
    const lines = [...at("fields").querySelectorAll(ENABLED), at("print")];
    lines[lines.indexOf(event.target) + 1].focus();
  });

  function showFault(field, message) {
    const id = idOf(field);
    write(at(`${id}-fault`), message);
    if (message) at(id).setAttribute("aria-invalid", "true");
    else at(id).removeAttribute("aria-invalid");
  }

  /** Enable a field, or disable it with the reason why it is not printed. What was typed into it is kept. */
  function setEnabled(field, reason) {
    const line = at(idOf(field));
    line.disabled = Boolean(reason);
    line.value = reason ? "" : typed.get(field.id) ?? "";
    if (field.kind === "choice") line.options[0].text = reason || say("none_chosen");
    else line.placeholder = reason || "";
    for (const calendar of line.parentElement.querySelectorAll("button")) calendar.disabled = Boolean(reason);
  }

  const enabled = () => fields.filter((field) => !at(idOf(field)).disabled);

  return {
    /** Open the step with its fields. `off` has by field the reason why it is not printed. */
    set(next, off) {
      const same = JSON.stringify(next) === JSON.stringify(fields);
      const focused = fields.find((field) => at(idOf(field)) === document.activeElement)?.id;
      fields = next;
      open(at("patient-step"));
      show(at("nothing-to-fill"), fields.length === 0);
      show(at("stays"), fields.length > 0);
      if (!same) at("fields").replaceChildren(...fields.map(row));
      for (const field of fields) setEnabled(field, off[field.id]);
      if (same) return;
      if (fields.some((field) => field.id === focused)) this.focus(focused);
    },
    values: () => Object.fromEntries(enabled().map((field) => [field.id, (typed.get(field.id) ?? "").trim()]).filter(([, text]) => text)),
    /** Write faults beside their fields: `[{field, message}]`. */
    faults(found) {
      for (const field of fields) showFault(field, found.find((fault) => fault.field === field.id)?.message);
    },
    /** Return a fault for each field that must be filled in and is empty. */
    lacking: () => enabled().filter((field) => field.required && !(typed.get(field.id) ?? "").trim())
      .map((field) => ({ field: field.id, message: say("needed") })),
    label: (id) => fields.find((field) => field.id === id)?.label,
    focus: (id) => at(idOf(fields.find((field) => field.id === id)))?.focus(),
    focusFirst: () => (at("fields").querySelector(ENABLED) ?? at("patient-heading")).focus(),
    clear() {
      typed.clear();
      for (const line of at("fields").querySelectorAll("input, select")) line.value = "";
      fields = [];
      at("fields").replaceChildren();
      for (const id of ["nothing-to-fill", "stays"]) show(at(id), false);
      open(at("patient-step"), false);
    },
    dirty: () => [...typed.values()].some((text) => text !== ""),
  };
}
