"""Which characters a font can draw: read by ourselves where its table is as nearly all are, and as fontTools reads it."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from teachback.errors import TeachbackError
from teachback.fonts import _plain_map, coverage
from teachback.workspace import builtin_root

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = sorted((builtin_root() / "styles" / "fonts").glob("*.ttf"))


def font(points: dict[int, str], form: int | None = None) -> bytes:
    """Make a font of a few letters; `form` is the format of its one table of characters, else fontTools chooses."""
    names = [".notdef", *dict.fromkeys(points.values())]
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap(points)
    if form is not None:
        table = CmapSubtable.newSubtable(form)
        table.platformID, table.platEncID, table.language, table.cmap = 3, 1, 0, points
        made.font["cmap"].tables = [table]
    made.setupPost()
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_fonts_are_read_as_fonttools_reads_them(path: Path) -> None:
    """Without fontTools, the same characters are known."""
    data = path.read_bytes()
    assert _plain_map(data) == frozenset(TTFont(io.BytesIO(data)).getBestCmap())


@pytest.mark.parametrize("points", [{0x41: "A", 0x43: "C", 0xE9: "e"}, {0x41: "A", 0x42: "B", 0x1F600: "smile", 0x20000: "han"}])
def test_letters_beyond_the_first_plane_are_known(points: dict[int, str]) -> None:
    """Both of the forms that fonts have."""
    assert _plain_map(font(points)) == frozenset(points)


def test_a_table_of_another_form_is_left_to_fonttools(tmp_path: Path) -> None:
    """An old form is read, too, by whoever knows it."""
    data = font({0x41: "A", 0x42: "B"}, form=6)
    assert _plain_map(data) is None
    path = tmp_path / "old.ttf"
    path.write_bytes(data)
    assert coverage((path,)) == {0x41, 0x42}


def test_a_font_that_is_cut_off_is_refused_though_its_characters_can_be_read(tmp_path: Path) -> None:
    """The table of characters stands near the start, and says nothing of what is missing."""
    path = tmp_path / "half.ttf"
    shutil.copy(SHIPPED[0], path)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(TeachbackError, match="not a TrueType font"):
        coverage((path,))
