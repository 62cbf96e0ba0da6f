"""Fields of a handout: declared once, placed in texts, and printed as lines to write on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from handout_with_fields import FILLED, composed
from settings_from_flags import resolve

from teachback.content.loader import read_handouts
from teachback.files.workspace import handout_files
from teachback.printing.job_composer import JobOrder, compose_job, print_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

PLACED = ["patient", "visit", "nurse", "fluid", "visit", "weight", "phone", "side", "nurse"]


def problems_of(workspace: Workspace) -> list[tuple[int, int, str]]:
    """Return line, column and message of each problem of the handout."""
    reading = read_handouts(workspace, {"tiny": handout_files(workspace)["tiny"]})
    found = reading.problems.get("tiny", ())
    return [
        (p.location.line, p.location.column, p.message)
        for p in found
        if p.location and p.location.line and p.location.column
    ]


def line_of(text: str, words: str) -> int:
    """Return the number of the first line with some words."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if words in line)


def test_each_place_is_a_line_to_write_on_that_says_which_field_it_is(workspace: Make) -> None:
    """Panel, text, strong text, row and list each have a slot.

    A reader who does not get a line of the panel has none.
    """
    made = workspace({"content/handouts/tiny.yaml": FILLED})
    page = composed(made).jobs[0].handout
    assert re.findall(r'data-field="(\w+)"', page) == PLACED
    assert re.findall(
        r'data-field="(\w+)"', composed(made, audience="general").jobs[0].handout
    ) == [*PLACED[:2], *PLACED[3:]]
    assert page.count('data-actualtext="line to write on"') >= len(PLACED)
    assert "Prepared for" in page
    assert "{record" not in page


def test_a_card_line_is_a_place_too(workspace: Make) -> None:
    """The card's name line has its field, and takes the whole width if the field is long."""
    card = composed(workspace({"content/handouts/tiny.yaml": FILLED})).jobs[1].cards[0]
    assert re.findall(r'data-field="(\w+)"', card) == ["patient"]
    assert 'class="line open wide"' in card


def test_the_screen_page_has_the_same_lines(workspace: Make) -> None:
    """On a screen, a place is a blank that a screen reader announces."""
    made = workspace({"content/handouts/tiny.yaml": FILLED})
    reading = read_handouts(made, {"tiny": handout_files(made)["tiny"]})
    context = print_context(made, reading, resolve({}, made))
    job = compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("html",)))
    assert len(
        re.findall(
            r'<span class="slot [a-z ]*blank"><span class="unseen">line to write on', job.screen
        )
    ) == len(PLACED)


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        (
            "{record.fluid}",
            "{record.fluids}",
            "{record.fluids}",
            "the field 'fluids' is not declared",
        ),
        ("field: weight", "field: wieght", "field: wieght", "the field 'wieght' is not declared"),
        (
            "personal: [patient",
            "personal: [pat, patient",
            "personal:",
            ("the field 'pat' is not declared"),
        ),
        (
            ", field: weight}",
            "}",
            "name: weight",
            ("the field 'weight' is not used anywhere, so it would not be printed"),
        ),
        (
            "name: weight",
            "name: id",
            "name: id",
            ("a field cannot be called 'id': that column of the records chooses the edition"),
        ),
        (
            "name: weight",
            "name: phone",
            "name: phone, label: Phone",
            ("the field 'phone' is declared twice"),
        ),
        (
            "label: Weight}",
            "label: 'Weight {record.side}'}",
            "name: weight",
            ("a field cannot be used in what a field says of itself"),
        ),
        (
            "title: A tiny handout",
            "title: For {record.side}",
            "title:",
            ("a field cannot be used in a title, which also names the file"),
        ),
        (
            "title: What is this?",
            "title: 'Is {record.side}?'",
            "title: 'Is",
            (
                "a field cannot be used in the heading of a section, which the file's outline repeats"
            ),
        ),
        (
            "{record.fluid} liters",
            "[{record.fluid} liters](https://example.org)",
            "https:",
            ("a field cannot be used in the words of a link"),
        ),
        (", choices: [left, right]", "", "name: side", "the field 'side' has no choices"),
        (
            "type: phone",
            "choices: [one]",
            "name: phone",
            ("the field 'phone' has choices but not `type: choice`"),
        ),
        ("width_mm: 16", "width_mm: 400", "width_mm: 400", "the number is too large"),
        ("type: date", "type: day", "type: day", ("'day' is not one of the allowed words")),
        ("name: nurse", "name: The Nurse", "The Nurse", ("'The Nurse' is not an allowed name")),
        ("name: nurse", "name: ", "name: ,", "this is empty"),
        ("name: nurse", "name: [nurse]", "name: [nurse]", "this must be a text, not a list"),
    ],
)
def test_a_field_that_cannot_be_filled_is_a_problem_with_its_place(
    workspace: Make, old: str, new: str, where: str, message: str
) -> None:
    """A field that is undeclared, repeated or misplaced is reported with line and column."""
    text = FILLED.replace(old, new, 1)
    assert text != FILLED
    found = problems_of(workspace({"content/handouts/tiny.yaml": text}))
    assert (line_of(text, where), message) in [(line, reported) for line, _, reported in found]
    assert all(column > 0 for _, column, _ in found)


def test_a_misspelt_field_is_answered_with_the_nearest(workspace: Make) -> None:
    """The hint says where to declare the field, and suggests a similar one."""
    made = workspace(
        {
            "content/handouts/tiny.yaml": FILLED.replace(
                "{record.fluid}", "{record.fluid} {record.flud}"
            )
        }
    )
    (problem,) = read_handouts(made, {"tiny": handout_files(made)["tiny"]}).problems["tiny"]
    assert problem.hint == "Declare it below `fields:`. Did you mean 'fluid'?"
