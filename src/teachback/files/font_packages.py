"""Find the fonts of extras, which are packages without code, and the files of a font family."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# A namespace package: each extra installs a folder of its own into it. So no code of theirs runs,
# and finding them costs a look into each folder of Python's path.
PACKAGE: Final = "teachback_fonts"
FONTS: Final = "styles/fonts"
# The folder of fonts for letters of records that the page's own fonts lack.
NAMES: Final = "styles/fonts/names/"
_WEIGHTS: Final = {"Regular": 400, "Bold": 700}


def packaged_fonts() -> dict[str, Path]:
    """Return the fonts of the installed extras, by their name in any workspace."""
    spec = find_spec(PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or ()
    return {
        f"{FONTS}/{path.parent.name}/{path.name}": path
        for folder in folders
        for path in sorted(Path(folder).glob("*/*.ttf"))
    }


def family_fonts(family: str, names: Iterable[str]) -> dict[int, str]:
    """Return the names of a family's files by weight; {} unless all of them are there.

    The family 'Noto Sans' has the files NotoSans-Regular.ttf and NotoSans-Bold.ttf.
    """
    weight_of = {
        f"{family.replace(' ', '')}-{style}.ttf": weight for style, weight in _WEIGHTS.items()
    }
    found = {
        weight_of[file]: name
        for name in names
        if name.startswith(f"{FONTS}/") and (file := name.rpartition("/")[2]) in weight_of
    }
    return found if len(found) == len(weight_of) else {}
