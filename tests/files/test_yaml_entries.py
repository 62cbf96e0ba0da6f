"""Texts are written into the entries of a YAML file, and every other byte stays."""

from __future__ import annotations

import pytest

from teachback.files.yaml_editor import with_entries
from teachback.files.yaml_reader import read_yaml

NEW = {
    "b": {"en": "B: b", "es": "BB"},
    "a": {"es": 'new, "q"', "note": "yes"},
    "c": {"es": "Z z"},
}
CASES = {
    "texts: {a: {en: x, es: y}, c: {en: z}}\n": (
        'texts: {a: {en: x, es: "new, \\"q\\"", note: "yes"}, c: {en: z, es: Z z}, '
        'b: {en: "B: b", es: BB}}\n'
    ),
    "texts:\n  c: {en: z}\n": (
        'texts:\n  a:\n    es: new, "q"\n    note: "yes"\n  b:\n    en: "B: b"\n    es: BB\n'
        "  c: {en: z, es: Z z}\n"
    ),
    "texts:\r\n  a: {en: x,\r\n    es: y}\r\n  c:\r\n    en: z\r\n# end\r\n": (
        'texts:\r\n  a: {en: x,\r\n    es: "new, \\"q\\"", note: "yes"}\r\n  b:\r\n    en: "B: b"\r\n'
        "    es: BB\r\n  c:\r\n    en: z\r\n    es: Z z\r\n# end\r\n"
    ),
    "texts:\n  a:\n    en: x\n    es: |\n      y\n\n  # about c\n  c: {en: z}\nlast: 1": (
        'texts:\n  a:\n    en: x\n    es: new, "q"\n    note: "yes"\n  b:\n    en: "B: b"\n'
        "    es: BB\n\n  # about c\n  c: {en: z, es: Z z}\nlast: 1"
    ),
}


@pytest.mark.parametrize("text", CASES)
def test_entries_are_written_where_they_belong(text: str) -> None:
    """Blocks, brackets, folds, remarks and line ends stay; a new entry comes behind the one before."""
    written = with_entries(text.encode(), "file.yaml", "texts", NEW, ["a", "b", "c"])
    assert written.decode() == CASES[text]
    entries = read_yaml(written, "file.yaml").data["texts"]
    assert {key: {**entries[key], **values} for key, values in NEW.items()} == entries
