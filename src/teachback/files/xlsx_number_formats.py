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

# Excel keeps 15 digits of a number; more digits are lost. A cell in General shows 11 characters.
MAX_DIGITS: Final = 15
MAX_SHOWN: Final = 11
# Smaller numbers are shown with an exponent.
_MIN_GENERAL: Final = Decimal("0.0001")
GENERAL: Final = "General"
# The built-in formats that are the same in every language, and 14, the system's short date. Its
# order of day and month differs.
BUILT_IN: Final = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)", 49: "@",
}  # fmt: skip
# Before March 1, 1900, Excel's day numbers differ from the calendar. The last day is in 9999.
_DAY_NUMBERS: Final = range(61, 2_958_466)
_EPOCH: Final = dt.date(1899, 12, 30)
_OFFSET_1904: Final = 1462
_SECONDS_PER_DAY: Final = 86_400
_DATE_PIECE: Final = re.compile(
    r'"([^"]*)"|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|(AM/PM|A/P)|([ymdhsebg])\7*|(.)',
    re.IGNORECASE | re.DOTALL,
)
_FORMAT_PIECE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', re.DOTALL)
_COLOR: Final = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.IGNORECASE
)
# Languages with the Gregorian calendar, by Windows language number and by tag. F800 is the system's
# long date.
_GREGORIAN_LOCALE: Final = re.compile(
    r"\$-(?:0*(?:F800|[0-9A-F]{1,2}(?:05|06|07|09|0A|0B|0C|0E|10|13|14|15|16|18|1D|24))"
    r"|(?:en|de|fr|es|it|nl|nb|pt|sv|da|fi|pl|cs|hu|ro|sl)-[A-Z]{2})",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"([#0,]*)(\.([0#]*))?")
# Words between the parts of a long date.
_DATE_WORDS: Final = frozenset({"de", "of", ""})
# Formats of times, and whether they show the seconds.
_TIME_FORMATS: Final = {"h:mm": False, "hh:mm": False, "h:mm:ss": True, "hh:mm:ss": True}
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


def text_look(text: str, look: str) -> str | CellFault:
    """Return what a format shows of a text."""
    sections = _sections(look)
    section = sections[-1] if "@" in _without_literals(sections[-1]) else "@"
    if len(sections) > 3:  # noqa: PLR2004 -- the fourth is for texts
        section = sections[3]
    if _without_colors(section) in {"@", GENERAL} or not text:
        return text
    return CellFault("shows a different text from the one it holds; retype it as plain text")


def number_look(value: Decimal, look: str, *, from_1904: bool = False) -> str | CellFault:
    """Return what a format shows of a number. With `from_1904`, dates count from that year."""
    if not value.is_finite():
        return CellFault("is not a valid number")
    if len(value.normalize().as_tuple().digits) > MAX_DIGITS:
        # A sum such as 0.1 + 0.2 is stored with 17 digits, but shown as 0.3.
        value = Decimal(f"{value:.15g}")
    if _without_colors(look) in {GENERAL, "@"}:
        return _in_general(value)
    sections = _sections(look)
    kind = _kind(sections[0])
    if kind == "number":
        return _in_sections(value, sections)
    if len(sections) > 1 and (len(sections) > 2 or sections[1] != "@"):  # noqa: PLR2004 -- positive ones and texts
        return CellFault(UNKNOWN_DATE)
    return _date_or_time(value, sections[0], kind, from_1904=from_1904)


@lru_cache(1_000)
def _sections(look: str) -> tuple[str, ...]:
    """Split a format at its semicolons, except in quotes and brackets."""
    found = [""]
    for piece in _FORMAT_PIECE.findall(look):
        if piece == ";":
            found.append("")
        else:
            found[-1] += piece
    return tuple(found)


@lru_cache(1_000)
def _without_literals(section: str) -> str:
    """Return a section without its literals, colours and locales."""
    return "".join(piece for piece in _FORMAT_PIECE.findall(section) if piece[0] not in '"\\_*[')


def _without_colors(section: str) -> str:
    return re.sub(rf"\[(?:{_COLOR.pattern})\]", "", section, flags=re.IGNORECASE)


@lru_cache(1_000)
def _kind(section: str) -> str:
    """Return what a section shows: number, day, time, or both.

    Elapsed time in brackets is a time.
    """
    code = _without_literals(section).lower().replace("general", "")
    if re.search(r"\[(?:h+|m+|s+)\]", section, re.IGNORECASE):
        return "time"
    has_time = re.search(r"[hs]|am/pm|a/p", code)
    has_date = re.search(r"[ydbg]|e(?![-+])", code.replace("am/pm", "")) or (
        not has_time and "m" in code
    )
    if has_time:
        return "both" if has_date else "time"
    return "day" if has_date else "number"


def _in_general(value: Decimal) -> str | CellFault:
    """Return a number as General shows it in a wide cell."""
    digits = f"{value.normalize():f}" if value else "0"
    if len(digits.lstrip("-")) > MAX_SHOWN:
        return CellFault(
            f"has more than {MAX_SHOWN} digits, and Excel does not show them all; retype it as text"
        )
    if value and abs(value) < _MIN_GENERAL:
        return CellFault(UNKNOWN_LOOK)
    return PointedNumber(digits) if "." in digits else digits


def _in_sections(value: Decimal, sections: tuple[str, ...]) -> str | CellFault:
    """Return a number in the section that applies to it."""
    section = sections[0]
    has_minus = value < 0
    if value < 0 and len(sections) > 1 and sections[1] != "@":
        section, has_minus = sections[1], False
    elif value == 0 and len(sections) > 2:  # noqa: PLR2004 -- the third is for zero
        section = sections[2]
    uncolored = _without_colors(section)
    if "[" in re.sub(r'"[^"]*"|\\.', "", uncolored):
        return CellFault(UNKNOWN_LOOK)
    shown = _in_section(abs(value), uncolored)
    if isinstance(shown, CellFault):
        return shown
    if value and not shown:
        return CellFault("is a number hidden by its format; retype it as text")
    if value < 0:
        if not re.search("[1-9]", shown):
            return CellFault(UNKNOWN_LOOK)
        if not has_minus and not re.search(r"[-\u2212(]", _without_padding(uncolored)):
            return CellFault("is a negative number shown without its minus sign; retype it as text")
    return type(shown)(("-" if has_minus else "") + shown)


def _without_padding(section: str) -> str:
    return re.sub(r"_.|\*.", "", section)


def _in_section(value: Decimal, section: str) -> str | CellFault:
    """Return a non-negative number in a section: its digits together, with literals around them."""
    before = after = placeholders = ""
    is_percent = False
    for piece in _FORMAT_PIECE.findall(section):
        if piece[0] in "#0,.":
            if after:
                return CellFault(UNKNOWN_LOOK)
            placeholders += piece
            continue
        if piece[0] in "*?/@eE" or piece.lower() in "general":
            return CellFault(UNKNOWN_LOOK)
        if piece == "%":
            if is_percent:
                return CellFault(UNKNOWN_LOOK)
            is_percent = True
        if placeholders:
            after += _literal_text(piece)
        else:
            before += _literal_text(piece)
        if not _PLAIN_LITERAL.fullmatch(piece):
            return CellFault(UNKNOWN_LOOK)
    if not placeholders:
        return before.strip()
    digits = _in_placeholders(value * 100 if is_percent else value, placeholders)
    if isinstance(digits, CellFault):
        return digits
    text = f"{before}{digits}{after}".strip()
    return PointedNumber(text) if "." in digits or "," in digits else text


def _literal_text(piece: str) -> str:
    """Return the text that a literal shows. A blank as wide as a letter is a blank."""
    if piece[0] == '"':
        return piece[1:-1]
    if piece[0] == "\\":
        return piece[1:]
    return " " if piece[0] == "_" else piece


# Literals that may be shown: quoted ones, and these signs, which need no quotes.
_PLAIN_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|[-+() :%$]', re.DOTALL)


def _in_placeholders(value: Decimal, placeholders: str) -> str | CellFault:
    """Return the digits of a number in placeholders such as #,##0.00."""
    match = _NUMBER.fullmatch(placeholders)
    if (
        match is None
        or match[1].endswith(",")
        or match[1].startswith(",")
        or not re.fullmatch("#*0*", match[1].replace(",", ""))
    ):
        return CellFault(UNKNOWN_LOOK)
    decimals = match[3] or ""
    if not re.fullmatch("0*#*", decimals):
        return CellFault(UNKNOWN_LOOK)
    too_long = CellFault(
        f"is a number of more than {MAX_DIGITS} digits, which Excel rounds; retype it as text"
    )
    if value and value.adjusted() >= MAX_DIGITS:
        # Decimal cannot quantize a number that is far larger.
        return too_long
    rounded = value.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    if len(rounded.as_tuple().digits) > MAX_DIGITS:
        return too_long
    whole, _, fraction = f"{rounded:f}".partition(".")
    min_digits = match[1].count("0")
    whole = whole.lstrip("0").zfill(min_digits)
    if "," in match[1]:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    min_decimals = decimals.count("0")
    fraction = fraction[:min_decimals] + fraction[min_decimals:].rstrip("0")
    return whole + ("." if match[2] else "") + fraction


def _date_or_time(value: Decimal, section: str, kind: str, *, from_1904: bool) -> str | CellFault:
    """Return a date or a time in a section."""
    reason = UNKNOWN_TIME if kind == "time" else UNKNOWN_DATE
    parts = _date_parts(section)
    if parts is None or not 0 <= value < _DAY_NUMBERS.stop:
        return CellFault(reason)
    day_number, fraction = divmod(value, 1)
    seconds = fraction * _SECONDS_PER_DAY
    rounded = seconds.to_integral_value(ROUND_HALF_UP)
    # Serial numbers are accurate to some microseconds. A larger remainder is a fraction of a second
    # that the format does not show.
    is_exact = abs(seconds - rounded) < Decimal("0.001") and rounded < _SECONDS_PER_DAY
    if kind == "time":
        has_time = is_exact and day_number == 0
        time = _time_of_day("".join(parts), int(rounded)) if has_time else None
        return CellFault(reason) if time is None else time
    day_count = int(day_number) + (_OFFSET_1904 if from_1904 else 0)
    if day_count not in _DAY_NUMBERS or not is_exact:
        return CellFault(reason)
    day = _EPOCH + dt.timedelta(days=day_count)
    if "".join(parts) in {"yyyy-mm-dd", "yyyy\\-mm\\-dd"}:
        return day.isoformat()
    if kind == "both":
        date, _, time_format = "".join(parts).partition(" ")
        time = _time_of_day(time_format, int(rounded)) if date == "yyyy-mm-dd" else None
        if time is None:
            return CellFault(
                "is a date with a time, in a format that only Excel can show; retype it as text"
            )
        return f"{day.isoformat()} {time}"
    return Day(day.isoformat()) if _is_whole_day(parts) else CellFault(reason)


@lru_cache(1_000)
def _date_parts(section: str) -> tuple[str, ...] | None:
    """Split a date or time section into runs of one letter and literals. None if it has others."""
    parts: list[str] = []
    for match in _DATE_PIECE.finditer(section):
        quoted, escaped, blank, fill, bracket, am_pm, _, literal = match.groups()
        if fill is not None or (
            bracket is not None
            and not _COLOR.fullmatch(bracket)
            and not _GREGORIAN_LOCALE.fullmatch(bracket)
        ):
            return None
        if bracket is not None:
            continue
        if (
            quoted is not None
            and quoted.strip() not in _DATE_WORDS
            and any(map(str.isalnum, quoted))
        ):
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
            else escaped or am_pm or literal or match[0].lower()
        )
    return tuple(parts)


def _is_whole_day(parts: tuple[str, ...]) -> bool:
    """Return whether a format shows day, month and year once each. A weekday may be added."""
    marks = [part for part in parts if part[:1] in set("ymdebg")]
    return (
        sorted(part[0] for part in marks if part not in {"ddd", "dddd"} and part not in _DATE_WORDS)
        == ["d", "m", "y"]
        and "mmmmm" not in marks
        and all(len(part) <= 4 for part in marks)  # noqa: PLR2004 -- yyyy, mmmm, dddd
    )


def _time_of_day(written: str, seconds: int) -> str | None:
    """Return a time of day (`seconds` since midnight) as a format shows it.

    None where the format is not known, or leaves seconds out.
    """
    has_am_pm = written[-6:].upper() == " AM/PM"
    time_format = written[:-6] if has_am_pm else written
    if time_format not in _TIME_FORMATS or (not _TIME_FORMATS[time_format] and seconds % 60):
        return None
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    shown_hour = (hour % 12 or 12) if has_am_pm else hour
    text = f"{shown_hour:0{2 if time_format.startswith('hh') else 1}}:{minute:02}" + (
        f":{second:02}" if _TIME_FORMATS[time_format] else ""
    )
    return f"{text} {'AM' if hour < 12 else 'PM'}" if has_am_pm else text  # noqa: PLR2004 -- noon
