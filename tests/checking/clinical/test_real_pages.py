"""Test that sets of real pages are made again from their labels, on pages of our own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tools import label_real_pages
from tools.label_real_pages import key_of, labelled, read_pages

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "https://clinic.example/sore-knees"
PAGE = f"""<?xml version="1.0" encoding="UTF-8"?>
<Document url="{ADDRESS}">
<Focus>Sore knees</Focus>
<QAPairs><QAPair><Question qtype="treatment">What helps sore knees ?</Question>
<Answer>Rest is often enough. Ask Dr. Who about pills.

Some people try one of these:

- Ibuprofen helps many of them.

Short.
</Answer></QAPair></QAPairs></Document>
"""
REST, ASK, LEAD, PILL = (
    "Rest is often enough.",
    "Ask Dr. Who about pills.",
    "Some people try one of these:",
    "Ibuprofen helps many of them.",
)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a folder with a page."""
    folder = tmp_path / "1_Own_QA"
    folder.mkdir()
    (folder / "0000001.xml").write_text(PAGE, encoding="utf-8")
    return tmp_path


def label(monkeypatch: pytest.MonkeyPatch, folder: Path, *labels: tuple[str, str]) -> None:
    """Write a file of labels: words of the page, and what the two readers said."""
    path = folder / "labels.txt"
    keys = ((key_of({"address": ADDRESS, "text": text}), sides) for text, sides in labels)
    path.write_text("".join(f"7 {key} {sides}\n" for key, sides in keys), encoding="utf-8")
    monkeypatch.setattr(label_real_pages, "LABELS", path)


def test_a_sentence_has_its_heading_lead_in_and_paragraph(pages: Path) -> None:
    """A short form such as "Dr." ends no sentence, and what is too short is left out."""
    assert [
        (one["text"], one["kind"], one.get("lead"), one.get("within")) for one in read_pages(pages)
    ] == [
        (REST, "text", None, f"{REST} {ASK}"),
        (ASK, "text", None, f"{REST} {ASK}"),
        (LEAD, "text", None, None),
        (PILL, "item", LEAD, None),
    ]
    assert {one["heading"] for one in read_pages(pages)} == {"What helps sore knees?"}


def test_a_sentence_counts_where_both_readers_agree_on_its_side(
    pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence on which they differ, or which both call doubtful, is in no set."""
    label(monkeypatch, pages, (PILL, "u u"), (ASK, "r r"), (REST, "u r"), (LEAD, "x x"))
    sets = labelled(pages)
    assert list(sets) == ["7"]
    assert [(one["text"], one["unsafe"]) for one in sets["7"]] == [(ASK, False), (PILL, True)]


def test_a_label_without_its_sentence_ends_the_run(
    pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of the pages would give other figures."""
    label(monkeypatch, pages, (PILL, "u u"), ("A sentence that is gone.", "r r"))
    with pytest.raises(SystemExit, match="1 labelled sentences are not in"):
        labelled(pages)


def test_each_shipped_label_is_a_set_a_hash_and_two_sides() -> None:
    """No sentence has two labels of the same reader."""
    lines = label_real_pages.LABELS.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1_000
    assert [line for line in lines if not re.fullmatch(r"\d+ [0-9a-f]{16} [urx] [urx]", line)] == []
    keys = [line.split()[1] for line in lines]
    assert len(set(keys)) == len(keys)
