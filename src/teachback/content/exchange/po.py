"""Write a sheet for a translator as a PO file of gettext, and read such a file back. Pure.

Hand-written, as Babel keeps the last of two entries with one key and says nothing. Source: GNU
gettext manual, "The Format of PO Files".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from teachback.content.exchange.sheet import ReturnedSheet, ReturnedText, SentSheet, in_one_line
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.text_decoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.content.exchange.sheet import SentText

_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_KEYWORD: Final = re.compile(r"(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s*(.*)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_MARK: Final = "Mark: "
_HANDOUT: Final = "X-Handout"
_SOURCE: Final = "X-Source-Language"
_LANGUAGE: Final = "Language"


@dataclass
class _Entry:
    """An entry: the line of its first keyword, its strings by keyword, and its comments by kind."""

    line: int = 0
    strings: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    comments: dict[str, list[str]] = field(default_factory=dict)


def write_po(sheet: SentSheet) -> bytes:
    """Return a sheet as a PO file."""
    fields = {
        "Project-Id-Version": f"{sheet.handout} {sheet.version}",
        "PO-Revision-Date": f"{sheet.version} 00:00+0000",
        "Last-Translator": "",
        "Language-Team": "",
        _LANGUAGE: sheet.language.replace("-", "_"),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        _HANDOUT: sheet.handout,
        _SOURCE: sheet.source,
    }
    lines = ['msgid ""', 'msgstr ""']
    lines += [_quoted(f"{name}: {value}\n") for name, value in fields.items()]
    for one in sheet.texts:
        lines += ["", *_entry_lines(one)]
    return ("\n".join(lines) + "\n").encode()


def _entry_lines(one: SentText) -> Iterator[str]:
    if one.note:
        yield f"# {one.note}"
    for line in (one.state, *one.about):
        yield f"#. {line}"
    yield f"#. {_MARK}{one.mark}"
    if one.before:
        yield f"#| msgid {_quoted(one.before[0])}"
    yield f"msgctxt {_quoted(one.key)}"
    yield f"msgid {_quoted(one.english)}"
    yield f"msgstr {_quoted(one.words)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def read_po(raw: bytes, name: str) -> ReturnedSheet:
    """Return what a PO file says.

    Raises TeachbackError with every line that cannot be read.
    """
    problems: list[Problem] = []
    noticed: list[Problem] = []
    entries = list(_entries(decode(raw, name), name, problems, noticed))
    heads = [
        one for one in entries if not one.strings.get("msgid") and "msgctxt" not in one.strings
    ]
    fields = dict(
        line.split(": ", 1)
        for line in (heads[0].strings.get("msgstr", "") if heads else "").split("\n")
        if ": " in line
    )
    lacking = [one for one in (_HANDOUT, _SOURCE, _LANGUAGE) if not fields.get(one)]
    if lacking:
        message = f"the header lacks {', '.join(lacking)}"
        hint = "Write it as it was in the file that was sent."
        problems.append(Problem(message, hint, Location(name, 1, 1)))
    charset = re.search(r"charset=([\w-]+)", fields.get("Content-Type", ""))
    if charset and charset[1].lower() != "utf-8":
        message = f"the file says that its encoding is {charset[1]}"
        problems.append(Problem(message, "Save it as UTF-8.", Location(name, 1, 1)))
    texts = []
    above = in_one_line(" ".join(heads[0].comments.get("", ()))) if heads else ""
    if above:
        message = f"a remark above the header is not read: '{above[:60]}'"
        hint = "Put it in front of the text that it is about."
        noticed.append(Problem(message, hint, Location(name, heads[0].line, 1), Severity.WARNING))
    for entry in entries:
        if entry in heads[:1]:
            continue
        problems += _entry_problems(entry, name)
        texts.append(_returned(entry, name))
    if problems:
        raise TeachbackError(*problems)
    language = fields[_LANGUAGE].replace("_", "-")
    return ReturnedSheet(fields[_HANDOUT], fields[_SOURCE], language, tuple(texts), tuple(noticed))


def _entries(
    text: str, name: str, problems: list[Problem], noticed: list[Problem]
) -> Iterator[_Entry]:
    """Yield the entries of a file, and collect what is no part of one."""
    entry, keyword = _Entry(), ""
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.strip(" \t\r")
        place = Location(name, number, 1)
        if not words:
            continue
        if words.startswith("#~"):
            message = f"a text that the tool has put aside is not read: '{words[2:].strip()[:60]}'"
            hint = "Its key was not in the file that was sent."
            noticed.append(Problem(message, hint, place, Severity.WARNING))
            continue
        begins = words.startswith(("#", "msgctxt", "msgid "))
        # A comment, or the first keyword behind a translation, begins the next entry.
        if begins and any(one.startswith("msgstr") for one in entry.strings):
            yield entry
            entry, keyword = _Entry(), ""
        if words.startswith("#"):
            kind = words[1:2] if words[1:2] in {".", ":", ",", "|"} else ""
            entry.comments.setdefault(kind, []).append(words[1 + len(kind) :].strip(" \t"))
            continue
        found = _KEYWORD.fullmatch(words)
        keyword, rest = (found[1], found[2]) if found else (keyword, words)
        string = _STRING.fullmatch(rest)
        if found and keyword not in entry.strings and string is None:
            # The lines that follow are read as if this one were whole.
            entry.strings[keyword] = ""
        if not keyword or string is None:
            hint = "Is a quote missing?"
            problems.append(Problem("this line is no part of a PO file", hint, place))
            continue
        if found and keyword in entry.strings:
            message = f"this entry has two lines '{keyword}'"
            problems.append(Problem(message, "Put an empty line between two entries.", place))
        said = _unescaped(string[1])
        if said is None:
            problems.append(Problem("a backslash is not read here", "Write it twice.", place))
        entry.line = entry.line or number
        entry.lines.setdefault(keyword, number)
        entry.strings[keyword] = entry.strings.get(keyword, "") + (said or "")
    if entry.strings:
        yield entry
    elif any(words for kind in ("", ".") for words in entry.comments.get(kind, ())):
        message = "the file ends with a remark that belongs to no text"
        hint = "Put it in front of the text that it is about."
        noticed.append(Problem(message, hint, Location(name), Severity.WARNING))


def _unescaped(text: str) -> str | None:
    """Return a string without its escapes, or None for one that is not known."""
    if any(letter not in _ESCAPES for letter in re.findall(r"\\(.)", text)):
        return None
    return re.sub(r"\\(.)", lambda match: _ESCAPES[match[1]], text)


def _entry_problems(entry: _Entry, name: str) -> Iterator[Problem]:
    place = Location(name, entry.line, 1)
    lacking = [one for one in ("msgctxt", "msgid", "msgstr") if one not in entry.strings]
    if lacking:
        message = f"this entry lacks {' and '.join(lacking)}"
        yield Problem(message, "Write it as it was in the file that was sent.", place)
    more = [one for one in entry.strings if one not in {"msgctxt", "msgid", "msgstr"}]
    if more:
        yield Problem(f"'{more[0]}' is not read", "A text has one translation.", place)
    if "\n" in entry.strings.get("msgstr", "").strip():
        place = Location(name, entry.lines["msgstr"], 1)
        hint = "Write it in one line. If it holds a remark, make it a comment that begins with #."
        yield Problem("the translation has several lines", hint, place)


def _returned(entry: _Entry, name: str) -> ReturnedText:
    about = entry.comments.get(".", [])
    marks = [line.removeprefix(_MARK) for line in about if line.startswith(_MARK)]
    flags = [flag.strip() for line in entry.comments.get(",", ()) for flag in line.split(",")]
    return ReturnedText(
        entry.strings.get("msgctxt", ""),
        in_one_line(entry.strings.get("msgid", "")),
        in_one_line(entry.strings.get("msgstr", "")),
        in_one_line(" ".join(entry.comments.get("", ()))),
        Location(name, entry.lines.get("msgstr", entry.line), 1),
        marks[0] if marks else "",
        in_one_line(" ".join(line for line in about if not line.startswith(_MARK))),
        unfinished="fuzzy" if "fuzzy" in flags else "",
    )
