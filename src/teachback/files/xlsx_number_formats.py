"""Work out what Excel shows of a number, date or text in a format, or why that is uncertain. Pure.

Source: ECMA-376 part 1, 18.8.30 (built-in formats) and 18.8.31 (format codes). Only formats that
look the same on every computer are read here. A format that depends on the language of Excel, or is
rare, is a fault of the cell.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

# Excel keeps 15 digits of a number; digits typed beyond are lost. A cell in General shows 11
# characters.
MOST_DIGITS: Final = 15
MOST_SHOWN: Final = 11
# Smaller numbers are shown with an exponent.
_LEAST: Final = Decimal("0.0001")
GENERAL: Final = "General"
# The built-in formats that are the same in every language. 14 is the system's short date, whose
# order of day and month differs.
BUILT_IN: Final = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)", 49: "@",
}  # fmt: skip
# Before March 1, 1900, Excel's day numbers differ from the calendar. The last day is in 9999.
_DAYS: Final = range(61, 2_958_466)
_EPOCH: Final = dt.date(1899, 12, 30)
_SINCE_1904: Final = 1462
_SECONDS: Final = 86_400
_PIECE: Final = re.compile(
    r'"([^"]*)"|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|(AM/PM|A/P)|([ymdhsebg])\7*|(.)',
    re.IGNORECASE | re.DOTALL,
)
_PIECES: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', re.DOTALL)
_COLOR: Final = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.IGNORECASE
)
# Languages whose calendar is the Gregorian one, by Windows language number and by tag. F800 is the
# system's long date.
_PLAIN_LOCALE: Final = re.compile(
    r"\$-(?:0*(?:F800|[0-9A-F]{1,2}(?:05|06|07|09|0A|0B|0C|0E|10|13|14|15|16|18|1D|24))"
    r"|(?:en|de|fr|es|it|nl|nb|pt|sv|da|fi|pl|cs|hu|ro|sl)-[A-Z]{2})",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"([#0,]*)(\.([0#]*))?")
# Words between the parts of a long date.
_BETWEEN: Final = frozenset({"de", "of", ""})
_TIMES: Final = {"h:mm": False, "hh:mm": False, "h:mm:ss": True, "hh:mm:ss": True}
UNKNOWN_LOOK: Final = "is a number in a format that only Excel can show; retype it as text"
UNKNOWN_DATE: Final = "is a date shown without its day, month or year; retype it as text"
UNKNOWN_TIME: Final = "is a time in a format that only Excel can show; retype it as text"


@dataclass(frozen=True)
class CellFault:
    """The reason why a cell has no text."""

    reason: str


class Day(str):
    """A date that a cell shows with day, month and year, as YYYY-MM-DD.

    Its look in the cell depends on the computer.
    """

    __slots__ = ()


class PointedNumber(str):
    """A number in English notation, with a decimal point or with commas between thousands.

    Other languages read these signs differently.
    """

    __slots__ = ()


def text_look(words: str, look: str) -> str | CellFault:
    """Return what a format shows of a text."""
    sections = _sections(look)
    last = sections[3] if len(sections) > 3 else sections[-1] if "@" in _bare(sections[-1]) else "@"  # noqa: PLR2004 -- the fourth is for texts
    return (
        words
        if _uncolored(last) in {"@", GENERAL} or not words
        else CellFault("shows a different text from the one it holds; retype it as plain text")
    )


def number_look(value: Decimal, look: str, *, from_1904: bool = False) -> str | CellFault:
    """Return what a format shows of a number. `from_1904` tells the epoch of dates."""
    if not value.is_finite():
        return CellFault("is not a valid number")
    if len(value.normalize().as_tuple().digits) > MOST_DIGITS:
        # A sum such as 0.1 + 0.2 is stored with 17 digits, but shown as 0.3.
        value = Decimal(f"{value:.15g}")
    if _uncolored(look) in {GENERAL, "@"}:
        return _general(value)
    sections = _sections(look)
    kind = _kind(sections[0])
    if kind == "number":
        return _sectioned(value, sections)
    if len(sections) > 1 and (len(sections) > 2 or sections[1] != "@"):  # noqa: PLR2004 -- positive ones and texts
        return CellFault(UNKNOWN_DATE)
    return _moment(value, sections[0], kind, from_1904=from_1904)


@lru_cache(1_000)
def _sections(look: str) -> tuple[str, ...]:
    """Split a format at its semicolons, except in quotes and brackets."""
    found = [""]
    for piece in _PIECES.findall(look):
        if piece == ";":
            found.append("")
        else:
            found[-1] += piece
    return tuple(found)


@lru_cache(1_000)
def _bare(section: str) -> str:
    """Return a section without its literals, colours and locales."""
    return "".join(piece for piece in _PIECES.findall(section) if piece[0] not in '"\\_*[')


def _uncolored(section: str) -> str:
    return re.sub(rf"\[(?:{_COLOR.pattern})\]", "", section, flags=re.IGNORECASE)


@lru_cache(1_000)
def _kind(section: str) -> str:
    """Return what a section shows: number, day, time, or both.

    Elapsed time in brackets is a time.
    """
    bare = _bare(section).lower().replace("general", "")
    if re.search(r"\[(?:h+|m+|s+)\]", section, re.IGNORECASE):
        return "time"
    clock = re.search(r"[hs]|am/pm|a/p", bare)
    day = re.search(r"[ydbg]|e(?![-+])", bare.replace("am/pm", "")) or (not clock and "m" in bare)
    return "both" if clock and day else "time" if clock else "day" if day else "number"


def _general(value: Decimal) -> str | CellFault:
    """Return a number as General shows it in a wide cell."""
    shown = f"{value.normalize():f}"
    shown = "0" if not value else shown
    if len(shown.lstrip("-")) > MOST_SHOWN:
        return CellFault(
            f"has more than {MOST_SHOWN} digits, and Excel does not show them all; retype "
            "it as text"
        )
    if value and abs(value) < _LEAST:
        return CellFault(UNKNOWN_LOOK)
    return PointedNumber(shown) if "." in shown else shown


def _sectioned(value: Decimal, sections: tuple[str, ...]) -> str | CellFault:
    """Return a number in the section that applies to it."""
    used = sections[0]
    minus = value < 0
    if value < 0 and len(sections) > 1 and sections[1] != "@":
        used, minus = sections[1], False
    elif value == 0 and len(sections) > 2:  # noqa: PLR2004 -- the third is for zero
        used = sections[2]
    plain = _uncolored(used)
    if "[" in re.sub(r'"[^"]*"|\\.', "", plain):
        return CellFault(UNKNOWN_LOOK)
    shown = _filled(abs(value), plain)
    if isinstance(shown, CellFault):
        return shown
    if value and not shown:
        return CellFault("is a number hidden by its format; retype it as text")
    if value < 0:
        if not re.search("[1-9]", shown):
            return CellFault(UNKNOWN_LOOK)
        if not minus and not re.search(r"[-\u2212(]", _literals(plain)):
            return CellFault("is a negative number shown without its minus sign; retype it as text")
    return type(shown)(("-" if minus else "") + shown)


def _literals(section: str) -> str:
    return re.sub(r"_.|\*.", "", section)


def _filled(value: Decimal, section: str) -> str | CellFault:
    """Return a non-negative number in a section: its digits together, with literals around them."""
    before = behind = core = ""
    percent = False
    for piece in _PIECES.findall(section):
        if piece[0] in "#0,.":
            if behind:
                return CellFault(UNKNOWN_LOOK)
            core += piece
            continue
        if piece[0] in "*?/@eE" or piece.lower() in "general":
            return CellFault(UNKNOWN_LOOK)
        if piece == "%":
            if percent:
                return CellFault(UNKNOWN_LOOK)
            percent = True
        literal = (
            piece[1:-1]
            if piece[0] == '"'
            else piece[1:]
            if piece[0] == "\\"
            else " "
            if piece[0] == "_"
            else piece
        )
        if core:
            behind += literal
        else:
            before += literal
        if not _PLAIN_LITERAL.fullmatch(piece):
            return CellFault(UNKNOWN_LOOK)
    if not core:
        return before.strip()
    digits = _digits(value * 100 if percent else value, core)
    if isinstance(digits, CellFault):
        return digits
    whole = f"{before}{digits}{behind}".strip()
    return PointedNumber(whole) if "." in digits or "," in digits else whole


# Literals that may be shown: quoted ones, and these signs, which need no quotes.
_PLAIN_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|[-+() :%$]', re.DOTALL)


def _digits(value: Decimal, core: str) -> str | CellFault:
    """Return the digits of a number in placeholders such as #,##0.00."""
    match = _NUMBER.fullmatch(core)
    if (
        match is None
        or match[1].endswith(",")
        or match[1].startswith(",")
        or not re.fullmatch("#*0*", match[1].replace(",", ""))
    ):
        return CellFault(UNKNOWN_LOOK)
    places = match[3] or ""
    if not re.fullmatch("0*#*", places):
        return CellFault(UNKNOWN_LOOK)
    too_long = CellFault(
        f"is a number of more than {MOST_DIGITS} digits, which Excel rounds; retype it as text"
    )
    if value.adjusted() >= MOST_DIGITS:
        # Decimal cannot quantize a number that is far larger.
        return too_long
    rounded = value.quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
    if len(rounded.as_tuple().digits) > MOST_DIGITS:
        return too_long
    whole, _, rest = f"{rounded:f}".partition(".")
    least = match[1].count("0")
    whole = whole.lstrip("0").zfill(least)
    if "," in match[1]:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    kept = places.count("0")
    rest = rest[:kept] + rest[kept:].rstrip("0")
    return whole + ("." if match[2] else "") + rest


def _moment(value: Decimal, section: str, kind: str, *, from_1904: bool) -> str | CellFault:
    """Return a date or a time in a section."""
    reason = UNKNOWN_TIME if kind == "time" else UNKNOWN_DATE
    parts = _parts(section)
    if parts is None or not 0 <= value < _DAYS.stop:
        return CellFault(reason)
    whole, fraction = divmod(value, 1)
    seconds = fraction * _SECONDS
    exact = seconds.to_integral_value(ROUND_HALF_UP)
    # Serial numbers are accurate to some microseconds. A larger remainder is a fraction of a second
    # that the format does not show.
    sharp = abs(seconds - exact) < Decimal("0.001") and exact < _SECONDS
    clock = _clock("".join(parts), int(exact)) if kind == "time" and sharp and whole == 0 else None
    if kind == "time":
        return CellFault(reason) if clock is None else clock
    number = int(whole) + (_SINCE_1904 if from_1904 else 0)
    if number not in _DAYS or not sharp:
        return CellFault(reason)
    day = _EPOCH + dt.timedelta(days=number)
    if "".join(parts) in {"yyyy-mm-dd", "yyyy\\-mm\\-dd"}:
        return day.isoformat()
    if kind == "both":
        date, _, time = "".join(parts).partition(" ")
        clock = _clock(time, int(exact)) if date == "yyyy-mm-dd" else None
        return (
            CellFault(
                "is a date with a time, in a format that only Excel can show; retype it as text"
            )
            if clock is None
            else f"{day.isoformat()} {clock}"
        )
    return Day(day.isoformat()) if _is_whole_day(parts) else CellFault(reason)


@lru_cache(1_000)
def _parts(section: str) -> tuple[str, ...] | None:
    """Split a date or time section into runs of one letter and literals.

    None if a part is unknown.
    """
    parts: list[str] = []
    for match in _PIECE.finditer(section):
        quoted, escaped, blank, fill, bracket, half, _, literal = match.groups()
        if fill is not None or (
            bracket is not None
            and not _COLOR.fullmatch(bracket)
            and not _PLAIN_LOCALE.fullmatch(bracket)
        ):
            return None
        if bracket is not None:
            continue
        if quoted is not None and quoted.strip() not in _BETWEEN and any(map(str.isalnum, quoted)):
            return None
        if escaped is not None and escaped.isalnum():
            return None
        if literal is not None and (literal.isalnum() or literal in "#0?@%\u0000"):
            return None
        parts.append(
            " "
            if blank is not None
            else quoted.strip()
            if quoted is not None
            else escaped or half or literal or match[0].lower()
        )
    return tuple(parts)


def _is_whole_day(parts: tuple[str, ...]) -> bool:
    """Check whether a format shows day, month and year once each. A weekday may be added."""
    marks = [part for part in parts if part[:1] in set("ymdebg")]
    return (
        sorted(part[0] for part in marks if part not in {"ddd", "dddd"} and part not in _BETWEEN)
        == ["d", "m", "y"]
        and not {"mmmmm"} & set(marks)
        and all(len(part) <= 4 for part in marks)  # noqa: PLR2004 -- yyyy, mmmm, dddd
    )


def _clock(look: str, seconds: int) -> str | None:
    """Return a time of day (`seconds` since midnight) as a format shows it.

    None where the format is not known, or does not show the seconds.
    """
    half = look[-6:].upper() == " AM/PM"
    form = look[:-6] if half else look
    if form not in _TIMES or (not _TIMES[form] and seconds % 60):
        return None
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    shown = (hour % 12 or 12) if half else hour
    text = f"{shown:0{2 if form.startswith('hh') else 1}}:{minute:02}" + (
        f":{second:02}" if _TIMES[form] else ""
    )
    return f"{text} {'AM' if hour < 12 else 'PM'}" if half else text  # noqa: PLR2004 -- noon
