import { openDialog } from "./dialogs.js";
import { at, input, make, show, write } from "./elements.js";
import { dropPaper, openPrintWindow, openTab } from "./printing.js";
import { sentences } from "./problems.js";
import { ask, latest } from "./server.js";
import { isPrintable, tagOf } from "./topics.js";
import { counted, say } from "./words.js";

const MOST = 10 * 1024 * 1024;
const CHUNK = 0x8000;
const QUIET = 250; // milliseconds without a key, after which rows are checked again
const OPEN = "?"; // what a column is, where that is not settled
const NOT_PRINTED = "";
// What the columns of each kind hold.
const KINDS = {
  id: "list_kind_id", audience: "list_kind_audience", language: "list_kind_language", paper: "list_kind_paper",
  size: "list_kind_size", copies: "list_kind_copies", text: "list_kind_text", date: "list_kind_date",
  phone: "list_kind_phone", number: "list_kind_number", choice: "list_kind_choice",
};

async function base64(file) {
  const data = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < data.length; start += CHUNK) text += String.fromCharCode(...data.subarray(start, start + CHUNK));
  return btoa(text);
}

/** Save a file with the columns of a topic and one row, for a list to be written in. */
function saveExample(topic, columns) {
  const cell = (text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [columns.map((one) => cell(one.label)), columns.map((one) => cell(one.example))];
  // Excel takes a file for UTF-8 by the mark at its start.
  const text = `\ufeff${lines.map((line) => `${line.join(",")}\r\n`).join("")}`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href: address, download: `${topic}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

/** Show a morning's list: its columns, and its rows with faults beside them, mended in place. */
export function showList() {
  const run = latest();
  const printing = latest();
  const learning = latest();
  const box = at("list-printing");
  const topic = at("list-topic");
  let file = null; // {name, data}, while the list is open: another topic reads it again
  let topics = [];
  let takes = []; // the columns that the topic takes
  let chosen = {}; // what a person settled, by the column's key
  let columns = [];
  let rows = [];
  let missing = [];
  let done = false; // printed as it is now
  const typed = new Map(); // row and column -> text
  let timer;
  let reading = Promise.resolve();

  const faulty = () => rows.filter((row) => row.faults.length > 0);
  const unsettled = () => columns.filter((one) => one.field === null);
  const printed = () => [...columns.filter((one) => one.added), ...columns.filter((one) => one.field && !one.added)];
  const place = (row, column) => `cell-${row.number}-${column.key}`;
  const labelOf = (field) => (takes.find((one) => one.id === field) ?? columns.find((one) => one.field === field))?.label ?? field;
  const sent = () => ({
    topic: topic.value,
    rows: rows.map((row) => ({ number: row.number, values: Object.fromEntries(printed().map((one) => [one.field, row.values[one.key]])) })),
  });

  function tell() {
    const faults = faulty().length;
    const open = unsettled().length;
    const count = counted("list_count", rows.length);
    write(at("list-told"), rows.length === 0 ? "" : [
      ...(open ? [counted("list_settle", open, { rows: count }), faults ? counted("list_faulty", faults) : ""]
        : [faults ? counted("list_rows", rows.length, { faults }) : counted("list_ready", rows.length)]),
    ].filter(Boolean).join(" "));
    show(at("list-actions"), rows.length > 0);
  }

  function marks(row) {
    const idOf = (fault) => `row-${row.number}-fault-${row.faults.indexOf(fault)}`;
    for (const column of printed()) {
      const line = at(place(row, column));
      const own = row.faults.filter((one) => one.column === column.field);
      if (own.length) line.setAttribute("aria-invalid", "true");
      else line.removeAttribute("aria-invalid");
      line.setAttribute("aria-describedby", own.map(idOf).join(" "));
    }
    const named = ({ column, message }) => [column && labelOf(column), message].filter(Boolean).join(": ");
    at(`row-${row.number}-fault`).replaceChildren(...row.faults.map((fault) => make("p", { class: "fault", id: idOf(fault), text: named(fault) })));
    const empty = printed().filter((one) => !row.values[one.key]?.trim() && takes.some(({ id, own }) => own && id === one.field));
    const labels = empty.map((one) => labelOf(one.field)).join(", ");
    write(at(`row-${row.number}-ok`), row.faults.length || unsettled().length ? "" : labels ? say("list_ok_empty", { labels }) : say("list_ok"));
    at(`row-${row.number}`).className = row.faults.length ? "faulty" : "";
  }

  function cell(row, column) {
    const line = input(place(row, column), {
      "aria-label": say("list_cell", { column: labelOf(column.field), row: row.number }),
      oninput: () => {
        done = false;
        row.values[column.key] = line.value;
        typed.set(place(row, column), line.value);
        clearTimeout(timer);
        timer = setTimeout(check, QUIET);
      },
    });
    line.value = row.values[column.key] ?? "";
    return make("td", { "data-label": labelOf(column.field) }, line);
  }

  function drawRows() {
    const head = make("tr", {}, make("th", { scope: "col", text: say("list_row") }), make("th", { scope: "col", text: say("list_fault") }),
      ...printed().map((one) => make("th", { scope: "col", text: labelOf(one.field) })));
    const body = rows.map((row) => make("tr", { id: `row-${row.number}` }, make("th", { scope: "row", "data-label": say("list_row"), text: row.number }),
      make("td", { class: "said" }, make("div", { id: `row-${row.number}-fault` }),
        make("p", { class: "hint", id: `row-${row.number}-ok` })),
      ...printed().map((column) => cell(row, column))));
    at("list-table").replaceChildren(make("div", { class: "wide", tabindex: "0", role: "region", "aria-labelledby": "list-told" },
      make("table", {}, make("thead", {}, head), make("tbody", {}, ...body))));
    rows.forEach(marks);
  }

  function settle(column, value) {
    if (value === OPEN) delete chosen[column.key];
    else chosen[column.key] = value;
    read();
  }

  /** Return the choice of what a column is, for one that no name settles. */
  function settler(column) {
    const id = `settle-${column.key}`;
    const label = labelOf(column.near);
    const why = column.field !== null ? ""
      : column.twice ? say("list_twice", { label })
        : [say("list_unknown"), column.near && say("list_near", { label })].filter(Boolean).join(" ");
    const option = (value, text) => make("option", { value, text });
    const likely = takes.filter((one) => one.id === column.near);
    const select = make("select", {
      id, autocomplete: "off", "aria-describedby": `${id}-why`,
      onchange: () => settle(column, select.value),
    }, option(OPEN, say("list_choose")), option(NOT_PRINTED, say("list_left_out")),
    ...[...likely, ...takes.filter((one) => !likely.includes(one))].map((one) => option(one.id, one.label)));
    select.value = chosen[column.key] ?? OPEN;
    if (column.field === null) select.setAttribute("aria-invalid", "true");
    const name = column.name || say("list_nameless");
    const free = column.field === null && column.near && columns.every((one) => one.field !== column.near);
    return make("div", { class: "field" }, make("label", { for: id, text: say("list_column", { place: column.place, name }) }),
      make("p", { class: column.field === null ? "fault" : "hint", id: `${id}-why`, text: why, hidden: !why }),
      free && !column.twice ? make("button", { type: "button", id: `${id}-near`, text: say("list_take", { label }), onclick: () => settle(column, column.near) }) : null,
      select);
  }

  function drawColumns() {
    const asked = columns.filter((one) => !one.added && (one.field === null || one.key in chosen));
    const open = unsettled();
    const focused = document.activeElement?.id;
    at("settle").replaceChildren(...asked.map(settler));
    // The button of a guess goes when it is taken: its list of fields stays.
    if (focused?.startsWith("settle-")) (at(focused) ?? at(focused.replace(/-near$/, "")))?.focus();
    const none = missing.join(", ");
    write(at("list-missing"), none && say(open.length ? "list_missing" : "list_typed", { labels: none }));
    write(at("leave-out"), open.length > 1 ? say("list_leave_out", { count: open.length }) : "");
    show(at("list-columns"), asked.length > 0 || missing.length > 0);
    write(at("settle-lead"), asked.length ? say(open.length ? "list_say" : "list_said") : "");
  }

  function draw() {
    drawColumns();
    drawRows();
    tell();
  }

  async function check() {
    try {
      const answer = await run((signal) => ask("/list/check", sent(), { signal }));
      if (!answer) return;
      const fields = printed().map((one) => one.field);
      const known = ({ column }) => !unsettled().length || fields.includes(column);
      for (const row of rows) row.faults = (answer.rows.find((one) => one.number === row.number)?.faults ?? []).filter(known);
      rows.forEach(marks);
      tell();
      if (faulty().length === 0) write(at("list-fault"), "");
    } catch (trouble) {
      write(at("list-fault"), trouble.message);
    }
  }

  /** Read the file for the topic, with the columns as they are settled. What was typed into rows stays. */
  function read() {
    reading = readFile();
    return reading;
  }

  async function readFile() {
    clearTimeout(timer);
    done = false;
    write(at("list-fault"), "");
    if (!file) return;
    if (!topic.value) {
      forgetRows();
      write(at("list-told"), say("list_needs_topic"));
      return;
    }
    write(at("list-told"), say("list_reading"));
    try {
      const body = { ...file, topic: topic.value, columns: chosen };
      const answer = await run((signal) => ask("/list/read", body, { signal }));
      if (!answer) return;
      ({ columns, rows, missing } = answer);
      const fields = columns.map((one) => one.field);
      const lacking = unsettled().length ? [] : takes.filter((one) => one.own && !fields.includes(one.id));
      const lines = lacking.map((one) => one.label).join(", ");
      write(at("list-notices"), [...answer.notices.map(sentences), lines && say("list_lines", { labels: lines })].filter(Boolean).join("\n"));
      let changed = false;
      for (const row of rows) {
        for (const column of printed()) {
          const text = typed.get(place(row, column));
          if (text === undefined || text === row.values[column.key]) continue;
          row.values[column.key] = text;
          changed = true;
        }
      }
      draw();
      if (changed) await check();
    } catch (trouble) {
      forgetRows();
      write(at("list-told"), trouble.message);
    }
  }

  async function take(given) {
    if (!given) return;
    const wanted = topic.value;
    clear();
    topic.value = wanted;
    await learn();
    if (given.size > MOST) {
      write(at("list-told"), say("list_too_big"));
      return;
    }
    showFile(given);
    file = { name: given.name, data: await base64(given) };
    at("list-takes").open = false;
    await read();
  }

  /** Let the browser show the name of a file beside its button, also of one that was dropped. */
  function showFile(given) {
    const files = new DataTransfer();
    files.items.add(given);
    at("list-file").files = files.files;
  }

  const topicOf = (id) => topics.find((one) => one.id === id);

  /** Show which columns the chosen topic takes, and whether it is a draft. */
  async function learn() {
    takes = [];
    write(at("list-state"), topicOf(topic.value)?.state.text);
    show(at("list-takes"), false);
    if (!topic.value) return;
    try {
      const answer = await learning((signal) => ask("/list/columns", { topic: topic.value }, { signal }));
      if (!answer) return;
      takes = answer.columns;
      const about = (one) => say(KINDS[one.kind], { values: one.values.join("; ") });
      at("takes-rows").replaceChildren(...takes.map((one) => make("tr", {},
        make("th", { scope: "row", text: one.label }),
        make("td", { "data-label": at("takes-what").textContent, text: about(one) }),
        make("td", { "data-label": at("takes-empty").textContent, text: say(one.needed ? "list_needed" : "list_optional") }))));
      at("list-takes").open = file === null;
      show(at("list-takes"));
    } catch (trouble) {
      write(at("list-told"), trouble.message);
    }
  }

  async function print() {
    await reading;
    if (rows.length === 0 || box.open) return; // cleared meanwhile, or Print was pressed twice
    const [open] = unsettled();
    const [first] = faulty();
    if (open || first) {
      write(at("list-fault"), say(open ? "list_settle_first" : "list_mend"));
      const row = first && at(`row-${first.number}`);
      (open ? at(`settle-${open.key}`) : row.querySelector("[aria-invalid]") ?? row.querySelector("input")).focus();
      return;
    }
    write(at("list-fault"), "");
    write(at("list-printed"), say("list_proving"));
    for (const id of ["list-settings", "list-next"]) show(at(id), false);
    openDialog(box);
    at("list-printing-heading").focus();
    try {
      const copies = columns.find((one) => one.field === "copies")?.key;
      const count = rows.reduce((sum, row) => sum + (Number(row.values[copies]) || 1), 0);
      const pdf = await printing((signal) => ask("/list/print", sent(), { once: true, signal }));
      if (!pdf || !box.open) return; // the list was cleared meanwhile, or a person went back
      openPrintWindow(pdf);
      done = true;
      write(at("list-printed"), [
        say("list_window"),
        counted("list_papers", count, { topic: topicOf(topic.value).title }),
        say("list_done"),
      ].join("\n"));
      for (const id of ["list-settings", "list-next"]) show(at(id));
      at("list-next").focus();
    } catch (trouble) {
      box.close();
      write(at("list-fault"), trouble.message);
    }
  }

  function forgetRows() {
    columns = [];
    rows = [];
    missing = [];
    for (const line of at("list-table").querySelectorAll("input")) line.value = "";
    for (const id of ["list-table", "settle"]) at(id).replaceChildren();
    for (const id of ["list-fault", "list-notices", "list-missing"]) write(at(id), "");
    show(at("list-columns"), false);
    tell();
  }

  function clear() {
    clearTimeout(timer);
    for (const task of [run, printing, learning]) task(async () => undefined); // ends what is under way
    file = null;
    done = false;
    at("list-file").value = "";
    chosen = {};
    typed.clear();
    topic.value = "";
    write(at("list-state"), "");
    show(at("list-takes"), false);
    if (box.open) box.close();
    dropPaper();
    forgetRows();
  }

  // A browser tells of no file that is chosen a second time, though it was mended meanwhile.
  let last;
  at("list-file").addEventListener("click", () => {
    [last] = at("list-file").files;
    at("list-file").value = "";
  });
  at("list-file").addEventListener("cancel", () => { if (last) showFile(last); });
  at("list-file").addEventListener("change", () => take(at("list-file").files[0]));
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
    if (files.length === 1) take(files[0]);
    else write(at("list-told"), say("list_one"));
  });
  // Beside the field, a browser would open the file in place of the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
  topic.addEventListener("change", async () => {
    chosen = {}; // another topic has other fields
    await learn();
    await read();
  });
  at("leave-out").addEventListener("click", () => {
    for (const one of unsettled()) chosen[one.key] = NOT_PRINTED;
    read();
  });
  at("list-example").addEventListener("click", () => saveExample(topic.value, takes));
  at("list-print").addEventListener("click", print);
  at("list-back").addEventListener("click", () => box.close());
  at("list-tab").addEventListener("click", () => openTab("list-tab-refused"));
  for (const id of ["list-clear", "list-next"]) {
    at(id).addEventListener("click", () => {
      clear();
      topic.focus();
    });
  }
  box.addEventListener("close", () => printing(async () => undefined));

  return {
    set(all) {
      const before = topic.value;
      topics = all;
      const printable = topics.filter(isPrintable);
      const titled = (one) => {
        const said = one.fields.length > 0 ? tagOf(one) : say("list_no_fields");
        return said ? say("list_topic", { title: one.title, said }) : one.title;
      };
      topic.replaceChildren(make("option", { value: "", text: say("list_no_topic") }),
        ...printable.map((one) => make("option", {
          value: one.id, text: titled(one), disabled: one.fields.length === 0,
        })));
      topic.value = printable.some((one) => one.id === before) ? before : "";
      if (before && !topic.value) learn().then(read);
    },
    clear,
    /** Clear a list that is printed, and tell whether one stays that is not. */
    leave() {
      if (done) clear();
      return file !== null;
    },
    dirty: () => file !== null,
    focus: () => topic.focus(),
  };
}
