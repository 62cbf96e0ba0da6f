"""A handout has a short version: the parts that its author marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tiny_handout import TINY

from teachback.content.brief_version import brief_version, has_brief_version
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.edition_code import edition_code
from teachback.editions.selection import Reader, choose
from teachback.files.workspace import handout_files
from teachback.units import Depth, TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.content.handout import Handout
    from teachback.files.workspace import Workspace

BLOCKS = """\
      - list: [{text: Walk., brief: true}, Rest.]
      - do_dont: {do: [{text: Call us., brief: true}], do_not: [Wait.]}
      - quote: Small steps.
        brief: true
  - id: two
    title: What else?
    brief: true
    blocks: [{text: All of this.}]
  - id: three
    title: What is left out?
    blocks: [{text: None of this.}]
"""


@pytest.fixture
def handout(workspace: Callable[..., Workspace]) -> Handout:
    """Load a handout with marked parts of each kind: an entry, a block and a section."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY + BLOCKS})
    return load_handout(handout_files(clinic)["tiny"], clinic, load_shared(clinic)).handout


def test_a_marked_part_is_kept_whole_and_what_is_around_it_without_the_rest(
    handout: Handout,
) -> None:
    """Entries, blocks and sections can be marked."""
    short = brief_version(handout, ("ckd",))
    assert [section.id for section in short.sections] == ["one", "two"]
    blocks: Any = short.sections[0].blocks
    entries, columns, quote = blocks
    assert [item.text for item in entries.items] == ["Walk."]
    assert [item.text for item in columns.do_dont.do] == ["Call us."]
    assert quote.quote == "Small steps."
    assert short.red_flags == handout.red_flags


def test_a_section_whose_marked_parts_are_for_others_is_left_out(
    workspace: Callable[..., Workspace],
) -> None:
    """A reader never gets a heading with nothing below it."""
    more = BLOCKS.replace("text: None of this.", "text: For ckd., only: [ckd], brief: true")
    more = more.replace("blocks: [{text: For", "blocks: [{text: For all.}, {text: For")
    clinic = workspace({"content/handouts/tiny.yaml": TINY + more})
    loaded = load_handout(handout_files(clinic)["tiny"], clinic, load_shared(clinic)).handout
    ids = {
        reader: [section.id for section in brief_version(loaded, (reader,)).sections]
        for reader in ("general", "ckd")
    }
    assert ids == {"general": ["one", "two"], "ckd": ["one", "two", "three"]}


def test_zones_with_a_mark_are_kept_whole(workspace: Callable[..., Workspace]) -> None:
    """One zone without the others, or without its signs, would mislead."""
    zones = (
        "      - zones:\n"
        "          - {zone: green, title: Well, signs: [{text: No pain, brief: true}], do: [Rest.]}\n"
        "          - {zone: red}\n"
    )
    clinic = workspace({"content/handouts/tiny.yaml": TINY + zones})
    loaded = load_handout(handout_files(clinic)["tiny"], clinic, load_shared(clinic)).handout
    (block,) = brief_version(loaded, ("ckd",)).sections[0].blocks
    assert block == loaded.sections[0].blocks[1]


@pytest.mark.parametrize(
    ("block", "columns"),
    [
        ("do_dont: {do: [{text: A, brief: true}, B], do_not: [C, D]}", {"do": "A", "do_not": "CD"}),
        (
            "do_dont: {do: [{text: A, brief: true}, B], do_not: [{text: C, brief: true}, D]}",
            {"do": "A", "do_not": "C"},
        ),
        # This mark is for another reader.
        (
            (
                "do_dont: {do: [A, B], do_not: [{text: C, brief: true}, "
                "{text: D, brief: true, only: [general]}]}"
            ),
            {"do": "AB", "do_not": "C"},
        ),
        (
            "compare: {choose: [{text: A, brief: true}, B], limit: [C], avoid: [D]}",
            {"choose": "A", "limit": "C", "avoid": "D"},
        ),
        (
            (
                "compare: {choose: [{text: A, brief: true}, B], limit: [C], "
                "avoid: [{text: D, brief: true}]}"
            ),
            {"choose": "A", "avoid": "D"},
        ),
    ],
)
def test_one_column_of_advice_never_stands_without_the_others(
    block: str, columns: dict[str, str], workspace: Callable[..., Workspace]
) -> None:
    """A reader who is told what to do is told what not to do, too."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY + f"      - {block}\n"})
    loaded = load_handout(handout_files(clinic)["tiny"], clinic, load_shared(clinic)).handout
    (short,) = brief_version(loaded, ("ckd",)).sections[0].blocks
    (advice,) = (value for _, value in short if hasattr(value, "model_fields_set"))
    kept = {name: "".join(str(item.text) for item in items) for name, items in advice if items}
    assert kept == columns


def test_a_handout_without_marks_has_no_short_version(handout: Handout) -> None:
    """It could only be empty."""
    assert has_brief_version(handout)
    assert not has_brief_version(handout.model_copy(update={"sections": handout.sections[2:]}))


def test_a_short_version_has_a_code_of_its_own(
    handout: Handout, workspace: Callable[..., Workspace]
) -> None:
    """Also where all of the text is marked: a page of it says that it is the short one."""
    shared = load_shared(workspace())
    whole = handout.model_copy(update={"sections": handout.sections[1:2]})
    codes = {
        edition_code(
            choose(
                whole,
                Reader(("ckd",), {}),
                badge="b",
                size=TypeSize.STANDARD,
                sources=shared.sources,
                depth=depth,
            ),
            "design",
        )
        for depth in Depth
    }
    assert len(codes) == len(Depth)
