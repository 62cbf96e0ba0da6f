"""What is ticked, signed or filled in by hand stands where a reader looks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.content.loader import read_handouts
from teachback.files.workspace import handout_files
from teachback.pdf.renderer import Fonts, boxes, lay_out
from teachback.printing.job_composer import JobOrder, compose_job, print_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.slow


PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'


class Place(NamedTuple):
    """The page of some words or a picture (from 1), and its edges in px."""

    page: int
    left: float
    right: float
    top: float


def places(
    workspace: Make, blocks: str, *, size: str = "standard", direction: str = "ltr"
) -> dict[str, Place]:
    """Lay out a handout with these blocks; return where each text is, and each picture (<img>)."""
    files = {"content/handouts/tiny.yaml": TINY + blocks, "content/images/a.svg": PICTURE}
    clinic = workspace(files)
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    assert not reading.problems, reading.problems
    context = print_context(clinic, reading, resolve({"size": size}, clinic))
    job = compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("pdf",)))
    page = job.handout.replace('dir="ltr"', f'dir="{direction}"', 1)
    by_text = {}
    for number, sheet in enumerate(lay_out(page, context.files, Fonts()).document.pages, start=1):
        for box in sheet._page_box.descendants():  # noqa: SLF001 -- it has no public name
            words = box.text.strip() if isinstance(box, boxes.TextBox) else f"<{box.element_tag}>"
            left = box.border_box_x()
            edges = left, left + box.width, box.position_y
            by_text[words] = Place(number, *edges)
    return by_text


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("size", ["standard", "large"])
def test_each_box_to_tick_is_below_its_side_of_the_picture(
    workspace: Make, size: str, direction: str
) -> None:
    """The first side is the left one in every language; the picture is in the middle."""
    mark = "      - {mark: images/a.svg, alt: Feet, width: 60, sides: [Left foot, Right foot]}\n"
    by_text = places(workspace, mark, size=size, direction=direction)
    picture, left, right = by_text["<img>"], by_text["Left foot"], by_text["Right foot"]
    middle = (picture.left + picture.right) / 2
    assert picture.left < left.left < left.right < middle < right.left
    assert (right.left + right.right) / 2 < picture.right
    assert left.top == right.top > picture.top
    assert middle == pytest.approx((by_text["<main>"].left + by_text["<main>"].right) / 2, abs=2)


def test_an_outline_is_larger_in_large_print(workspace: Make) -> None:
    """As large as its width says in standard type."""
    mark = "      - {mark: images/a.svg, alt: Feet, width: 30, sides: [Left foot, Right foot]}\n"
    widths = []
    for size in ("standard", "large"):
        picture = places(workspace, mark, size=size)["<img>"]
        widths.append((picture.right - picture.left) * 25.4 / 96)
    assert widths == [pytest.approx(30), pytest.approx(42)]


@pytest.mark.parametrize("size", ["standard", "large"])
def test_a_date_shares_the_row_of_the_line_before(workspace: Make, size: str) -> None:
    """A line that does not say so has a row of its own."""
    lines = "      - sign_off: [Patient, {label: Date, beside: true}, Nurse]\n"
    by_text = places(workspace, lines, size=size)
    patient, date, nurse = by_text["Patient"], by_text["Date"], by_text["Nurse"]
    assert date.top == patient.top < nurse.top
    assert nurse.left == patient.left < date.left


@pytest.mark.parametrize(
    "lines",
    [
        "      - sign_off: [Patient]\n",
        "  - {id: two, title: Who signs?, blocks: [{sign_off: [Patient]}]}\n",
    ],
)
def test_lines_to_sign_stay_with_what_is_signed(workspace: Make, lines: str) -> None:
    """They take along the end of what is before them, or of the section before theirs."""
    pages = set()
    for entries in range(17, 22):
        blocks = f"      - list: [{', '.join(f'Entry {number}' for number in range(entries))}]\n"
        by_text = places(workspace, blocks + lines)
        last, signed = by_text[f"Entry {entries - 1}"].page, by_text["Patient"].page
        assert last == signed
        pages.add(signed)
    assert pages == {1, 2}


def test_a_wide_column_is_twice_as_wide_as_one_for_words(workspace: Make) -> None:
    """There, a reader writes sentences."""
    log = "      - log: {columns: [Left foot, Right foot, {label: Notes, wide: true}], rows: 2}\n"
    by_text = places(workspace, log)
    words, sentences = by_text["Right foot"], by_text["Notes"]
    # Headings are in the middle of their columns.
    left, right = (by_text["<table>"].left, by_text["<table>"].right)
    share = (right - left) / 4
    assert (words.left + words.right) / 2 == pytest.approx(left + 1.5 * share, abs=12)
    assert (sentences.left + sentences.right) / 2 == pytest.approx(left + 3 * share, abs=12)
