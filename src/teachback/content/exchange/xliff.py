"""Write a sheet for a translator as XLIFF 1.2, and read such a file back. Pure.

Source: XLIFF Version 1.2, OASIS Standard, 1 February 2008. A placeholder or a mark is an inline
element whose content is the mark itself: a tool keeps it whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from teachback.content.exchange.sheet import ReturnedSheet, ReturnedText, SentSheet, in_one_line
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.text_decoding import decode
from teachback.files.xml_tree import as_markup, read_xml, tagged, with_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.content.exchange.sheet import SentText
    from teachback.files.xml_tree import XmlElement

_SPACE: Final = "urn:oasis:names:tc:xliff:document:1.2"
_US: Final = "teachback"
# A placeholder, two stars, and the end of a link with its address.
_CODE: Final = re.compile(r"(\{[^{}]*\}|\*\*|\]\([^)]*\))")
# States in which a translation must not be used yet (XLIFF 1.2, 2.2.3).
_UNFINISHED: Final = frozenset({"new", "needs-translation", "needs-adaptation", "needs-l10n"})
# Elements that hold text, and those whose content is a code.
_HOLDING: Final = frozenset({"g", "mrk"})
_CODES: Final = frozenset({"ph", "bpt", "ept", "it", "x", "bx", "ex"})
_SHOWN: Final = 60


def write_xliff(sheet: SentSheet) -> bytes:
    """Return a sheet as XLIFF 1.2."""
    units = "".join(f"      {_unit(one)}\n" for one in sheet.texts)
    attributes = {
        "original": sheet.handout,
        "source-language": sheet.source,
        "target-language": sheet.language,
        "datatype": "plaintext",
    }
    body = f"\n    <body>\n{units}    </body>\n  "
    file = with_attributes("file", attributes, body)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xliff xmlns="{_SPACE}" version="1.2">\n'
        f"  {file}\n</xliff>\n"
    ).encode()


def _unit(one: SentText) -> str:
    parts = [tagged("source", _with_codes(one.english, one.english))]
    if one.words:
        parts.append(tagged("target", _with_codes(one.words, one.english), state="translated"))
    if one.before:
        old, words = one.before
        inner = tagged("source", as_markup(old)), tagged("target", as_markup(words))
        # The tool may offer it; it is never taken from here.
        parts.append(with_attributes("alt-trans", {"alttranstype": "previous-version"}, *inner))
    parts.append(
        with_attributes("note", {"from": _US}, as_markup("\n".join((one.state, *one.about))))
    )
    if one.note:
        parts.append(with_attributes("note", {"from": "translator"}, as_markup(one.note)))
    attributes = {"id": f"{one.key}#{one.mark}", "resname": one.key}
    if one.length:
        attributes |= {"maxwidth": str(one.length), "size-unit": "mm"}
    return with_attributes("trans-unit", attributes, *parts)


def _with_codes(text: str, english: str) -> str:
    """Return a text as markup, with its codes as inline elements, numbered as in the English."""
    numbers: dict[str, list[int]] = {}
    for number, code in enumerate(_CODE.findall(english), start=1):
        numbers.setdefault(code, []).append(number)
    more = sum(map(len, numbers.values()))
    parts = []
    for part in _CODE.split(text):
        if not _CODE.fullmatch(part):
            parts.append(as_markup(part))
            continue
        if not numbers.get(part):
            more += 1
        number = numbers[part].pop(0) if numbers.get(part) else more
        parts.append(tagged("ph", as_markup(part), id=str(number)))
    return "".join(parts)


def read_xliff(raw: bytes, name: str) -> ReturnedSheet:
    """Return what an XLIFF 1.2 file says.

    Raises TeachbackError with every text that cannot be read, and its line.
    """
    root = read_xml(decode(raw, name).encode(), name)
    files = [child for child in root.children if child.tag == f"{_SPACE} file"]
    if root.tag != f"{_SPACE} xliff" or not files:
        version = root.attributes.get("version", "")
        message = f"this is not XLIFF 1.2 but '{root.name}' {version}".rstrip()
        hint = "Save it as XLIFF 1.2, the format that was sent."
        raise TeachbackError.of(message, hint, Location(name, root.line, 1))
    if len(files) > 1:
        message = "this holds several files; one handout is read at a time"
        hint = "Save each one as a file of its own."
        raise TeachbackError.of(message, hint, Location(name, files[1].line, 1))
    (file,) = files
    problems: list[Problem] = []
    noticed = list(_unread(root, name))
    texts: list[ReturnedText] = []
    for unit in file.all_inside():
        if unit.name == "bin-unit":
            message = "a file inside of the file (bin-unit) is not read"
            problems.append(Problem(message, "Delete it.", Location(name, unit.line, 1)))
        if unit.tag == f"{_SPACE} trans-unit":
            found = list(_unit_problems(unit, name))
            problems += found
            if not found:
                texts.append(_returned(unit, name))
    if problems:
        raise TeachbackError(*problems)
    names = ("original", "source-language", "target-language")
    handout, source, language = (file.attributes.get(one, "") for one in names)
    approved = next((u for u in file.all_inside() if u.attributes.get("approved") == "yes"), None)
    if approved:
        message = "a translation is marked as approved in this file; that is not taken over"
        hint = "Whoever has checked it types `teachback approve` with their own name."
        noticed.append(Problem(message, hint, Location(name, approved.line, 1), Severity.WARNING))
    return ReturnedSheet(handout, source, language, tuple(texts), tuple(noticed))


def _unit_problems(unit: XmlElement, name: str) -> Iterator[Problem]:
    """Yield what cannot be read in a unit."""
    sources, targets = (_own(unit, kind) for kind in ("source", "target"))
    if len(sources) != 1 or len(targets) > 1:
        message = "a unit has one source and at most one target"
        yield Problem(message, "Delete what is too much.", Location(name, unit.line, 1))
        return
    codes = _codes_of(sources[0])
    for part in (*sources, *targets):
        for one in part.all_inside():
            place = Location(name, one.line, 1)
            if one.name in _CODES:
                if one.text() or one.attributes.get("id") in codes:
                    continue
                message = f"the element '{one.name}' stands for nothing in the source"
                yield Problem(message, "Delete it.", place)
            elif one.name not in _HOLDING:
                message = f"the element '{one.name}' is not read inside of a text"
                yield Problem(message, "Write its words as text.", place)


def _own(unit: XmlElement, name: str) -> list[XmlElement]:
    return [child for child in unit.children if child.tag == f"{_SPACE} {name}"]


def _codes_of(source: XmlElement) -> dict[str, str]:
    """Return the codes in a source by their id."""
    found = (one for one in source.all_inside() if one.name in _CODES and one.text())
    return {one.attributes.get("id", ""): one.text() for one in found}


def _said(part: XmlElement, codes: dict[str, str]) -> str:
    """Return the text of a source or target, in which a code is its own content."""
    words = []
    for one in part.contents:
        if isinstance(one, str):
            words.append(one)
        elif one.name in _CODES:
            words.append(one.text() or codes[one.attributes["id"]])
        else:
            words.append(_said(one, codes))
    return "".join(words)


def _returned(unit: XmlElement, name: str) -> ReturnedText:
    (source,) = _own(unit, "source")
    target = next(iter(_own(unit, "target")), None)
    codes = _codes_of(source)
    notes = _own(unit, "note")
    ours = next((note for note in notes if note.attributes.get("from") == _US), None)
    written = " ".join(note.text() for note in notes if note is not ours)
    key, _, mark = unit.attributes.get("id", "").rpartition("#")
    state = target.attributes.get("state", "") if target else ""
    return ReturnedText(
        key or unit.attributes.get("resname", ""),
        in_one_line(_said(source, codes)),
        in_one_line(_said(target, codes)) if target else "",
        in_one_line(written),
        Location(name, (target or unit).line, 1),
        mark,
        in_one_line(ours.text()) if ours else "",
        unfinished=state if state in _UNFINISHED else "",
    )


def _unread(root: XmlElement, name: str) -> Iterator[Problem]:
    """Yield a warning for words that a tool has added where no text stands."""
    of_units = {
        id(part)
        for unit in root.all_inside()
        if unit.name == "trans-unit"
        for part in unit.all_inside()
    }
    for part in root.all_inside():
        is_apart = part.tag == f"{_SPACE} note" and id(part) not in of_units
        words = part.text() if is_apart or not part.tag.startswith(_SPACE) else ""
        if any(map(str.isalpha, words)):
            message = f"words that a tool has added are not read: '{in_one_line(words)[:_SHOWN]}'"
            hint = "If it is a remark, write it into the note of the text that it is about."
            yield Problem(message, hint, Location(name, part.line, 1), Severity.WARNING)
