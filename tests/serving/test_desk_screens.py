"""What a nurse, a tablet and a screen reader get of the desk: each state, by each way to use it."""

from __future__ import annotations

import base64
import datetime as dt
import io
import os
import re
from typing import TYPE_CHECKING, Final

import pytest
from desk_browser import (
    PATIENCE,
    assert_accessible,
    driver,
    entered,
    print_with,
    served_desk,
    text_of,
)
from handout_photo import photo_of
from playwright.sync_api import expect
from tiny_handout import TINY

from teachback.pdf.page_images import page_pictures
from teachback.serving.desk_lists import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk_browser import Served
    from playwright.sync_api import BrowserContext, Page, Playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long]
expect.set_options(timeout=PATIENCE)

FIELDS: Final = """\
fields:
  - {name: patient, label: Prepared for, required: true, width_mm: 45}
  - {name: visit, label: Next visit, type: date}
personal: [patient, visit]
red_flags:
"""
LINES: Final = "{title: When to get help, lines: [{label: Name, field: patient}]}"
CRAMPS: Final = (
    TINY.replace("id: tiny", "id: leg-cramps")
    .replace("title: A tiny handout", "title: Leg cramps")
    .replace("red_flags:\n", FIELDS)
    .replace("{title: When to get help}", LINES)
)
DRAFT: Final = "status: draft, reviewer: null, reviewed: null, due: null"
OVERDUE: Final = (
    TINY.replace("id: tiny", "id: pressure")
    .replace("title: A tiny handout", "title: Blood pressure")
    .replace(DRAFT, "status: approved, reviewer: A Reader, reviewed: 2025-11-01, due: 2026-11-20")
)
SEALS: Final = "approved: {general: 0000000000000000, ckd: 0000000000000000}"
UNAPPROVED: Final = (
    TINY.replace("id: tiny", "id: feet")
    .replace("title: A tiny handout", "title: Sore feet")
    .replace(
        DRAFT,
        f"status: approved, reviewer: A Reader, reviewed: 2026-11-01, due: 2099-01-01, {SEALS}",
    )
)
SPANISH: Final = (
    OVERDUE.replace("language: en", "language: es")
    .replace("title: Blood pressure", "title: Presión de la sangre")
    .replace("audiences: [general, ckd]", "audiences: [general]")
    .replace("{general: For everyone here., ckd: For kidneys here.}", "Para todos.")
)
LP: Final = """\
#!/bin/sh
printf '%s\\n' "$@" > "$0.words"
cat > "$0.pdf"
"""
# 1280 px at 400 percent, a phone, a tablet, a desk.
SIZES: Final = ((320, 256), (375, 812), (768, 1024), (1280, 900))
DROP: Final = """
([selector, name, data]) => {
  const files = new DataTransfer();
  for (const one of name.split("|")) files.items.add(new File([Uint8Array.fromBase64(data)], one));
  const there = document.querySelector(selector);
  for (const kind of ["dragenter", "dragover", "drop"]) {
    there.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: files }));
  }
}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a workspace, a stand-in for `lp`, and the program's temporary files."""
    root = tmp_path_factory.mktemp("screens")
    handouts = root / "clinic" / "content" / "handouts"
    handouts.mkdir(parents=True)
    texts = {"leg-cramps": CRAMPS, "pressure": OVERDUE, "feet": UNAPPROVED, "pressure.es": SPANISH}
    for name, text in texts.items():
        (handouts / f"{name}.yaml").write_text(text, encoding="utf-8")
    (root / "tmp").mkdir()
    (root / "bin").mkdir()
    (root / "bin" / "lp").write_text(LP, encoding="ascii")
    (root / "bin" / "lp").chmod(0o755)
    return root


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """Serve the workspace, with a printer queue."""
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with served_desk(home / "clinic", home / "tmp", "--printer-queue", "ward-3", PATH=path) as desk:
        yield desk


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Start what drives the browser."""
    with driver() as started:
        yield started


@pytest.fixture(scope="module")
def context(playwright: Playwright, served: Served) -> Iterator[BrowserContext]:
    """Return a browser that has entered."""
    with entered(playwright, served) as browser:
        yield browser


@pytest.fixture
def desk(context: BrowserContext, served: Served) -> Iterator[Page]:
    """Return the page of the front desk."""
    page = context.new_page()
    page.goto(served.root)
    expect(page.get_by_label("Find a topic")).to_be_focused()
    yield page
    page.close()


def choose(page: Page, topic: str, reader: str = "CKD") -> None:
    """Choose a topic and a reader, and wait for the page."""
    page.get_by_label("Find a topic").fill(topic)
    page.get_by_label("Find a topic").press("Enter")
    page.locator(".reader", has_text=reader).click()
    expect(page.get_by_role("img", name="Page 1 of 1")).to_be_visible()


def open_list(page: Page) -> None:
    """Go to the list of a topic that has fields."""
    page.get_by_role("link", name="A morning's list").click()
    page.get_by_label("Topic", exact=True).select_option(label="Leg cramps (Draft)")


def drop(page: Page, name: str, data: bytes, there: str = "#drop") -> None:
    """Drop a file as a person does; names with "|" between them are several files."""
    page.evaluate(DROP, [there, name, base64.b64encode(data).decode()])


def test_an_overdue_review_and_a_text_changed_since_are_said_in_words(desk: Page) -> None:
    """Beside the topic, above the page, and in the live region."""
    topic = desk.locator(".topic", has_text="Blood pressure")
    expect(topic.locator(".tag")).to_have_text("Review overdue")
    choose(desk, "pressure")
    expect(desk.locator("#notices")).to_have_text("The review was due on Nov 20, 2026.")
    expect(desk.locator("#live")).to_contain_text("1 page. The review was due on Nov 20, 2026.")
    desk.get_by_role("button", name="Next patient").click()
    choose(desk, "feet")
    expect(desk.locator("#notices")).to_have_text(
        "Draft: changed since it was approved on Nov 1, 2026."
    )


def test_a_language_without_a_text_is_grey_and_says_why(desk: Page) -> None:
    """The reason depends on whether the topic has the language at all."""
    choose(desk, "feet")
    spanish = desk.locator("#language-choice [value=es]")
    expect(spanish).to_be_disabled()
    expect(desk.locator("#language-choice .reason")).to_have_text(
        re.compile("^Español: This topic is not written in this language.$")
    )
    desk.get_by_role("button", name="Next patient").click()
    desk.get_by_label("Find a topic").fill("presion")
    expect(desk.locator(".topic")).to_contain_text(
        "Also called: Presión de la sangre. Found in: Español."
    )
    expect(desk.locator(".topic [lang=es]")).to_have_text("Presión de la sangre")
    choose(desk, "pressure", "No kidney disease")
    desk.locator("#language-choice .segment", has_text="Español").click()
    expect(desk.locator("#page-words")).to_contain_text("Para todos.")
    desk.locator(".reader", has_text="CKD").click()
    expect(desk.locator("#switched")).to_have_text(
        "Español: In this language, it is not written for this reader. Chosen now: English."
    )
    expect(spanish).to_be_disabled()


def test_a_date_is_picked_from_the_calendar(desk: Page) -> None:
    """The picked day stands in the line, in words, and on the page."""
    choose(desk, "leg")
    desk.get_by_role("button", name="Pick the date: Next visit").click()
    desk.locator(".picker").fill("2027-11-01")
    expect(desk.get_by_label("Next visit", exact=True)).to_have_value("November 1, 2027")
    expect(desk.get_by_label("Next visit", exact=True)).not_to_have_attribute(
        "aria-invalid", "true"
    )
    expect(desk.locator(".patch:visible")).to_have_count(1)


def test_the_clinics_printer_takes_handout_and_cards_in_turn(desk: Page, home: Path) -> None:
    """Through `lp`, under a name that says nothing; the stock is named as on its pack."""
    choose(desk, "leg")
    desk.get_by_label("Prepared for").fill("Test Reader")
    desk.get_by_label("Wallet cards").check()
    desk.get_by_label("Card stock").select_option(label="Avery 8371, 88.9 x 50.8 mm")
    expect(desk.locator("#page-of")).to_have_text("Card sheet 1, back")
    expect(desk.get_by_role("button", name="Print")).to_have_accessible_description("")
    desk.get_by_role("button", name="Print").click()
    box = desk.get_by_role("dialog")
    expect(box).to_contain_text("The paper comes out of the clinic's printer.")
    expect(box).to_contain_text("Cards on Avery 8371")
    words = (home / "bin" / "lp.words").read_text(encoding="utf-8")
    assert words.splitlines()[:6] == ["-d", "ward-3", "-s", "-t", "Teachback", "-n"]
    assert "Test Reader" in text_of((home / "bin" / "lp.pdf").read_bytes())
    box.get_by_role("button", name="The handout is printed").click()
    box.get_by_role("button", name="Print the cards").click()
    expect(box).to_contain_text("When you have all the paper, choose Next patient.")
    assert "sides=two-sided" in (home / "bin" / "lp.words").read_text(encoding="utf-8")
    cards = text_of((home / "bin" / "lp.pdf").read_bytes())
    assert "Test Reader" in cards
    assert "For kidneys here." not in cards


def workbook(*rows: tuple[str, ...]) -> bytes:
    """Return an Excel file."""
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_csv_and_an_excel_file_are_dropped_and_mended(desk: Page) -> None:
    """Both show their rows; two files at once, or one dropped beside, do not replace the page."""
    open_list(desk)
    drop(desk, "list.csv", b"id,audience,patient,visit\nA-1,ckd,Test Reader,11/2/2027\n")
    expect(desk.locator("#list-told")).to_have_text("1 row, 1 to mend")
    expect(desk.get_by_label("Choose the file")).to_have_value(re.compile("list.csv$"))
    desk.get_by_label("Next visit, row 2").fill("2027-11-02")
    expect(desk.locator("#list-told")).to_have_text("1 row, it can be printed")
    rows = (
        ("id", "audience", "patient"),
        ("B-1", "ckd", "One Reader"),
        ("B-2", "moon", "Two Reader"),
    )
    drop(desk, "list.xlsx", workbook(*rows))
    expect(desk.locator("#list-told")).to_have_text("2 rows, 1 to mend")
    desk.get_by_label("Reader, row 3").fill("general")
    expect(desk.locator("#list-told")).to_have_text("2 rows, all can be printed")
    printed = print_with(desk, desk.get_by_role("button", name="Print all").click)
    assert re.findall("(?:One|Two) Reader", printed) == ["One Reader", "Two Reader"]
    expect(desk.locator("#list-printed")).to_contain_text("2 papers: Leg cramps.")
    desk.get_by_role("button", name="Back to the list").click()
    drop(desk, "a.csv|b.csv", b"id\n")
    expect(desk.locator("#list-told")).to_have_text(re.compile("^Drop one file"))
    drop(desk, "a.csv", b"id\n", "h1")
    expect(desk.get_by_role("heading", name="A morning's list")).to_be_visible()


def test_a_list_that_is_too_long_says_how_many_rows_a_desk_prints(desk: Page) -> None:
    """Nothing of it is shown."""
    open_list(desk)
    rows = "".join(f"A-{number},ckd,Test Reader\n" for number in range(MOST_ROWS + 1))
    drop(desk, "list.csv", f"id,audience,patient\n{rows}".encode())
    expect(desk.locator("#list-told")).to_contain_text("This list has 501 rows")
    expect(desk.locator("#list-told")).to_contain_text("at most 500")
    expect(desk.locator("#list-table table")).to_have_count(0)


def test_a_photo_of_a_paper_leads_to_its_text(desk: Page) -> None:
    """As a tablet takes it: askew, in perspective, dim, a little blurred, with noise, as JPEG."""
    choose(desk, "leg")
    code = desk.locator("#code").inner_text()
    desk.get_by_label("Prepared for").fill("Test Reader")
    print_with(desk, lambda: press_print(desk))
    data = desk.evaluate("window.papers.at(-1).bytes().then((bytes) => bytes.toBase64())")
    (page,) = page_pictures(base64.b64decode(data), 200, 1)
    desk.keyboard.press("Escape")
    desk.get_by_role("link", name="Which edition?").click()
    photo = desk.locator("#photo")
    taken = photo_of(page, share=0.6)
    photo.set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": taken})
    expect(desk.locator(".match").first).to_contain_text(code)
    far = photo_of(page, share=0.25, blur=4.0)
    photo.set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": far})
    expect(desk.locator("#found .notice")).to_contain_text("No edition code can be read")
    expect(desk.locator("#found .notice")).to_contain_text("nearer")
    photo.set_input_files({"name": "p.heic", "mimeType": "image/heic", "buffer": b"no picture"})
    expect(desk.locator("#found .notice")).to_contain_text("This file is no picture")


def press_print(page: Page) -> None:
    """Print in the browser's window, not in the clinic's queue."""
    page.locator(".segment", has_text="This computer's printer").click()
    page.get_by_role("button", name="Print").click()


def test_every_other_state_is_accessible(desk: Page, served: Served) -> None:
    """Axe finds nothing in forced colours, in a warning, without the program, and before log-in."""
    choose(desk, "leg")
    desk.get_by_label("Prepared for").fill("Test Reader")
    desk.emulate_media(forced_colors="active")
    assert_accessible(desk, "forced colours", SIZES[-1])
    desk.emulate_media(forced_colors="none")
    for wide, high in SIZES:
        desk.set_viewport_size({"width": wide, "height": high})
        assert desk.evaluate("document.documentElement.scrollWidth") <= wide
    desk.route("**/desk/patch", lambda route: route.abort())
    desk.get_by_label("Prepared for").fill("Other Reader")
    expect(desk.locator("#alarm")).to_contain_text("The program cannot be reached.")
    desk.evaluate("document.querySelector('#idle').hidden = false")
    desk.evaluate("document.querySelector('#keep').textContent = 'Keep what is here'")
    desk.evaluate("document.querySelector('#idle-words').textContent = 'This page clears itself.'")
    assert_accessible(desk, "away, and about to be cleared", SIZES[-1])
    desk.goto(f"{served.root}enter")
    expect(desk.locator("#fault")).to_be_visible()
    assert_accessible(desk, "log-in", SIZES[0])


def test_the_keyboard_is_enough_at_400_percent(desk: Page) -> None:
    """On 320 x 256 px each focused part is in view, and the page is reached, read and turned."""
    desk.set_viewport_size({"width": 320, "height": 256})
    keys = desk.keyboard
    keys.type("leg")
    keys.press("Enter")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(desk.get_by_label("Prepared for")).to_be_focused()
    keys.type("Test Reader")
    seen = []
    for _ in range(40):
        keys.press("Tab")
        focused = desk.evaluate(
            """() => {
              const { top, bottom } = document.activeElement.getBoundingClientRect();
              const shown = document.activeElement.closest("label, summary, .desk-top") ?? document.activeElement;
              const box = shown.getBoundingClientRect();
              const x = Math.min(box.right - 2, box.left + box.width / 2), y = (Math.max(0, box.top) + Math.min(innerHeight, box.bottom)) / 2;
              const there = document.elementFromPoint(x, y);
              return [document.activeElement.id || document.activeElement.textContent.trim(), bottom > 0 && top < innerHeight && Boolean(there) && (shown.contains(there) || there.contains(shown))];
            }"""
        )
        seen.append(tuple(focused))
        if focused[0] == "smaller":
            break
    names = [name for name, _ in seen]
    assert {"print", "next-patient", "want-cards", "page-before"} <= set(names), names
    assert [name for name, visible in seen if not visible] == []


def test_a_screen_reader_hears_each_part_by_its_name(desk: Page) -> None:
    """The tree that Chromium hands to a screen reader: steps, choices, fields with their hints."""
    choose(desk, "leg")
    desk.get_by_label("Prepared for").fill(
        "A name that is much too long for the line on which it stands"
    )
    expect(desk.locator("#fits")).to_have_text("1 field to mend")
    tree = desk.locator("#view-print").aria_snapshot()
    for part in (
        'heading "Topic" [level=2]',
        'radio "Leg cramps Draft Show the least that a handout can be" [checked]',
        'group "Who will read it?"',
        'group "Size of the letters"',
        'radio "Standard, 13 pt" [checked]',
        'textbox "Prepared for needed"',
        'button "Pick the date: Next visit"',
        'checkbox "Handout" [checked]',
        'spinbutton "Copies": "1"',
        'region "The printed page"',
        'img "Page 1 of 1 of the handout as it will be printed"',
    ):
        assert part in tree, f"{part}\n{tree}"
    expect(desk.locator("#live")).to_contain_text("1 page. 1 field to mend. Draft: no clinician")
    desk.get_by_label("Prepared for").fill("Test Reader")
    expect(desk.locator("#live")).to_contain_text("1 page. Fits. Draft: no clinician")


def test_a_broken_file_of_the_clinic_is_told_on_the_page(
    desk: Page, served: Served, home: Path
) -> None:
    """The page says where the fault is, and has its topics again when it is mended."""
    file = home / "clinic" / "content" / "clinic.yaml"
    file.write_text("nmae: A clinic\n", encoding="utf-8")
    await_version(desk, served)
    desk.reload()
    expect(desk.locator("#bulletin")).to_contain_text("content/clinic.yaml:1:1")
    expect(desk.locator("#topics")).to_have_text("There is nothing to print yet.")
    file.unlink()
    await_version(desk, served)
    desk.get_by_role("button", name="Next patient").click()
    expect(desk.locator("#bulletin")).to_be_hidden()
    expect(desk.locator(".topic", has_text="Leg cramps")).to_be_visible()


def await_version(page: Page, served: Served) -> None:
    """Wait until the program has read its files again."""
    before = page.request.get(f"{served.root}desk/topics").json()["version"]
    while page.request.get(f"{served.root}desk/topics").json()["version"] == before:
        page.wait_for_timeout(100)


def test_a_morning_at_the_desk(desk: Page, home: Path) -> None:
    """Two patients, a paper that somebody brings, and the list: nothing of one is left for the next."""
    audit = home / "clinic" / ".teachback" / "printed.jsonl"
    before = len(audit.read_text(encoding="ascii").splitlines()) if audit.exists() else 0
    for reader, said in (("CKD", "For kidneys here."), ("No kidney disease", "For everyone here.")):
        choose(desk, "leg", reader)
        desk.get_by_label("Prepared for").press_sequentially(f"Reader {reader[:2]}")
        expect(desk.locator("#fits")).to_have_text("Fits")
        printed = print_with(desk, lambda: press_print(desk))
        assert said in printed
        assert re.findall(r"Reader (\w\w)", printed) == [reader[:2]]
        code = desk.locator("#code").inner_text()
        desk.get_by_role("dialog").get_by_role("button", name="Next patient").click()
        expect(desk.get_by_label("Find a topic")).to_be_focused()
        assert "Reader CK" not in desk.content()
    desk.get_by_role("link", name="Which edition?").click()
    desk.get_by_label("Code on the paper").fill(code.rpartition("-")[2].lower())
    desk.keyboard.press("Enter")
    expect(desk.locator(".match")).to_contain_text("This is the current text.")
    expect(desk.locator(".match")).to_contain_text("English")
    open_list(desk)
    drop(desk, "list.csv", b"id,audience,patient\nA-1,ckd,One Reader\nA-2,general,Two Reader\n")
    expect(desk.locator("#list-told")).to_have_text("2 rows, all can be printed")
    assert "Two Reader" in print_with(desk, desk.get_by_role("button", name="Print all").click)
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    assert "Two Reader" not in desk.content()
    lines = audit.read_text(encoding="ascii").splitlines()[before:]
    assert len(lines) == 4
    assert str(dt.datetime.now(tz=dt.UTC).year) in lines[0]
