"""Change the parts of an office file, as somebody does who edits it in Word or Excel."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def edited_package(
    raw: bytes, changes: Mapping[str, str], parts: Mapping[str, str] | None = None
) -> bytes:
    """Return a package with words replaced in all its parts, each once, and with further parts."""
    left = dict(changes)
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            for words in [words for words in left if words in text]:
                text = text.replace(words, left.pop(words), 1)
            new.writestr(name, text)
        for name, text in (parts or {}).items():
            new.writestr(name, text)
    assert not left, f"the file does not hold {left}"
    return data.getvalue()
