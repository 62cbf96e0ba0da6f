"""Many records in one file, for the print room: each its own pages and tags, what they share stored once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pikepdf
import pytest
from filled import FILLED, Composed, composed
from tagreader import faults, read_tags

from teachback.reading import read_words
from teachback.stampable import handout_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.stamp import Template
    from teachback.workspace import Workspace

    Make = Callable[..., Workspace]

# With a link on paper, which has an area of its own on each copy.
LINKED = FILLED.replace("Your fluid limit", "Read [our page](https://example.org/page). Your fluid limit")


def template(made: Composed, copies: int, *, duplex: bool = False) -> Template:
    """Make the Template of several records in one file."""
    return handout_template(made.jobs[0], made.design.files, frozenset("ABCabc123 "), copies=copies, duplex=duplex)


def said(data: bytes) -> str:
    """Give what a file says, in the order of its tags."""
    return " ".join(" ".join(read_words(data)).split())


@pytest.mark.parametrize("size", ["standard", "large"])
def test_each_record_has_its_own_pages_in_the_order_of_the_rows(workspace: Make, size: str) -> None:
    """Three records give three times the pages, each with its own words, and a file that is valid and read in order."""
    made = composed(workspace({"content/handouts/tiny.yaml": LINKED}), size=size)
    one, three = template(made, 1), template(made, 3)
    data = three.stamp([{"patient": "Abc 1"}, {"patient": "Abc 2", "nurse": "Ba"}, {}], b"x")
    assert (three.pages, three.cards, len(three.slots)) == (3 * one.pages, 3, 3 * len(one.slots))
    assert faults(data) == []
    parts = [said(one.stamp(values, b"")) for values in ({"patient": "Abc 1"}, {"patient": "Abc 2", "nurse": "Ba"}, {})]
    assert said(data) == " ".join(parts)
    tags = read_tags(data)
    assert (tags.orphans, tags.parents_match) == ([], True)
    assert [part.role for part in tags.tree.kids if not isinstance(part, str)] == ["Part"] * 3
    assert [link["owner"] for link in tags.links] == ["Link"] * 3
    assert len({link["page"] for link in tags.links}) == 3


def test_with_two_sides_each_record_begins_on_a_front(workspace: Make) -> None:
    """One page for each record becomes two, the second of them empty."""
    made = composed(workspace({"content/handouts/tiny.yaml": LINKED}))
    data = template(made, 2, duplex=True).stamp([{"patient": "Abc"}, {"patient": "Cba"}], b"x")
    assert faults(data) == []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert ["/Contents" in page.obj for page in pdf.pages] == [True, False, True, False]


def test_what_records_share_is_stored_once(workspace: Make) -> None:
    """Ten records take far less than ten files, and have the fonts of one."""
    made = composed(workspace({"content/handouts/tiny.yaml": LINKED}))
    one, ten = template(made, 1).stamp({}, b"x"), template(made, 10).stamp([{}] * 10, b"x")
    assert len(ten) < 3 * len(one)

    def fonts(data: bytes) -> int:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return sum(isinstance(thing, pikepdf.Dictionary) and "/FontFile2" in thing for thing in pdf.objects)

    assert fonts(ten) == fonts(one) > 0


def test_a_run_needs_as_many_records_as_the_file_holds(workspace: Make) -> None:
    """One too few is a mistake of the caller, and nothing is written."""
    made = composed(workspace({"content/handouts/tiny.yaml": LINKED}))
    with pytest.raises(ValueError, match="1 records for 2 cards"):
        template(made, 2).stamp({}, b"x")
