"""Ids are written between the bytes of a handout, and the keys of translations follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION

from teachback.commands.translation_status import translation_status
from teachback.commands.write_ids import write_ids
from teachback.errors import TeachbackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

ENGLISH = "content/handouts/tiny.yaml"
MORE = """\
      - list: [Sit down., Stand up.]   # in this order
      - steps:
          - Walk each day.
          - general: Rest.
            ckd: Rest a lot.
          - >-
            Drink
            water.
      - table:
          columns: [Day, What]
          rows:
            - [Monday, Walk]
            - {cells: [Tuesday, Rest]}
"""
WRITTEN = """\
      - list: [{id: sit-down, text: Sit down.}, {id: stand-up, text: Stand up.}]   # in this order
      - steps:
          - id: walk-each-day
            text: Walk each day.
          - general: Rest.
            ckd: Rest a lot.
          - >-
            Drink
            water.
      - table:
          columns: [Day, What]
          rows:
            - {id: monday, cells: [Monday, Walk]}
            - {id: tuesday, cells: [Tuesday, Rest]}
"""


def test_only_ids_are_written(workspace: Make) -> None:
    """What would have to be indented anew keeps its place number."""
    clinic = workspace({ENGLISH: TINY + MORE})
    written = write_ids("tiny", clinic)
    text = (clinic.root / ENGLISH).read_text(encoding="utf-8")
    assert text.endswith(WRITTEN.replace("      - table:\n", "      - id: day\n        table:\n"))
    assert text.startswith(TINY.partition("      - text:")[0])
    assert "      - id: for-everyone-here\n        text: {general:" in text
    assert "for-everyone-here" in written.ids
    assert "one/blocks/3/steps/2@ckd" in written.by_place
    assert write_ids("tiny", clinic).files == ()


def test_line_ends_and_a_mark_at_the_start_are_kept(workspace: Make) -> None:
    """A file from another system stays one of that system."""
    clinic = workspace()
    path = clinic.root / ENGLISH
    path.write_bytes(b"\xef\xbb\xbf" + TINY.replace("\n", "\r\n").encode())
    write_ids("tiny", clinic)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfid: tiny\r\n")
    assert data.count(b"\n") == data.count(b"\r\n") == TINY.count("\n") + 1


def test_translations_follow(workspace: Make) -> None:
    """Their keys change with the ids; nothing else does."""
    clinic = workspace({TRANSLATION: SPANISH_TINY})
    written = write_ids("tiny", clinic)
    assert len(written.files) == 2
    text = (clinic.root / TRANSLATION).read_text(encoding="utf-8")
    assert text == SPANISH_TINY.replace("one/blocks/1@", "for-everyone-here/text@")
    status = translation_status("tiny", None, clinic)
    assert [row["missing"] + row["stale"] for row in status.rows] == [0, 0]
    assert status.problems == ()


def test_a_moved_text_keeps_its_translation_once_it_has_an_id(workspace: Make) -> None:
    """Neither another text before it nor another section changes its key."""
    clinic = workspace({TRANSLATION: SPANISH_TINY})
    write_ids("tiny", clinic)
    path = clinic.root / ENGLISH
    text = path.read_text(encoding="utf-8").replace(
        "      - id: for", "      - contact: [phone]\n      - id: for"
    )
    path.write_text(text, encoding="utf-8")
    assert translation_status("tiny", None, clinic).problems == ()


@pytest.mark.parametrize("name", ["leg-cramps", "tiny.es"])
def test_other_files_are_not_written_to(workspace: Make, name: str) -> None:
    """Neither those of the program, nor a translation, whose keys come from its handout."""
    with pytest.raises(TeachbackError, match="ids are written into a handout"):
        write_ids(name, workspace({TRANSLATION: SPANISH_TINY}))
