"""Return what the desk lists of a workspace, as the page gets it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from settings_from_flags import resolve

from teachback.content.loader import read_handouts
from teachback.files.workspace import handout_files
from teachback.printing.card_stock import load_stocks
from teachback.serving.topic_shelf import shelf_json

if TYPE_CHECKING:
    from teachback.files.workspace import Workspace

TODAY = dt.date(2026, 11, 22)


def shelf(clinic: Workspace, *, release: bool = False) -> dict[str, Any]:
    """Return the shelf of a workspace, and its topic "tiny"."""
    reading = read_handouts(clinic, handout_files(clinic))
    settings = replace(resolve({"paper": "a4"}, clinic), release=release)
    listed = shelf_json(reading, reading.problems, load_stocks(clinic), settings, TODAY)
    (tiny,) = (topic for topic in listed["topics"] if topic["id"] == "tiny")
    return {**listed, "tiny": tiny}
