"""A block that is valid by its keys, and would not print right, is a problem with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tiny_handout import TINY

from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import TeachbackError
from teachback.files.workspace import handout_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

TODAY = "  - {id: swelling, tier: today, text: Swelling}\n"
GREEN = "{zone: green, title: Well, signs: [None]}"


def problems(workspace: Callable[..., Workspace], block: str, flags: str = "") -> list[str]:
    """Return the messages for a handout with one more block, each after its line in the block."""
    handout = TINY.replace("card: {title", f"{flags}card: {{title") + f"      - {block}\n"
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": handout,
            "content/images/a.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>',
        }
    )
    try:
        load_handout(handout_files(clinic)["tiny"], clinic, load_shared(clinic))
    except TeachbackError as error:
        return [problem.message for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("callout: tip", "this callout is empty"),
        ("brief: true\n        words: Rest.", "'words' is not a known kind of block"),
        ("log: {columns: [Day, Weight]}", "a log needs rows to fill in"),
        (
            "log: {columns: [Day, Weight], rows: 2, row_headings: [Monday]}",
            "a log needs rows to fill in",
        ),
        ("schedule: {times: [Morning]}", "this schedule has no rows"),
        (
            "schedule: {times: [Morning, Noon], rows: [{medicine: A, fields: [null]}]}",
            "this row has 1 fields, and the schedule has 2 times",
        ),
        ("compare: {avoid: [Salt]}", "this needs two columns"),
        ("steps: [{text: Sit., figure: images/a.svg}]", "the picture of this step has no `alt:`"),
        ("table: {columns: [A, B], rows: [[Rest, '']]}", "this cell is empty"),
        (
            "table: {columns: [A, B, C, D, E], rows: [[a, b, c, d, e]]}",
            "this table has 5 columns, and at most 4 can be read",
        ),
        (
            "table: {fill_in: true, columns: [A, B], rows: [[Rest, Now]]}",
            "no cell of this table is to be filled in",
        ),
        (
            f"zones: [{GREEN}, {GREEN}, {{zone: red}}]",
            "each zone stands once, in the order green, yellow, red",
        ),
        (
            f"zones: [{{zone: red}}, {GREEN}]",
            "each zone stands once, in the order green, yellow, red",
        ),
        (
            f"zones: [{GREEN}, {{zone: red, signs: [Pain]}}]",
            "the signs of the red zone are the red flags of the tier 'now'",
        ),
        ("zones: [{zone: green, title: Well}, {zone: red}]", "this zone has no signs"),
        ("zones: [{zone: green, signs: [None]}, {zone: red}]", "this zone has no title"),
        (
            f"zones: [{GREEN}, {{zone: yellow}}, {{zone: red}}]",
            "there is no red flag of the tier 'today'",
        ),
    ],
)
def test_a_block_that_would_not_print_right_is_a_problem(
    workspace: Callable[..., Workspace], block: str, message: str
) -> None:
    """The message says what is missing or too much."""
    assert problems(workspace, block) == [message]


def test_zones_without_a_red_one_are_a_problem(workspace: Callable[..., Workspace]) -> None:
    """A reader who does not find the emergency there would not look elsewhere."""
    yellow = "{zone: yellow, title: Slow down, signs: [Cough]}"
    assert problems(workspace, f"zones: [{GREEN}, {yellow}]") == ["there is no red zone"]


@pytest.mark.parametrize(
    "block",
    [
        "log: {columns: [Day, {label: Weight, unit: lb}], rows: 14}",
        "log: {columns: [Day, Weight], row_headings: [Monday, Tuesday]}",
        "schedule: {times: [Morning, Noon], rows: [A], blank_rows: 2}",
        "compare: {choose: [Rice], limit: [Bread]}",
        "table: {fill_in: true, columns: [A, B, C, D, E], rows: [[Rest, '', '', '', '']]}",
        "steps: [{text: Sit., figure: images/a.svg, alt: A chair.}]",
        f"zones: [{GREEN}, {{zone: yellow}}, {{zone: red}}]",
    ],
)
def test_a_block_to_fill_in_needs_no_text_in_its_cells(
    workspace: Callable[..., Workspace], block: str
) -> None:
    """Empty cells are what a log is for."""
    assert problems(workspace, block, TODAY) == []
