"""An edition has its red flags in the order of their urgency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tiny_handout import TINY

from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.edition import Flags, Zones
from teachback.editions.selection import Reader, choose
from teachback.files.workspace import handout_files
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.editions.edition import Edition
    from teachback.files.workspace import Workspace

FLAGS = TINY.replace(
    "  - {id: chest,",
    "  - {id: nails, tier: visit, text: Long nails}\n"
    "  - {id: fever, tier: today, text: A fever}\n  - {id: chest,",
)
ZONES = """\
      - zones:
          - {zone: green, title: You are well, signs: [No pain]}
          - {zone: yellow}
          - {zone: red}
"""


def edition_of(
    blocks: str, workspace: Callable[..., Workspace], size: TypeSize = TypeSize.STANDARD
) -> Edition:
    """Return the edition of a handout with flags of all tiers and with these blocks."""
    clinic = workspace({"content/handouts/tiny.yaml": FLAGS + blocks})
    shared = load_shared(clinic)
    handout = load_handout(handout_files(clinic)["tiny"], clinic, shared).handout
    reader = Reader(shared.audiences.lineage("ckd"), shared.clinic.values())
    return choose(handout, reader, badge="x", size=size, sources=shared.sources)


def tiers_of(edition: Edition) -> tuple[list[str], list[list[str]]]:
    """Return the tiers on top of page 1, and those that each block of the sections shows."""
    shown = []
    for block in (block for section in edition.sections for block in section.blocks):
        if isinstance(block, Flags):
            shown.append([str(block.tier)])
        elif isinstance(block, Zones):
            shown.append([str(zone.flags.tier) for zone in block.zones if zone.flags])
    return [str(group.tier) for group in edition.top], shown


@pytest.mark.parametrize(
    ("blocks", "top", "shown"),
    [
        ("", ["now", "today", "visit"], []),
        (ZONES, [], [["today", "now"], ["visit"]]),
        ("      - red_flags: [now, today]\n", [], [["now"], ["today"], ["visit"]]),
        # Where an author places it, it stays.
        (ZONES + "      - text: More.\n      - red_flags: [visit]\n", [], [["today", "now"], ["visit"]]),
        ("      - red_flags: [visit]\n", ["now", "today"], [["visit"]]),
    ],
)  # fmt: skip
def test_signs_for_the_next_visit_follow_those_that_need_a_call(
    blocks: str, top: list[str], shown: list[list[str]], workspace: Callable[..., Workspace]
) -> None:
    """They are on top of page 1 only if all others are, too."""
    assert tiers_of(edition_of(blocks, workspace)) == (top, shown)


def test_in_large_print_the_tiers_that_need_a_call_are_on_top(
    workspace: Callable[..., Workspace],
) -> None:
    """The zones repeat them. Signs for the next visit follow, as in standard print."""
    found = tiers_of(edition_of(ZONES, workspace, TypeSize.LARGE))
    assert found == (["now", "today"], [["today", "now"], ["visit"]])
    found = tiers_of(edition_of("", workspace, TypeSize.LARGE))
    assert found == (["now", "today", "visit"], [])
