import { openDialog } from "./dialogs.js";
import { at, input, make, show, write } from "./elements.js";
import { dropPaper, openPrintWindow, openTab } from "./printing.js";
import { sentences } from "./problems.js";
import { ask, latest } from "./server.js";
import { isPrintable, tagOf } from "./topics.js";
import { counted, say } from "./words.js";

const MOST = 10 * 1024 * 1024; // bytes of a file: base64 makes it a third larger, and the server takes 14 MB
const CHUNK = 0x8000; // bytes: `fromCharCode` takes no more arguments
const QUIET = 250; // milliseconds without a key, after which rows are checked again
const OPEN = "?"; // the choice for a column whose field nobody has chosen yet
const NOT_PRINTED = "";
// By kind: the text that describes what its columns hold.
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

/** Save a file with the columns of a topic and one row, to be filled in. */
function saveExample(topic, columns) {
  const cell = (text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [columns.map(({ label }) => cell(label)), columns.map(({ example }) => cell(example))];
  // Excel takes a file for UTF-8 by the mark at its start.
  const text = `\ufeff${lines.map((line) => `${line.join(",")}\r\n`).join("")}`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href: address, download: `${topic}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

/** Show a morning's list: its columns, and its rows with their faults, to be corrected in place. */
export function showList() {
  const run = latest();
  const printing = latest();
  const learning = latest();
  const dialog = at("list-printing");
  const topic = at("list-topic");
  let file = null; // {name, data}, while the list is open: for another topic, it is read again
  let topics = [];
  let topicColumns = []; // the columns that a list of the topic may have
  let chosen = {}; // by column key: the field that a person chose
  let columns = [];
  let rows = [];
  let missing = [];
  let isPrinted = false; // the list has been printed as it is now
  const typed = new Map(); // id of a cell -> text
  let timer;
  let reading = Promise.resolve();

  const faulty = () => rows.filter((row) => row.faults.length > 0);
  const unsettled = () => columns.filter(({ field }) => field === null);
  const printed = () => [...columns.filter(({ added }) => added), ...columns.filter(({ field, added }) => field && !added)];
  const cellId = (row, column) => `cell-${row.number}-${column.key}`;
  const labelOf = (field) => (topicColumns.find(({ id }) => id === field) ?? columns.find((column) => column.field === field))?.label ?? field;
  const requestBody = () => ({
    topic: topic.value,
    rows: rows.map((row) => ({ number: row.number, values: Object.fromEntries(printed().map(({ field, key }) => [field, row.values[key]])) })),
  });

  /** Show how many rows there are, and what is left to do. */
  function showState() {
    const faults = faulty().length;
    const open = unsettled().length;
    const count = counted("list_count", rows.length);
    write(at("list-told"), rows.length === 0 ? "" : [
      ...(open ? [counted("list_settle", open, { rows: count }), faults ? counted("list_faulty", faults) : ""]
        : [faults ? counted("list_rows", rows.length, { faults }) : counted("list_ready", rows.length)]),
    ].filter(Boolean).join(" "));
    show(at("list-actions"), rows.length > 0);
  }

  /** Show the faults of a row, or that it is ready. */
  function showFaults(row) {
    const idOf = (fault) => `row-${row.number}-fault-${row.faults.indexOf(fault)}`;
    for (const column of printed()) {
      const line = at(cellId(row, column));
      const own = row.faults.filter((fault) => fault.column === column.field);
      if (own.length) line.setAttribute("aria-invalid", "true");
      else line.removeAttribute("aria-invalid");
      line.setAttribute("aria-describedby", own.map(idOf).join(" "));
    }
    const textOf = ({ column, message }) => [column && labelOf(column), message].filter(Boolean).join(": ");
    at(`row-${row.number}-fault`).replaceChildren(...row.faults.map((fault) => make("p", { class: "fault", id: idOf(fault), text: textOf(fault) })));
    const empty = printed().filter(({ key, field }) => !row.values[key]?.trim() && topicColumns.some(({ id, own }) => own && id === field));
    const labels = empty.map(({ field }) => labelOf(field)).join(", ");
    write(at(`row-${row.number}-ok`), row.faults.length || unsettled().length ? "" : labels ? say("list_ok_empty", { labels }) : say("list_ok"));
    at(`row-${row.number}`).className = row.faults.length ? "faulty" : "";
  }

  function cell(row, column) {
    const line = input(cellId(row, column), {
      "aria-label": say("list_cell", { column: labelOf(column.field), row: row.number }),
      oninput: () => {
        isPrinted = false;
        row.values[column.key] = line.value;
        typed.set(cellId(row, column), line.value);
        clearTimeout(timer);
        timer = setTimeout(check, QUIET);
      },
    });
    line.value = row.values[column.key] ?? "";
    return make("td", { "data-label": labelOf(column.field) }, line);
  }

  function drawRows() {
    const head = make("tr", {}, make("th", { scope: "col", text: say("list_row") }), make("th", { scope: "col", text: say("list_fault") }),
      ...printed().map(({ field }) => make("th", { scope: "col", text: labelOf(field) })));
    const body = rows.map((row) => make("tr", { id: `row-${row.number}` }, make("th", { scope: "row", "data-label": say("list_row"), text: row.number }),
      make("td", { class: "said" }, make("div", { id: `row-${row.number}-fault` }),
        make("p", { class: "hint", id: `row-${row.number}-ok` })),
      ...printed().map((column) => cell(row, column))));
    at("list-table").replaceChildren(make("div", { class: "wide", tabindex: "0", role: "region", "aria-labelledby": "list-told" },
      make("table", {}, make("thead", {}, head), make("tbody", {}, ...body))));
    rows.forEach(showFaults);
  }

  function settle(column, value) {
    if (value === OPEN) delete chosen[column.key];
    else chosen[column.key] = value;
    read();
  }

  /** Return a list of fields, for a column whose name does not say which one it holds. */
  function fieldChoice(column) {
    const id = `settle-${column.key}`;
    const label = labelOf(column.near);
    const reason = column.field !== null ? ""
      : column.twice ? say("list_twice", { label })
        : [say("list_unknown"), column.near && say("list_near", { label })].filter(Boolean).join(" ");
    const option = (value, text) => make("option", { value, text });
    const likely = topicColumns.filter((each) => each.id === column.near);
    const select = make("select", {
      id, autocomplete: "off", "aria-describedby": `${id}-why`,
      onchange: () => settle(column, select.value),
    }, option(OPEN, say("list_choose")), option(NOT_PRINTED, say("list_left_out")),
    ...[...likely, ...topicColumns.filter((each) => !likely.includes(each))].map((each) => option(each.id, each.label)));
    select.value = chosen[column.key] ?? OPEN;
    if (column.field === null) select.setAttribute("aria-invalid", "true");
    const name = column.name || say("list_nameless");
    const isFree = column.field === null && column.near && columns.every(({ field }) => field !== column.near);
    return make("div", { class: "field" }, make("label", { for: id, text: say("list_column", { place: column.place, name }) }),
      make("p", { class: column.field === null ? "fault" : "hint", id: `${id}-why`, text: reason, hidden: !reason }),
      isFree && !column.twice ? make("button", { type: "button", id: `${id}-near`, text: say("list_take", { label }), onclick: () => settle(column, column.near) }) : null,
      select);
  }

  function drawColumns() {
    const asked = columns.filter(({ added, field, key }) => !added && (field === null || key in chosen));
    const open = unsettled();
    const focused = document.activeElement?.id;
    at("settle").replaceChildren(...asked.map(fieldChoice));
    // The button of a guess goes when it is pressed. Its list of fields stays.
    if (focused?.startsWith("settle-")) (at(focused) ?? at(focused.replace(/-near$/, "")))?.focus();
    const labels = missing.join(", ");
    write(at("list-missing"), labels && say(open.length ? "list_missing" : "list_typed", { labels }));
    write(at("leave-out"), open.length > 1 ? say("list_leave_out", { count: open.length }) : "");
    show(at("list-columns"), asked.length > 0 || missing.length > 0);
    write(at("settle-lead"), asked.length ? say(open.length ? "list_say" : "list_said") : "");
  }

  function draw() {
    drawColumns();
    drawRows();
    showState();
  }

  async function check() {
    try {
      const answer = await run((signal) => ask("/list/check", requestBody(), { signal }));
      if (!answer) return;
      const fields = printed().map(({ field }) => field);
      const isShown = ({ column }) => !unsettled().length || fields.includes(column);
      for (const row of rows) row.faults = (answer.rows.find(({ number }) => number === row.number)?.faults ?? []).filter(isShown);
      rows.forEach(showFaults);
      showState();
      if (faulty().length === 0) write(at("list-fault"), "");
    } catch (trouble) {
      write(at("list-fault"), trouble.message);
    }
  }

  /** Read the file for the topic, with the fields that were chosen for columns. What was typed into rows stays. */
  function read() {
    reading = readFile();
    return reading;
  }

  async function readFile() {
    clearTimeout(timer);
    isPrinted = false;
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
      const fields = columns.map(({ field }) => field);
      const lacking = unsettled().length ? [] : topicColumns.filter(({ id, own }) => own && !fields.includes(id));
      const labels = lacking.map(({ label }) => label).join(", ");
      write(at("list-notices"), [...answer.notices.map(sentences), labels && say("list_lines", { labels })].filter(Boolean).join("\n"));
      let changed = false;
      for (const row of rows) {
        for (const column of printed()) {
          const text = typed.get(cellId(row, column));
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

  /** Open a list in place of the last one. The topic stays. */
  async function openFile(newFile) {
    if (!newFile) return;
    const topicId = topic.value;
    clear();
    topic.value = topicId;
    await showTopicColumns();
    if (newFile.size > MOST) {
      write(at("list-told"), say("list_too_big"));
      return;
    }
    showFile(newFile);
    file = { name: newFile.name, data: await base64(newFile) };
    at("list-takes").open = false;
    await read();
  }

  /** Let the browser show the name of a file beside its button, also of one that was dropped. */
  function showFile(shown) {
    const transfer = new DataTransfer();
    transfer.items.add(shown);
    at("list-file").files = transfer.files;
  }

  const topicOf = (id) => topics.find((each) => each.id === id);

  /** Show which columns a list of the chosen topic may have, and whether the topic is a draft. */
  async function showTopicColumns() {
    topicColumns = [];
    write(at("list-state"), topicOf(topic.value)?.state.text);
    show(at("list-takes"), false);
    if (!topic.value) return;
    try {
      const answer = await learning((signal) => ask("/list/columns", { topic: topic.value }, { signal }));
      if (!answer) return;
      topicColumns = answer.columns;
      at("takes-rows").replaceChildren(...topicColumns.map(({ label, kind, values, needed }) => make("tr", {},
        make("th", { scope: "row", text: label }),
        make("td", { "data-label": at("takes-what").textContent, text: say(KINDS[kind], { values: values.join("; ") }) }),
        make("td", { "data-label": at("takes-empty").textContent, text: say(needed ? "list_needed" : "list_optional") }))));
      at("list-takes").open = file === null;
      show(at("list-takes"));
    } catch (trouble) {
      write(at("list-told"), trouble.message);
    }
  }

  async function print() {
    await reading;
    if (rows.length === 0 || dialog.open) return; // cleared meanwhile, or Print was pressed twice
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
    openDialog(dialog);
    at("list-printing-heading").focus();
    try {
      const copies = columns.find(({ field }) => field === "copies")?.key;
      const count = rows.reduce((sum, row) => sum + (Number(row.values[copies]) || 1), 0);
      const pdf = await printing((signal) => ask("/list/print", requestBody(), { once: true, signal }));
      if (!pdf || !dialog.open) return; // the list was cleared meanwhile, or a person went back
      openPrintWindow(pdf);
      isPrinted = true;
      write(at("list-printed"), [
        say("list_window"),
        counted("list_papers", count, { topic: topicOf(topic.value).title }),
        say("list_done"),
      ].join("\n"));
      for (const id of ["list-settings", "list-next"]) show(at(id));
      at("list-next").focus();
    } catch (trouble) {
      dialog.close();
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
    showState();
  }

  function clear() {
    clearTimeout(timer);
    for (const task of [run, printing, learning]) task(async () => undefined); // ends the requests that wait
    file = null;
    isPrinted = false;
    at("list-file").value = "";
    chosen = {};
    typed.clear();
    topic.value = "";
    write(at("list-state"), "");
    show(at("list-takes"), false);
    if (dialog.open) dialog.close();
    dropPaper();
    forgetRows();
  }

  // A browser fires no event for a file that is chosen a second time, though it was corrected meanwhile.
  let last;
  at("list-file").addEventListener("click", () => {
    [last] = at("list-file").files;
    at("list-file").value = "";
  });
  at("list-file").addEventListener("cancel", () => { if (last) showFile(last); });
  at("list-file").addEventListener("change", () => openFile(at("list-file").files[0]));
  const drop = at("drop");
  const markOver = (isOver) => drop.classList.toggle("over", isOver);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    markOver(true);
  });
  drop.addEventListener("dragleave", () => markOver(false));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    markOver(false);
    const { files } = event.dataTransfer;
    if (files.length === 1) openFile(files[0]);
    else write(at("list-told"), say("list_one"));
  });
  // Dropped elsewhere, a browser would open the file in place of the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
  topic.addEventListener("change", async () => {
    chosen = {}; // another topic has other fields
    await showTopicColumns();
    await read();
  });
  at("leave-out").addEventListener("click", () => {
    for (const { key } of unsettled()) chosen[key] = NOT_PRINTED;
    read();
  });
  at("list-example").addEventListener("click", () => saveExample(topic.value, topicColumns));
  at("list-print").addEventListener("click", print);
  at("list-back").addEventListener("click", () => dialog.close());
  at("list-tab").addEventListener("click", () => openTab("list-tab-refused"));
  for (const id of ["list-clear", "list-next"]) {
    at(id).addEventListener("click", () => {
      clear();
      topic.focus();
    });
  }
  dialog.addEventListener("close", () => printing(async () => undefined));

  return {
    set(all) {
      const before = topic.value;
      topics = all;
      const printable = topics.filter(isPrintable);
      const labelled = (each) => {
        const said = each.fields.length > 0 ? tagOf(each) : say("list_no_fields");
        return said ? say("list_topic", { title: each.title, said }) : each.title;
      };
      topic.replaceChildren(make("option", { value: "", text: say("list_no_topic") }),
        ...printable.map((each) => make("option", {
          value: each.id, text: labelled(each), disabled: each.fields.length === 0,
        })));
      topic.value = printable.some(({ id }) => id === before) ? before : "";
      if (before && !topic.value) showTopicColumns().then(read);
    },
    clear,
    /** Clear a list that is printed. Tell whether there is still one that is not. */
    leave() {
      if (isPrinted) clear();
      return file !== null;
    },
    dirty: () => file !== null,
    focus: () => topic.focus(),
  };
}
