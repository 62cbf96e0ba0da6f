"""The page of the front desk, in a real browser: from the topic to the print window."""

from __future__ import annotations

import datetime as dt
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import yaml
from desk_browser import (
    ARGUMENTS,
    CHROMIUM,
    PATIENCE,
    PRINT_WINDOW,
    WINDOW,
    assert_accessible,
    driver,
    enter,
    entered,
    print_with,
    served_desk,
    text_of,
    with_fonts,
)
from playwright.sync_api import expect
from tiny_handout import TINY

from teachback.files.workspace import builtin_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_browser import Served
    from playwright.sync_api import (
        BrowserContext,
        ConsoleMessage,
        Error,
        FilePayload,
        Locator,
        Page,
        Playwright,
        Route,
    )

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE)

# In ms: how long a control that has moved is out of the pointer's reach, and a little more.
STILL: Final = 600
# Return the class of the control that is seen at a place, whether or not the pointer reaches it.
BELOW: Final = """
([x, y]) => [...document.querySelectorAll(".reader, .topic, button")].find((one) => {
  const { left, right, top, bottom } = one.getBoundingClientRect();
  return left <= x && x <= right && top <= y && y <= bottom;
})?.className
"""
# Return the places of what is pressed or filled in, by its id.
PLACES: Final = """
() => Object.fromEntries([...document.querySelectorAll(":is(button, input, select)[id]")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.id, (({ left, top }) => `${left} ${top}`)(one.getBoundingClientRect())]))
"""
# 320 x 256 px are 1280 x 1024 px at 400 percent.
SIZES: Final = ((320, 256), (1280, 900))
FIELDS: Final = """\
fields:
  - {name: patient, label: Prepared for, required: true, width_mm: 45}
  - {name: visit, label: Next visit, type: date}
  - {name: side, label: Which leg, type: choice, choices: [left, right]}
personal: [patient, visit, side]
red_flags:
  - {id: urine, tier: visit, card: true, text: Foamy or dark urine}
"""
CRAMPS: Final = (
    TINY.replace("id: tiny", "id: leg-cramps")
    .replace("title: A tiny handout", "title: Leg cramps")
    .replace("red_flags:\n", FIELDS)
    .replace(
        "{title: When to get help}",
        "{title: When to get help, lines: [{label: Name, field: patient}]}",
    )
)
SALT: Final = (
    TINY.replace("id: tiny", "id: salt")
    .replace("title: A tiny handout", "title: Eat less salt")
    .replace("audiences: [general, ckd]", "audiences: [general]")
    .replace("{general: For everyone here., ckd: For kidneys here.}", "For everyone here.")
)
BROKEN: Final = TINY.replace("id: tiny", "id: broken").replace("message:", "mesage:")
STOCK: Final = "Avery 5371, 88.9 x 50.8 mm"
LONG: Final = "A name that is much too long for the line on which it has to stand"
CANARY: Final = "Zquibblethwaite"
NATIVE: Final = """
<form method="post"><label>Name <input name="name"></label><button>Send</button></form>
"""
SEARCH: Final = """
async ([topics, typed, groups]) => {
  const there = new URL("topics.js", document.querySelector("script[type=module]").src);
  const { matchersOf, search } = await import(there);
  return search(topics, matchersOf(topics, typed, groups)).map(({ topic, kind, text }) => [topic.id, kind, text]);
}
"""
TOPICS: Final = [
    {
        "id": "legs",
        "title": "Leg cramps",
        "titles": {},
        "purpose": "Sleep through the night",
        "signs": [{"text": "A calf that is red, warm or very sore", "tier": "today"}],
        "others": [],
        "problems": [],
        "choices": [],
    },
    {
        "id": "water",
        "title": "A kidney test",
        "titles": {},
        "purpose": "Know what the color of it means",
        "signs": [
            {"text": "Trouble breathing", "tier": "now"},
            {"text": "Pain with dark urine", "tier": "now"},
            {"text": "Swollen legs or face", "tier": "today"},
            {"text": "Foamy or dark urine", "tier": "visit"},
            {"text": "You feel unwell", "tier": "visit"},
        ],
        "others": [
            {
                "language": "es",
                "title": "Un análisis",
                "titles": {},
                "purpose": "Ver un color, nada colorado",
                "signs": [{"text": "Orina con espuma", "tier": "visit"}],
            }
        ],
        "problems": [],
        "choices": [],
    },
]
BOXES: Final = re.compile(r"Which leg\s+left\s+right")
SAME_WORDS: Final = [["foamy", "bubbles", "espuma"], ["urine", "pee", "orina"]]
TYPED: Final = r"Test Reader|Nov 1, 2027"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a topic for two readers, one for the general reader, and a faulty one."""
    root = tmp_path_factory.mktemp("clinic")
    handouts = root / "content" / "handouts"
    handouts.mkdir(parents=True)
    for name, text in (("leg-cramps", CRAMPS), ("salt", SALT), ("broken", BROKEN)):
        (handouts / f"{name}.yaml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def served(clinic: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the workspace at a free port, with temporary files and output in a folder of its own."""
    with served_desk(clinic, tmp_path_factory.mktemp("home")) as desk:
        yield desk


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Start what drives the browser, which may use the system's fonts, other than pages may."""
    with driver() as started:
        yield started


@pytest.fixture(scope="module")
def context(playwright: Playwright, served: Served) -> Iterator[BrowserContext]:
    """Return a browser that has entered, and counts what it would print."""
    with entered(playwright, served) as browser:
        yield browser


@pytest.fixture
def desk(context: BrowserContext, served: Served) -> Iterator[Page]:
    """Return the page of the front desk; nothing may go wrong in its scripts or against its policy.

    It is the same tab for all tests, and loaded anew: another tab would start another process.
    """
    page = context.pages[0]
    faults: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if is_fault(said):
            faults.append(said.text)

    def catch(error: Error) -> None:
        faults.append(str(error))

    page.set_viewport_size(WINDOW)
    page.on("pageerror", catch)
    page.on("console", hear)
    page.goto(served.root)
    expect(page.get_by_label("Find a topic")).to_be_focused()
    yield page
    page.unroute_all()
    page.remove_listener("pageerror", catch)
    page.remove_listener("console", hear)
    assert faults == []


def is_fault(said: ConsoleMessage) -> bool:
    """Tell whether the browser complains. An answer of 409 is one that the page expects."""
    return said.type == "error" and "409 (Conflict)" not in said.text


def choose(page: Page, *, reader: str = "CKD") -> None:
    """Choose the topic by a sign, and the reader."""
    page.get_by_label("Find a topic").fill("foamy")
    page.get_by_role("radio", name="Leg cramps").click()
    page.locator(".reader", has_text=reader).click()
    expect(page.get_by_role("img", name="Page 1 of 1")).to_be_visible()
    expect(page.get_by_label("Prepared for")).to_be_visible()


def patches(page: Page) -> Locator:
    """Return what is drawn of the typed words on the page that is shown."""
    return page.locator(".patch:visible")


def test_a_handout_and_its_card_are_printed_for_one_patient_after_the_other(desk: Page) -> None:
    """By mouse: find by a sign, choose, type, print both papers in turn; then all is cleared."""
    desk.get_by_label("Find a topic").fill("foamy")
    expect(desk.locator(".topic")).to_have_count(1)
    expect(desk.locator(".topic")).to_contain_text("Sign: Foamy or dark urine")
    desk.get_by_role("radio", name="Leg cramps").click()
    expect(desk.locator("#reader-warning")).to_be_hidden()
    desk.locator(".reader", has_text="without").or_(
        desk.locator(".reader", has_text="No kidney disease")
    ).click()
    expect(desk.locator("#reader-warning")).to_contain_text("CKD")
    desk.locator(".reader", has_text="CKD").click()
    expect(desk.locator("#reader-warning")).to_be_hidden()
    expect(desk.locator("#notices")).to_contain_text("Draft: no clinician")
    desk.get_by_label("Prepared for").fill("Test Reader")
    desk.get_by_label("Next visit", exact=True).fill("Nov 1, 2027")
    expect(patches(desk)).to_have_count(2)
    expect(desk.locator("#page-words")).to_contain_text(BOXES)
    desk.get_by_label("Which leg").select_option("left")
    expect(patches(desk)).to_have_count(3)
    expect(desk.locator("#page-words")).not_to_contain_text(BOXES)
    expect(desk.locator("#fits")).to_have_text("Fits")
    desk.get_by_label("Wallet cards").check()
    desk.get_by_label("Card stock").select_option(label=STOCK)
    desk.get_by_role("radio", name="Place 4").check()
    expect(desk.locator("#page-of")).to_have_text("Card sheet 1, back")
    expect(patches(desk)).to_have_count(1)
    handout = print_with(desk, desk.get_by_role("button", name="Print").click)
    assert re.findall(TYPED, handout) == ["Test Reader", "Nov 1, 2027"]
    assert re.search(r"Which leg\s+left", handout)
    assert not BOXES.search(handout)
    box = desk.get_by_role("dialog")
    expect(box).to_contain_text("When the handout has come out, go on to the cards.")
    expect(box).not_to_contain_text("card stock")  # the handout's window is still open
    box.get_by_role("button", name="The handout is printed").click()
    expect(box).to_contain_text("Now put the card stock in the printer.")
    expect(box).to_contain_text("Take the sheet on which places 1 to 3 are used.")
    expect(box.get_by_role("status").locator("*")).to_have_count(0)  # one text, which is said once
    cards = print_with(desk, desk.get_by_role("button", name="Print the cards").click)
    assert re.findall(TYPED, cards) == ["Test Reader"]
    expect(box).to_contain_text("When you have all the paper, choose Next patient.")
    box.get_by_role("button", name="Next patient").click()
    assert_cleared(desk)
    assert desk.locator("#sheet :checked").get_attribute("value") == "5"  # the next free place


def assert_cleared(page: Page) -> None:
    """Nothing is left on the page of what was typed or chosen, and the cursor is in the finder."""
    expect(page.get_by_label("Find a topic")).to_be_focused()
    expect(page.get_by_label("Find a topic")).to_have_value("")
    expect(page.locator("#fields input, .patch, iframe, .topic :checked, .reader")).to_have_count(0)
    expect(page.locator("#page-picture")).not_to_have_attribute("src", re.compile("."))
    assert "Test Reader" not in page.content()


def test_the_whole_flow_needs_no_mouse(desk: Page) -> None:
    """By keys alone: Enter takes topic, reader and field; Ctrl P prints, Esc Esc clears.

    A second Enter after the topic takes no reader, and says how to take one. The focus is on a
    control from the first key to the last, also when the print window has closed: screen readers
    keep the arrows for themselves on a heading.
    """
    keys = desk.keyboard
    keys.type("leg")
    expect(desk.locator("#live")).to_have_text("1 topic found. Enter takes: Leg cramps.")
    keys.press("Enter")
    expect(desk.locator(".reader input").first).to_be_focused()
    keys.press("Enter")
    expect(desk.locator("#live")).to_contain_text("arrow keys or the space bar")
    expect(desk.locator(".reader input").first).to_be_focused()
    expect(desk.locator(".reader :checked")).to_have_count(0)
    keys.press("ArrowDown")
    expect(desk.locator(".reader input").first).to_be_checked()
    keys.press("ArrowDown")
    expect(desk.locator(".reader input").nth(1)).to_be_checked()
    keys.press("Enter")
    expect(desk.get_by_label("Prepared for")).to_be_focused()
    keys.type("Test Reader")
    keys.press("Enter")
    expect(desk.get_by_label("Next visit", exact=True)).to_be_focused()
    keys.type("2027-11-01")
    keys.press("Enter")
    keys.press("Enter")
    expect(desk.get_by_role("button", name="Print")).to_be_focused()
    expect(desk.get_by_role("button", name="Print")).to_have_accessible_description(
        re.compile("flip on the long edge")
    )
    assert "Test Reader" in print_with(desk, lambda: keys.press("Control+p"))
    expect(desk.get_by_role("dialog").get_by_role("button", name="Next patient")).to_be_focused()
    keys.press("Escape")
    expect(desk.get_by_role("dialog")).to_be_hidden()
    keys.press("Escape")
    assert_cleared(desk)


def test_a_double_click_on_a_topic_chooses_no_reader(desk: Page) -> None:
    """Wherever on the topic it is: readers have just come below the pointer, and none is chosen."""
    topic = desk.locator(".topic", has_text="Leg cramps")
    expect(topic).to_be_visible()
    desk.wait_for_timeout(STILL)
    box = topic.bounding_box()
    assert box is not None
    places = range(int(box["y"]) + 6, int(box["y"] + box["height"]), 12)
    assert len(places) > 2
    below = set()
    for y in places:
        desk.mouse.dblclick(box["x"] + 30, y, delay=20)
        expect(desk.locator(".reader")).to_have_count(3)
        expect(desk.locator(".reader :checked")).to_have_count(0)
        below.add(desk.evaluate(BELOW, [box["x"] + 30, y]))
        desk.get_by_role("button", name="Next patient").click()
        expect(desk.locator(".reader")).to_have_count(0)
        desk.wait_for_timeout(STILL)
    assert "reader" in below  # else this test would show nothing
    topic.click()
    desk.locator(".reader", has_text="CKD").click()
    expect(desk.locator(".reader :checked")).to_have_value("ckd")


def test_a_key_that_is_held_goes_one_field_on_and_prints_nothing(desk: Page) -> None:
    """Enter held in a field never runs on through the whole order."""
    desk.get_by_role("radio", name="Leg cramps").click()
    desk.locator(".reader", has_text="CKD").click()
    for field, focused in (("Prepared for", "field-1"), ("Which leg", "print")):
        desk.get_by_label(field).focus()
        for _ in range(6):
            desk.keyboard.down("Enter")
        desk.keyboard.up("Enter")
        expect(desk.locator(":focus")).to_have_id(focused)
    expect(desk.locator("#print-fault")).to_be_hidden()
    expect(desk.locator("#printing")).to_be_hidden()


def test_a_fault_stands_beside_its_field_while_one_types(desk: Page) -> None:
    """A name that is too long and a date with two readings are said at once, and not printed."""
    choose(desk)
    name = desk.get_by_label("Prepared for")
    name.fill(LONG)
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(re.compile("fit|long|wide|room"))
    expect(desk.locator("#fits")).to_have_text("1 field to mend")
    desk.get_by_role("button", name="Print").click()
    expect(name).to_be_focused()
    expect(desk.locator("#print-fault")).to_have_text("Mend this first: Prepared for")
    name.fill("")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    desk.get_by_role("button", name="Print").click()
    expect(name).to_have_accessible_description(re.compile("must be filled in"))
    name.fill("Test Reader")
    date = desk.get_by_label("Next visit", exact=True)
    date.fill("11/2/2027")
    expect(date).to_have_attribute("aria-invalid", "true")
    date.fill("11/22/2027")
    expect(date).not_to_have_attribute("aria-invalid", "true")
    expect(patches(desk)).to_have_count(2)


def test_what_cannot_be_printed_says_why(desk: Page) -> None:
    """A faulty topic, a choice without a text and a reader that was not chosen give their reasons."""
    broken = desk.locator(".topic", has_text="broken")
    expect(broken.get_by_role("radio")).to_be_disabled()
    expect(broken).to_contain_text("the key 'mesage' is not known here")
    desk.get_by_role("button", name="Print").click()
    expect(desk.locator("#print-fault")).to_have_text("Choose a topic first.")
    desk.get_by_role("radio", name="Leg cramps").click()
    desk.get_by_role("button", name="Print").click()
    expect(desk.locator("#print-fault")).to_have_text("Choose the reader first.")
    desk.locator(".reader", has_text="CKD").click()
    expect(desk.locator("#depth-choice [value=brief]")).to_be_disabled()
    expect(desk.locator("#depth-choice .reason")).to_have_text(
        "Brief: This topic has no brief version."
    )
    absent = desk.locator(".reader", has=desk.locator("[value=dialysis]"))
    expect(absent.get_by_role("radio")).to_be_disabled()
    expect(absent).to_contain_text("This topic has no text for these readers.")
    expect(desk.locator("#language-choice")).to_be_hidden()  # there is only one
    for copies in ("500", "0", "-5", "1.5", ""):
        desk.get_by_label("Copies").fill(copies)
        desk.get_by_role("button", name="Print").click()
        expect(desk.locator("#print-fault")).to_have_text(
            "The number of copies is a whole number from 1 to 20."
        )


def test_a_text_that_was_changed_is_looked_at_before_it_is_printed(
    desk: Page, served: Served, clinic: Path
) -> None:
    """Print shows the new page first, and prints it when it is pressed again.

    A topic for one reader alone is for nobody before that reader is chosen.
    """
    desk.get_by_role("radio", name="Eat less salt").click()
    expect(desk.locator(".reader :checked")).to_have_count(0)
    desk.locator(".reader", has_text="No kidney disease").click()
    expect(desk.get_by_role("img", name="Page 1 of 1")).to_be_visible()
    before = desk.request.get(f"{served.root}desk/topics").json()["version"]
    changed = SALT.replace("For everyone here.", "For everyone, read anew.")
    (clinic / "content" / "handouts" / "salt.yaml").write_text(changed, encoding="utf-8")
    while desk.request.get(f"{served.root}desk/topics").json()["version"] == before:
        desk.wait_for_timeout(100)
    desk.get_by_role("button", name="Print").click()
    expect(desk.locator("#print-fault")).to_contain_text("The text was changed meanwhile.")
    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(desk.locator("#page-words")).to_contain_text("read anew")
    assert "read anew" in print_with(desk, desk.get_by_role("button", name="Print").click)


def test_the_next_patient_closes_the_tab_that_shows_the_last_ones_paper(desk: Page) -> None:
    """Where the browser cannot close it, the page says so until somebody has."""
    choose(desk)
    desk.get_by_label("Prepared for").fill("Test Reader")
    print_with(desk, lambda: desk.keyboard.press("Control+p"))
    with desk.expect_popup() as opened:
        desk.get_by_role("button", name="Open the paper in a new tab").click()
    with opened.value.expect_event("close"):
        desk.get_by_role("dialog").get_by_role("button", name="Next patient").click()
    expect(desk.locator("#tab-left")).to_be_hidden()
    choose(desk)
    desk.get_by_label("Prepared for").fill("Test Reader")
    print_with(desk, lambda: desk.keyboard.press("Control+p"))
    desk.evaluate("window.open = () => (window.tab = { closed: false, close() {} })")
    desk.get_by_role("button", name="Open the paper in a new tab").click()
    desk.get_by_role("dialog").get_by_role("button", name="Next patient").click()
    expect(desk.locator("#tab-left")).to_have_text(
        "A tab still shows the paper of the last patient. Close that tab."
    )
    desk.evaluate("window.tab.closed = true")
    expect(desk.locator("#tab-left")).to_be_hidden()


def test_while_a_page_is_made_nothing_is_shown_of_the_one_before(desk: Page) -> None:
    """No page, code or fit of the old one; the page says what it waits for, and Print does, too.

    The first page moves nothing when it comes: its fields are there before. What is said stays
    until all pages are there, and Print prints the order for which it was pressed, and no other.
    """
    held: list[Route] = []
    desk.route("**/desk/edition", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright takes no built-in
    desk.get_by_role("radio", name="Leg cramps").click()
    desk.locator(".reader", has_text="CKD").click()
    desk.get_by_label("Prepared for").fill("Test Reader")
    before = desk.locator("#size-choice").bounding_box()
    expect(desk.locator("#empty")).to_have_text("The page is being made.")
    held.pop().continue_()
    expect(desk.locator("#fits")).to_have_text("Fits")
    assert desk.locator("#size-choice").bounding_box() == before
    desk.locator("#size-choice .segment", has_text="Large").click()
    expect(desk.locator("#empty")).to_have_text("The page is being made.")
    for part in ("#page-picture", "#caption", "#notices", "#page-text", ".patch"):
        expect(desk.locator(part)).to_be_hidden()
    desk.get_by_role("button", name="Print").click()
    expect(desk.locator("#print-fault")).to_have_text(
        "The page is still being made. It is printed when it is there."
    )
    with desk.expect_response("**/desk/cards"):
        desk.get_by_label("Wallet cards").check()
    expect(desk.locator("#print-fault")).to_have_text(
        "Something else was chosen meanwhile. Look at the new page, then print."
    )
    desk.get_by_role("button", name="Print").click()
    expect(desk.locator("#code")).to_have_text(re.compile("."))  # the cards are there
    expect(desk.locator("#live")).to_have_text("The page is being made.")
    expect(desk.locator("#empty")).to_have_text("The page is being made.")
    expect(desk.locator("#print-fault")).to_have_text(
        "The page is still being made. It is printed when it is there."
    )
    printed = print_with(desk, held[0].continue_)
    assert "Test Reader" in printed
    expect(desk.locator("#print-fault")).to_be_hidden()
    expect(desk.locator("#page-picture")).to_be_visible()
    expect(desk.locator("#fits")).to_have_text("Fits")


def test_cards_on_plain_paper_need_no_other_paper_and_no_place(desk: Page) -> None:
    """A sheet that was cut up has no place left; the handout's paper is in the printer already.

    Ticks move no control. A field that is not printed says on which paper it is.
    """
    choose(desk)
    desk.get_by_label("Prepared for").fill("Test Reader")
    desk.set_viewport_size({"width": 1280, "height": 1400})  # else the page scrolls to the ticks
    places = desk.evaluate(PLACES)
    assert {"field-0", "field-1", "want-handout", "want-cards", "page-after", "print"} <= set(
        places
    )
    desk.get_by_label("Wallet cards").check()
    expect(desk.locator("#page-of")).to_contain_text("Card sheet 1")
    desk.get_by_label("Handout", exact=True).uncheck()
    visit = desk.get_by_label("Next visit", exact=True)
    expect(visit).to_be_disabled()
    expect(visit).to_have_attribute("placeholder", "Only on the handout")
    expect(desk.get_by_label("Prepared for")).to_be_enabled()
    assert places.items() <= desk.evaluate(PLACES).items()
    desk.get_by_label("Handout", exact=True).check()
    expect(visit).to_be_enabled()
    one_side = desk.get_by_label("Card stock").locator("option[value='avery-5395']").first
    expect(one_side).to_be_disabled()
    expect(one_side).to_have_attribute("label", re.compile("59.258 mm: printed on one side, but"))
    plain = "Plain paper, to cut, 85.6 x 53.98 mm"
    desk.get_by_label("Card stock").select_option(label=plain)
    expect(desk.get_by_role("group", name="First free place")).to_be_hidden()
    expect(desk.locator("#page-of")).to_contain_text("Card sheet 1")
    assert BOXES.search(print_with(desk, lambda: desk.keyboard.press("Control+p")))
    box = desk.get_by_role("dialog")
    expect(box).to_contain_text("Then print the cards, on the same paper.")
    expect(box.get_by_role("button", name="The handout is printed")).to_be_hidden()
    cards = box.get_by_role("button", name="Print the cards")
    expect(cards).not_to_have_attribute("data-moved", "")
    place = cards.bounding_box()
    assert place is not None
    desk.clock.install()
    desk.clock.pause_at(dt.datetime.now(tz=dt.UTC) + dt.timedelta(minutes=1))
    print_with(desk, cards.click)
    expect(box).to_contain_text("Cards: the print window is open.")
    # "Next patient" has come where the second click of a double click falls.
    following = box.get_by_role("button", name="Next patient")
    there = following.bounding_box()
    assert there is not None
    assert abs(there["x"] - place["x"]) + abs(there["y"] - place["y"]) < place["height"]
    desk.mouse.click(there["x"] + 20, there["y"] + 20)
    expect(box).to_be_visible()
    expect(desk.get_by_label("Prepared for")).to_have_value("Test Reader")
    desk.clock.resume()
    desk.get_by_role("button", name="Back to the page").click()
    expect(desk.locator("#sheet :checked")).to_have_value("1")


def test_an_address_without_its_key_says_what_is_lacking(
    context: BrowserContext, served: Served
) -> None:
    """The whole address, opened in the same tab, then leads to the page."""
    assert context.browser is not None
    other = context.browser.new_context()
    page = other.new_page()
    page.goto(served.root)
    expect(page.locator("#fault")).to_contain_text("This address has no key.")
    page.goto(f"{served.root}enter#wrong")
    expect(page.locator("#fault")).to_contain_text("The key in this address is not valid.")
    page.goto(served.address)
    expect(page.get_by_label("Find a topic")).to_be_focused()
    other.close()


def test_a_search_finds_what_has_most_of_the_words(desk: Page) -> None:
    """Common words do not count, a form of a word does, and so does one slip in a long word.

    A word of the same meaning counts, in any language, and a whole word before a part of one.
    """
    sleep = ("legs", "purpose", "Sleep through the night")
    color = ("water", "purpose", "Know what the color of it means")
    foamy, swollen, breath, pain, spanish = (
        ("water", "sign", text)
        for text in (
            "Foamy or dark urine",
            "Swollen legs or face",
            "Trouble breathing",
            "Pain with dark urine",
            "Orina con espuma",
        )
    )
    found = {
        "my pee is foamy": [foamy],
        "bubbles in urine": [foamy],
        "bubles": [foamy],
        "pee": [pain],
        "orina con espuma": [spanish],
        "orina oscura": [spanish],
        "color": [color],  # a part of "colorado", too, but a whole word of the topic's own language
        "fomy": [foamy],
        "faomy": [foamy],
        "cramp at night": [sleep],
        "leg cramps": [sleep, swollen],
        "swollen legs": [swollen, sleep],
        "shortness of breath": [breath],
        "the": [sleep, color],
        "fomx": [],  # two letters are wrong
        "fell": [],  # a short word is not taken for "feel"
        "roamy": [],  # nor one with another first letter for "foamy"
        "my xylophone": [],
    }
    searched = {typed: desk.evaluate(SEARCH, [TOPICS, typed, SAME_WORDS]) for typed in found}
    assert {typed: list(map(tuple, hits)) for typed, hits in searched.items()} == found


def test_a_hit_says_how_urgent_its_sign_is(desk: Page) -> None:
    """In words, behind the sign; where nothing is found, the page says to try one word."""
    desk.get_by_label("Find a topic").fill("my pee is foamy")
    expect(desk.locator(".topic")).to_contain_text(
        "Sign: Foamy or dark urine. Tell us at the next visit."
    )
    desk.get_by_label("Find a topic").fill("chest hurts, rash")  # "hurts" means pain
    expect(desk.locator(".topic").first).to_contain_text(
        "Sign: Chest pain. Emergency: call now. Not in this topic: rash."
    )
    desk.get_by_label("Find a topic").fill("xylophone")
    expect(desk.locator("#topics")).to_have_text("No topic has these words. Try one word alone.")


def test_a_page_that_nobody_touches_clears_itself(context: BrowserContext, served: Served) -> None:
    """After ten minutes without a key nothing is left; before, the page says so and can be kept."""
    desk = context.new_page()
    desk.clock.install()
    desk.goto(served.root)
    choose(desk)
    desk.get_by_label("Prepared for").fill("Test Reader")
    desk.clock.run_for(585_000)
    expect(desk.get_by_role("alertdialog")).to_contain_text("clears itself")
    desk.get_by_role("button", name="Keep what is here").click()
    expect(desk.get_by_role("alertdialog")).to_be_hidden()
    desk.clock.run_for(590_000)
    expect(desk.get_by_label("Prepared for")).to_have_value("Test Reader")
    desk.clock.run_for(15_000)
    assert_cleared(desk)
    desk.close()


def test_a_paper_is_found_by_its_code(desk: Page, served: Served) -> None:
    """The code of what was printed, also with a slip, or a photo leads to the text and its review."""
    choose(desk)
    desk.get_by_label("Prepared for").fill("Test Reader")
    print_with(desk, lambda: desk.keyboard.press("Control+p"))
    code = desk.locator("#code").inner_text()
    picture = desk.locator("#page-picture").get_attribute("src") or ""
    photo = desk.request.get(served.root + picture[1:].replace("dpi=96", "dpi=192")).body()
    desk.go_back()  # closes what is over the page, and leaves the page as it is
    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(desk.get_by_label("Prepared for")).to_have_value("Test Reader")
    desk.get_by_role("link", name="Which edition?").click()
    desk.get_by_label("Code on the paper").fill(code.rpartition("-")[2])
    desk.get_by_role("button", name="Look it up").click()
    expect(desk.locator(".match").first).to_contain_text("Leg cramps")
    expect(desk.locator(".match").first).to_contain_text("This is the current text.")
    slip = code[:-1] + ("2" if code[-1] != "2" else "3")
    desk.get_by_label("Code on the paper").fill(slip)
    desk.get_by_role("button", name="Look it up").click()
    expect(desk.locator("#live")).to_contain_text("Was it one of these? Leg cramps.")
    desk.get_by_role("button", name=code).click()
    expect(desk.locator(".match").first).to_contain_text("Leg cramps")
    expect(desk.locator("#live")).to_have_text(
        re.compile("^Leg cramps. This is the current text. .* Draft: no clinician ")
    )
    desk.get_by_label("Code on the paper").fill("")
    file: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": photo}
    with desk.expect_response("**/editions/scan"):
        desk.get_by_label("photo").set_input_files(file)
    expect(desk.locator(".match").first).to_contain_text(code)
    expect(desk.get_by_label("photo")).to_have_value(re.compile("photo.png$"))


def test_a_list_is_mended_in_place_and_printed_as_one_file(desk: Page) -> None:
    """Each row's fault stands beside it; a mended list is one PDF in its order.

    The next patient takes nothing of it away before it is printed.
    """
    rows = "id,audience,patient,visit\nB-2,ckd,Test Reader,11/2/2027\nA-1,ckd,Other Reader,\n"
    desk.get_by_role("link", name="A morning's list").click()
    desk.get_by_label("Topic", exact=True).select_option(label="Leg cramps (Draft)")
    give_list(desk, rows)
    expect(desk.locator("#list-told")).to_have_text("2 rows, 1 to mend")
    expect(desk.get_by_label("Topic", exact=True)).to_have_accessible_description(
        "Draft: no clinician has approved this text."
    )
    desk.get_by_role("button", name="Print all").click()
    visit = desk.get_by_label("Next visit, row 2 in your file", exact=True)
    expect(visit).to_be_focused()
    expect(desk.get_by_role("columnheader", name="Row in your file")).to_be_visible()
    expect(desk.get_by_role("rowheader", name="2", exact=True)).to_be_visible()
    expect(visit).to_have_accessible_description(re.compile("^Next visit: "))
    expect(desk.get_by_label("Prepared for, row 2")).to_have_accessible_description("")
    visit.fill("2027-11-02")
    expect(desk.locator("#list-told")).to_have_text("2 rows, all can be printed")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(desk.locator("#ready")).to_have_text(
        "Ready for the next patient. The list stays: it is not printed yet."
    )
    desk.get_by_role("link", name="A morning's list").click()
    expect(visit).to_have_value("2027-11-02")
    printed = print_with(desk, desk.get_by_role("button", name="Print all").click)
    assert re.findall("(?:Test|Other) Reader", printed) == ["Test Reader", "Other Reader"]
    assert "Rows in your file" in printed  # the words of the screen
    assert re.search(r"Row\s+Number\s+Edition code", printed)
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(desk.locator("#ready")).to_have_text("Ready for the next patient")
    assert "Other Reader" not in desk.content()


def open_list(page: Page) -> None:
    """Go to the list, and choose a topic that has fields."""
    page.get_by_role("link", name="A morning's list").click()
    page.get_by_label("Topic", exact=True).select_option(label="Leg cramps (Draft)")


def test_a_list_has_no_topic_until_one_is_chosen(desk: Page) -> None:
    """The list waits for it. A changed topic reads the list again, and keeps what was typed."""
    desk.get_by_role("link", name="A morning's list").click()
    expect(desk.get_by_label("Topic", exact=True)).to_have_value("")
    give_list(desk, "reader,prepared for,next visit\nckd,Test Reader,soon\n")
    expect(desk.locator("#list-told")).to_have_text("Choose the topic. The list is then read.")
    desk.get_by_label("Topic", exact=True).select_option(label="Leg cramps (Draft)")
    expect(desk.locator("#list-told")).to_have_text("1 row, 1 to mend")
    desk.get_by_label("Next visit, row 2").fill("2027-11-02")
    expect(desk.locator("#list-told")).to_have_text("1 row, it can be printed")
    expect(desk.get_by_role("option", name="Eat less salt (nothing to fill in)")).to_be_disabled()
    desk.get_by_label("Topic", exact=True).select_option(label="Choose a topic")
    expect(desk.locator("#list-table table")).to_have_count(0)
    desk.get_by_label("Topic", exact=True).select_option(label="Leg cramps (Draft)")
    expect(desk.locator("#list-told")).to_have_text("1 row, it can be printed")
    expect(desk.get_by_label("Next visit, row 2")).to_have_value("2027-11-02")


def test_no_column_of_a_list_is_lost_in_silence(desk: Page) -> None:
    """A column that is no field's is named; nothing is printed until somebody said what it is."""
    open_list(desk)
    give_list(desk, "Reader,Patient's name,Ward\nckd,Test Reader,9\n")
    expect(desk.get_by_label("Choose the file")).to_have_value(re.compile("list.csv$"))
    expect(desk.locator("#list-told")).to_have_text("1 row. First choose what 2 columns are.")
    expect(desk.locator("#list-missing")).to_contain_text("No column is: Prepared for.")
    ready = desk.get_by_text("Can be printed", exact=True)
    expect(ready).to_be_hidden()
    name = desk.get_by_label('Column 2 (B): "Patient\'s name"')
    expect(name).to_have_value("?")
    desk.get_by_role("button", name="Print all").click()
    expect(name).to_be_focused()
    expect(desk.locator("#list-fault")).to_have_text("First choose what each column is.")
    name.select_option(label="Prepared for")
    desk.get_by_label('Column 3 (C): "Ward"').select_option(label="It is not printed")
    expect(desk.locator("#list-told")).to_have_text("1 row, it can be printed")
    expect(ready).to_be_visible()
    expect(desk.locator("#list-notices")).to_have_text(
        "This list has no column for: Next visit, Which leg. Each paper has a line to write it on."
    )
    printed = print_with(desk, desk.get_by_role("button", name="Print all").click)
    assert "Test Reader" in printed
    expect(desk.locator("#list-printed")).to_contain_text("1 paper: Leg cramps.")
    desk.get_by_role("button", name="Next list").click()
    expect(desk.get_by_label("Topic", exact=True)).to_have_value("")
    expect(desk.get_by_label("Choose the file")).to_have_value("")
    assert "Test Reader" not in desk.content()
    assert "Ward" not in desk.content()


def test_the_paper_of_a_list_opens_in_a_tab_that_the_next_list_closes(desk: Page) -> None:
    """Also where the browser opened no print window. A row tells what it is printed without.

    A likely column is taken by one click.
    """
    open_list(desk)
    give_list(desk, "Reader,Prepared,Which leg\nckd,Test Reader,\n")
    desk.get_by_role("button", name="Yes, it is Prepared for").click()
    expect(desk.get_by_label('Column 2 (B): "Prepared"')).to_be_focused()
    expect(desk.get_by_text("Can be printed, without: Which leg", exact=True)).to_be_visible()
    print_with(desk, desk.get_by_role("button", name="Print all").click)
    with desk.expect_popup() as opened:
        desk.get_by_role("button", name="Open the paper in a new tab").click()
    assert opened.value.url.startswith("blob:")
    with opened.value.expect_event("close"):
        desk.get_by_role("button", name="Next list").click()


def test_the_columns_of_a_topic_come_as_a_file_to_fill_in(desk: Page) -> None:
    """The example that is saved is a list which can be printed as it is."""
    open_list(desk)
    expect(desk.get_by_role("row", name="Which leg One of: left; right")).to_be_visible()
    with desk.expect_download() as saved:
        desk.get_by_role("button", name="Save an example").click()
    example = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert saved.value.suggested_filename == "leg-cramps.csv"
    assert example.startswith("Number,Reader,Prepared for,Next visit,Which leg,")
    give_list(desk, example)
    expect(desk.locator("#list-told")).to_have_text("1 row, it can be printed")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_what_is_to_mend_is_within_the_window(desk: Page, width: int) -> None:
    """A long fault is wrapped, also beside many columns."""
    desk.set_viewport_size({"width": width, "height": 900})
    open_list(desk)
    give_list(desk, "reader,prepared for,next visit,which leg,paper,type,copies\nno,\u5c71,,,,,\n")
    fault = desk.locator("#row-2-fault .fault").first
    expect(fault).to_be_visible()
    box = fault.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width


def give_list(page: Page, rows: str) -> None:
    """Choose a CSV file for the list."""
    file: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.get_by_label("Choose the file").set_input_files(file)


def test_each_state_is_accessible_at_each_width(desk: Page) -> None:
    """axe-core finds nothing in any state, and nothing is wider than the window."""
    assert_accessible(desk, "empty", *SIZES)
    choose(desk)
    desk.get_by_label("Wallet cards").check()
    desk.get_by_label("Card stock").select_option(label=STOCK)
    expect(desk.locator("#page-of")).to_contain_text("Card sheet 1")
    desk.get_by_label("Prepared for").fill(LONG)
    expect(desk.locator("#fits")).to_have_text("1 field to mend")
    assert_accessible(desk, "fault", *SIZES)
    desk.get_by_label("Prepared for").fill("Test Reader")
    expect(desk.locator("#fits")).to_have_text("Fits")
    desk.get_by_role("button", name="Print").click()
    expect(desk.get_by_role("button", name="The handout is printed")).to_be_focused()
    assert_accessible(desk, "printing", *SIZES)
    desk.keyboard.press("Escape")
    desk.get_by_role("link", name="Which edition?").click()
    desk.get_by_label("Code on the paper").fill("XXXXXXX")
    desk.get_by_role("button", name="Look it up").click()
    expect(desk.locator("#found .notice")).to_be_visible()
    assert_accessible(desk, "edition", *SIZES)
    desk.get_by_role("link", name="A morning's list").click()
    desk.get_by_label("Topic", exact=True).select_option(label="Leg cramps (Draft)")
    give_list(desk, "id,audience,patient,visit\nA-1,ckd,Test Reader,11/2/2027\n")
    expect(desk.locator("#list-told")).to_have_text("1 row, 1 to mend")
    assert_accessible(desk, "list", *SIZES)
    give_list(desk, "id,reader,Ward,name\nA-1,ckd,9,Test Reader\n")
    expect(desk.locator("#list-told")).to_contain_text("First choose what 2 columns are.")
    desk.locator("#list-takes summary").click()
    assert_accessible(desk, "columns of a list", *SIZES)


def test_a_screen_reader_is_told_pages_fit_and_review(desk: Page) -> None:
    """One live region says how many pages there are, that all fits, and that the text is a draft."""
    choose(desk)
    desk.get_by_label("Prepared for").fill("Test Reader")
    expect(desk.locator("#live[role=status]")).to_have_text(
        re.compile(r"1 page\. Fits\. Draft: no clinician has \w+ this text\.")
    )
    desk.get_by_text("Text of this page").click()
    expect(desk.locator("#page-words")).to_contain_text("For kidneys here.")


def test_a_tablet_is_enough(context: BrowserContext, served: Served) -> None:
    """By touch, on 768 x 1024 px: topic, reader, name, cards and print, without scrolling sideways."""
    assert context.browser is not None
    tablet = context.browser.new_context(
        viewport={"width": 768, "height": 1024},
        has_touch=True,
        storage_state=context.storage_state(),
    )
    tablet.add_init_script(PRINT_WINDOW)
    page = tablet.new_page()
    page.goto(served.root)
    topic = page.locator(".topic", has_text="Leg cramps")
    expect(topic).to_be_visible()
    page.wait_for_timeout(STILL)
    box = topic.bounding_box()
    assert box is not None
    for _ in range(3):  # as fingers do: again and again on the same spot
        page.touchscreen.tap(box["x"] + 40, box["y"] + box["height"] / 2)
    expect(page.locator(".reader")).to_have_count(3)
    expect(page.locator(".reader :checked")).to_have_count(0)
    page.locator(".reader", has_text="CKD").tap()
    page.get_by_label("Prepared for").tap()
    page.keyboard.type("Test Reader")
    page.get_by_text("Wallet cards").tap()
    page.get_by_label("Card stock").select_option(label=STOCK)
    page.locator("#sheet .place").nth(2).tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 768
    printed = print_with(page, page.get_by_role("button", name="Print").tap)
    assert "Test Reader" in printed
    tablet.close()


def test_nothing_that_was_typed_is_found_anywhere(
    playwright: Playwright, served: Served, clinic: Path, tmp_path: Path
) -> None:
    """A name typed in every view is in no file of browser, program or workspace.

    The same search finds it after a form of plain HTML was sent.
    """
    with profile(playwright, tmp_path / "ours") as page:
        enter(page.context, served)
        page.goto(served.root)
        choose(page)
        page.get_by_label("Prepared for").press_sequentially(CANARY)
        page.get_by_label("Wallet cards").check()
        expect(patches(page)).to_have_count(1)
        assert CANARY in print_with(page, page.get_by_role("button", name="Print").click)
        assert CANARY in print_with(page, page.get_by_role("button", name="Print the cards").click)
        page.get_by_role("button", name="Back to the page").click()
        page.get_by_role("link", name="Which edition?").click()
        page.get_by_label("Code on the paper").press_sequentially(CANARY)
        page.get_by_role("button", name="Look it up").click()
        expect(page.locator("#found .notice")).to_be_visible()
        page.get_by_role("link", name="A morning's list").click()
        page.get_by_label("Topic", exact=True).select_option(label="Leg cramps (Draft)")
        give_list(page, f"id,audience,patient,{CANARY}\nA-1,ckd,{CANARY},{CANARY}\n")
        page.get_by_label(f'Column 4 (D): "{CANARY}"').select_option(label="It is not printed")
        expect(page.locator("#list-told")).to_have_text("1 row, it can be printed")
        assert CANARY in print_with(page, page.get_by_role("button", name="Print all").click)
        page.get_by_role("button", name="Back to the list").click()
        page.get_by_role(
            "link", name="Print", exact=True
        ).click()  # leaves the page with the name typed
    assert found_in(tmp_path / "ours", served.home, clinic) == []
    with profile(playwright, tmp_path / "native") as page:
        page.route(
            f"{served.root}native",
            lambda route: route.fulfill(body=NATIVE, content_type="text/html"),
        )
        page.goto(f"{served.root}native")
        page.get_by_label("Name").press_sequentially(CANARY)
        page.get_by_role("button").click()
        page.wait_for_load_state()
        page.wait_for_timeout(1500)  # the browser writes its file of form data a moment later
    assert found_in(tmp_path / "native") != []


@contextmanager
def profile(playwright: Playwright, folder: Path) -> Iterator[Page]:
    """Open a browser that keeps what it keeps in a folder, and close it, which writes all of it."""
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=ARGUMENTS, env=with_fonts()
    )
    context.add_init_script(PRINT_WINDOW)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def found_in(*folders: Path) -> list[Path]:
    """Return the files in which the name stands: as UTF-8, as UTF-16, or in the text of a PDF."""
    # `walk`, as the desk and the browser may delete a folder meanwhile.
    walked = (
        Path(at, name) for folder in folders for at, _, names in os.walk(folder) for name in names
    )
    files = [path for path in walked if path.is_file()]
    assert len(files) > 20
    return [path for path in files if names_canary(kept_bytes(path))]


def kept_bytes(path: Path) -> bytes:
    """Return the bytes of a file, and none of a file or process that has ended meanwhile."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def names_canary(data: bytes) -> bool:
    """Tell whether the name stands in the bytes of a file."""
    plain = any(CANARY.encode(shape) in data for shape in ("utf-8", "utf-16-le", "utf-16-be"))
    return plain or (b"%PDF-" in data and CANARY in text_of(data[data.index(b"%PDF-") :]))


def test_every_word_of_the_page_is_in_its_file_and_used() -> None:
    """The scripts say only words of web/words/en.yaml, and every word there is said."""
    web = builtin_root() / "web"
    words = yaml.safe_load((web / "words" / "en.yaml").read_text(encoding="utf-8"))
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(web.glob("*.js")))
    pages = "\n".join(path.read_text(encoding="utf-8") for path in sorted(web.glob("*.html")))
    live = {**words.pop("live"), **words.pop("preview_live")}
    said = set(re.findall(r'"([a-z_]+)"', scripts))
    assert {key for key in live if re.sub("_(one|none)$", "", key) not in said} == set()
    asked = set(re.findall(r'(?:say|counted)\("([a-z_]+)"', scripts))
    assert len(asked) > 30
    assert asked <= set(live)
    shown = set(re.findall(r"words\.([a-z_]+\.[a-z_]+)", pages)) | {
        f"form.{one}" for one in words["form"]
    }
    assert {f"{part}.{key}" for part, each in words.items() for key in each} == shown
