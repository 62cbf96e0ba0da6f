"""Write a sheet for a translator as XLIFF 1.2, and read such a file back. Pure.

Source: XLIFF Version 1.2, OASIS Standard, 1 February 2008. A placeholder or a mark is written as an
inline element whose content is the mark itself, so that a tool keeps it whole.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from teachback.content.exchange.sheet import ReturnedSheet, ReturnedText, SentSheet, in_one_line
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.text_decoding import decode
from teachback.files.xml_tree import read_xml, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.content.exchange.sheet import SentText
    from teachback.files.xml_tree import XmlElement

_NAMESPACE: Final = "urn:oasis:names:tc:xliff:document:1.2"
# The author of the notes that this program writes.
_US: Final = "teachback"
# A placeholder, two stars, or the end of a link with its address: what is written as an element.
_CODE: Final = re.compile(r"(\{[^{}]*\}|\*\*|\]\([^)]*\))")
# States in which a translation must not be used yet (XLIFF 1.2, 2.2.3).
_UNFINISHED: Final = frozenset({"new", "needs-translation", "needs-adaptation", "needs-l10n"})
# Elements around text, and those that stand for a code.
_CONTAINERS: Final = frozenset({"g", "mrk"})
_CODE_ELEMENTS: Final = frozenset({"ph", "bpt", "ept", "it", "x", "bx", "ex"})
# The most characters that a message quotes.
_SHOWN: Final = 60


def write_xliff(sheet: SentSheet) -> bytes:
    """Return a sheet as XLIFF 1.2."""
    units = "".join(f"      {_unit(text)}\n" for text in sheet.texts)
    attributes = {
        "original": sheet.handout,
        "source-language": sheet.source,
        "target-language": sheet.language,
        "datatype": "plaintext",
    }
    body = f"\n    <body>\n{units}    </body>\n  "
    file = tagged("file", body, **attributes)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xliff xmlns="{_NAMESPACE}" version="1.2">\n'
        f"  {file}\n</xliff>\n"
    ).encode()


def _unit(text: SentText) -> str:
    parts = [tagged("source", _with_codes(text.english, text.english))]
    if text.words:
        parts.append(tagged("target", _with_codes(text.words, text.english), state="translated"))
    if text.before:
        english, words = text.before
        inner = tagged("source", escape(english)), tagged("target", escape(words))
        # A tool may offer it to the translator. It is not read when the file comes back.
        parts.append(tagged("alt-trans", *inner, alttranstype="previous-version"))
    context = escape("\n".join((text.state, *text.about)))
    parts.append(tagged("note", context, **{"from": _US}))
    if text.note:
        parts.append(tagged("note", escape(text.note), **{"from": "translator"}))
    attributes = {"id": f"{text.key}#{text.mark}", "resname": text.key}
    if text.length:
        attributes |= {"maxwidth": str(text.length), "size-unit": "mm"}
    return tagged("trans-unit", *parts, **attributes)


def _with_codes(text: str, english: str) -> str:
    """Return a text as markup, with its codes as inline elements, numbered as in the English."""
    english_codes = _CODE.findall(english)
    numbers: dict[str, list[int]] = {}
    for number, code in enumerate(english_codes, start=1):
        numbers.setdefault(code, []).append(number)
    # For codes that the English does not have.
    further_numbers = count(len(english_codes) + 1)
    parts = []
    for part in _CODE.split(text):
        if _CODE.fullmatch(part):
            number = numbers[part].pop(0) if numbers.get(part) else next(further_numbers)
            parts.append(tagged("ph", escape(part), id=str(number)))
        else:
            parts.append(escape(part))
    return "".join(parts)


def read_xliff(raw: bytes, name: str) -> ReturnedSheet:
    """Return the sheet that an XLIFF 1.2 file holds.

    Raises TeachbackError with every text that cannot be read, and its line.
    """
    root = read_xml(decode(raw, name).encode(), name)
    files = [child for child in root.children if child.tag == f"{_NAMESPACE} file"]
    if root.tag != f"{_NAMESPACE} xliff" or not files:
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
    warnings = list(_unread_words(root, name))
    texts: list[ReturnedText] = []
    for unit in file.all_inside():
        if unit.name == "bin-unit":
            message = "a file inside of the file (bin-unit) is not read"
            problems.append(Problem(message, "Delete it.", Location(name, unit.line, 1)))
        if unit.tag == f"{_NAMESPACE} trans-unit":
            unit_problems = list(_unit_problems(unit, name))
            problems += unit_problems
            if not unit_problems:
                texts.append(_returned(unit, name))
    if problems:
        raise TeachbackError(*problems)
    keys = ("original", "source-language", "target-language")
    handout, source, language = (file.attributes.get(key, "") for key in keys)
    approved = next((u for u in file.all_inside() if u.attributes.get("approved") == "yes"), None)
    if approved:
        message = "a translation is marked as approved in this file; that is not taken over"
        hint = "Whoever has checked it types `teachback approve` with their own name."
        warnings.append(Problem(message, hint, Location(name, approved.line, 1), Severity.WARNING))
    return ReturnedSheet(handout, source, language, tuple(texts), tuple(warnings))


def _unit_problems(unit: XmlElement, name: str) -> Iterator[Problem]:
    """Yield what cannot be read in a unit."""
    sources, targets = (_children(unit, kind) for kind in ("source", "target"))
    if len(sources) != 1 or len(targets) > 1:
        message = "a unit has one source and at most one target"
        yield Problem(message, "Delete what is too much.", Location(name, unit.line, 1))
        return
    codes = _codes_of(sources[0])
    for part in (*sources, *targets):
        for element in part.all_inside():
            place = Location(name, element.line, 1)
            if element.name in _CODE_ELEMENTS:
                if not element.text() and element.attributes.get("id") not in codes:
                    message = f"the element '{element.name}' stands for nothing in the source"
                    yield Problem(message, "Delete it.", place)
            elif element.name not in _CONTAINERS:
                message = f"the element '{element.name}' is not read inside of a text"
                yield Problem(message, "Write its words as text.", place)


def _children(unit: XmlElement, name: str) -> list[XmlElement]:
    return [child for child in unit.children if child.tag == f"{_NAMESPACE} {name}"]


def _codes_of(source: XmlElement) -> dict[str, str]:
    """Return the codes in a source by the ids of their elements."""
    return {
        element.attributes.get("id", ""): element.text()
        for element in source.all_inside()
        if element.name in _CODE_ELEMENTS and element.text()
    }


def _words(part: XmlElement, codes: dict[str, str]) -> str:
    """Return the text of a source or target, with its codes as they are written in a handout."""
    words = []
    for content in part.contents:
        if isinstance(content, str):
            words.append(content)
        elif content.name in _CODE_ELEMENTS:
            words.append(content.text() or codes[content.attributes["id"]])
        else:
            words.append(_words(content, codes))
    return "".join(words)


def _returned(unit: XmlElement, name: str) -> ReturnedText:
    (source,) = _children(unit, "source")
    target = next(iter(_children(unit, "target")), None)
    codes = _codes_of(source)
    notes = _children(unit, "note")
    ours = next((note for note in notes if note.attributes.get("from") == _US), None)
    remarks = " ".join(note.text() for note in notes if note is not ours)
    key, _, mark = unit.attributes.get("id", "").rpartition("#")
    state = target.attributes.get("state", "") if target else ""
    return ReturnedText(
        key or unit.attributes.get("resname", ""),
        in_one_line(_words(source, codes)),
        in_one_line(_words(target, codes)) if target else "",
        in_one_line(remarks),
        Location(name, (target or unit).line, 1),
        mark,
        in_one_line(ours.text()) if ours else "",
        unfinished=state if state in _UNFINISHED else "",
    )


def _unread_words(root: XmlElement, name: str) -> Iterator[Problem]:
    """Yield a warning for words that a tool has added outside of the texts and their notes."""
    in_units = {
        id(element)
        for unit in root.all_inside()
        if unit.name == "trans-unit"
        for element in unit.all_inside()
    }
    for element in root.all_inside():
        is_other_note = element.tag == f"{_NAMESPACE} note" and id(element) not in in_units
        is_foreign = not element.tag.startswith(_NAMESPACE)
        words = element.text() if is_other_note or is_foreign else ""
        if any(map(str.isalpha, words)):
            message = f"words that a tool has added are not read: '{in_one_line(words)[:_SHOWN]}'"
            hint = "If it is a remark, write it into the note of the text that it is about."
            yield Problem(message, hint, Location(name, element.line, 1), Severity.WARNING)
