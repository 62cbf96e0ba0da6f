import { at, input, make, show, write } from "./elements.js";
import { ask, latest } from "./server.js";
import { openPrintWindow } from "./printing.js";
import { isPrintable } from "./topics.js";
import { counted, say } from "./words.js";

const MOST = 10 * 1024 * 1024;
const CHUNK = 0x8000;
const QUIET = 250; // milliseconds without a key, after which rows are checked again

async function base64(file) {
  const data = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < data.length; start += CHUNK) text += String.fromCharCode(...data.subarray(start, start + CHUNK));
  return btoa(text);
}

/** Show a morning's list: rows of a file, with faults beside them, mended in place. */
export function showList() {
  const run = latest();
  const printing = latest();
  let columns = [];
  let rows = [];
  let timer;

  const faulty = () => rows.filter((row) => row.faults.length > 0);

  function tell() {
    const faults = faulty().length;
    write(at("list-told"), rows.length === 0 ? "" : faults ? counted("list_rows", rows.length, { faults }) : counted("list_ready", rows.length));
    show(at("list-actions"), rows.length > 0);
  }

  function marks(row) {
    for (const column of columns) {
      const line = at(`cell-${row.number}-${columns.indexOf(column)}`);
      const message = row.faults.find((one) => one.column === column.id)?.message;
      if (message) line.setAttribute("aria-invalid", "true");
      else line.removeAttribute("aria-invalid");
    }
    const named = (fault) => [columns.find((one) => one.id === fault.column)?.label, fault.message].filter(Boolean).join(": ");
    write(at(`row-${row.number}-fault`), row.faults.map(named).join(" ") || null);
    at(`row-${row.number}-ok`).hidden = row.faults.length > 0;
    at(`row-${row.number}`).className = row.faults.length ? "faulty" : "";
  }

  function cell(row, column, index) {
    const line = input(`cell-${row.number}-${index}`, {
      "aria-label": say("list_cell", { column: column.label, row: row.number }), "aria-describedby": `row-${row.number}-fault`,
      oninput: () => {
        row.values[column.id] = line.value;
        clearTimeout(timer);
        timer = setTimeout(check, QUIET);
      },
    });
    line.value = row.values[column.id] ?? "";
    return make("td", { "data-label": column.label }, line);
  }

  function draw() {
    const head = make("tr", {}, make("th", { scope: "col", text: say("list_row") }),
      ...columns.map((one) => make("th", { scope: "col", text: one.label })), make("th", { scope: "col", text: say("list_fault") }));
    const body = rows.map((row) => make("tr", { id: `row-${row.number}` }, make("th", { scope: "row", text: row.number }),
      ...columns.map((column, index) => cell(row, column, index)),
      make("td", { class: "said" }, make("p", { class: "fault", id: `row-${row.number}-fault`, hidden: true }),
        make("p", { class: "hint", id: `row-${row.number}-ok`, text: say("list_ok") }))));
    at("list-table").replaceChildren(make("div", { class: "wide", tabindex: "0", role: "region", "aria-labelledby": "list-told" },
      make("table", {}, make("thead", {}, head), make("tbody", {}, ...body))));
    rows.forEach(marks);
    tell();
  }

  async function check() {
    try {
      const answer = await run((signal) => ask("/list/check", { topic: at("list-topic").value, rows: rows.map(({ number, values }) => ({ number, values })) }, { signal }));
      if (!answer) return;
      for (const row of rows) row.faults = answer.rows.find((one) => one.number === row.number)?.faults ?? [];
      rows.forEach(marks);
      tell();
    } catch (trouble) {
      write(at("list-fault"), trouble.message);
    }
  }

  async function read(file) {
    clear();
    if (!file) return;
    if (file.size > MOST) {
      write(at("list-told"), say("list_too_big"));
      return;
    }
    write(at("list-told"), say("list_reading"));
    try {
      const body = { name: file.name, data: await base64(file), topic: at("list-topic").value };
      const answer = await run((signal) => ask("/list/read", body, { signal }));
      if (!answer) return;
      ({ columns, rows } = answer);
      draw();
    } catch (trouble) {
      write(at("list-told"), trouble.message);
    }
  }

  async function print() {
    const [first] = faulty();
    if (first) {
      write(at("list-fault"), say("list_mend"));
      const row = at(`row-${first.number}`);
      (row.querySelector("[aria-invalid]") ?? row.querySelector("input")).focus();
      return;
    }
    write(at("list-fault"), "");
    write(at("list-told"), say("proving"));
    try {
      const body = { topic: at("list-topic").value, rows: rows.map(({ number, values }) => ({ number, values })) };
      const pdf = await printing((signal) => ask("/list/print", body, { once: true, signal }));
      if (!pdf) return; // the list was cleared meanwhile
      openPrintWindow(pdf);
      tell();
    } catch (trouble) {
      write(at("list-fault"), trouble.message);
      tell();
    }
  }

  function clear() {
    clearTimeout(timer);
    for (const task of [run, printing]) task(async () => undefined); // ends what is under way
    columns = [];
    rows = [];
    for (const line of at("list-table").querySelectorAll("input")) line.value = "";
    at("list-table").replaceChildren();
    write(at("list-fault"), "");
    tell();
  }

  at("list-file").addEventListener("change", async () => {
    const [file] = at("list-file").files;
    await read(file);
    at("list-file").value = "";
  });
  const drop = at("drop");
  const over = (is) => drop.classList.toggle("over", is);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  drop.addEventListener("dragleave", () => over(false));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    const { files } = event.dataTransfer;
    if (files.length === 1) read(files[0]);
    else {
      clear();
      write(at("list-told"), say("list_one"));
    }
  });
  // Beside the field, a browser would open the file in place of the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
  at("list-topic").addEventListener("change", clear);
  at("list-print").addEventListener("click", print);
  at("list-clear").addEventListener("click", clear);

  return {
    set(topics) {
      const chosen = at("list-topic").value;
      const printable = topics.filter(isPrintable);
      at("list-topic").replaceChildren(...printable.map((one) => make("option", { value: one.id, text: one.title })));
      if (printable.some((one) => one.id === chosen)) at("list-topic").value = chosen;
    },
    clear,
    dirty: () => rows.length > 0,
    focus: () => at("list-topic").focus(),
  };
}
