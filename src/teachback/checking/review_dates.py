"""Find overdue reviews, numbers without a source, and unused or old sources. Pure.

The current day is an argument.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.rule import OUR_OWN, Example, Finding, Rule
from teachback.content import handout as doc
from teachback.content.base_model import first_text, steps
from teachback.editions.passages import Role
from teachback.errors import Problem, Severity, UsageError
from teachback.files.unprintable_characters import visible_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from teachback.content.sources import Sources
    from teachback.editions.passages import Passage
    from teachback.errors import Location

    Locate = Callable[..., Location]

# A review that is due within this many months is a warning.
MONTHS_AHEAD: Final = 6
# A source that is more years old is a hint, since many are still valid.
YEARS_OLD: Final = 5
# More unused sources than this share one message.
_MOST_NAMED: Final = 5
# The current day for the examples of the rules below.
EXAMPLE_DAY: Final = dt.date(2026, 11, 22)

DUE: Final = Rule(
    "review-due",
    "a text whose review is due within six months, or overdue",
    Severity.WARNING,
    "Advice ages, and nobody notices on paper. Past its date, `build` warns and "
    "`build --release` refuses.",
    sources=("UK Patient Information Forum, PIF TICK criteria",),
    bad=(Example("{status: draft, due: 2026-11-21}"), Example("{status: draft, due: 2027-05-22}")),
    good=(Example("{status: draft, due: 2027-05-23}"), Example("{status: draft, due: 2028-11-22}")),
)
UNDATED: Final = Rule(
    "review-undated",
    "a text without a review date",
    Severity.WARNING,
    "Without a date, no list and no calendar reminds anyone to review it.",
    sources=("UK Patient Information Forum, PIF TICK criteria",),
    bad=(Example("{status: draft}"), Example("{status: draft, reviewer: null, due: null}")),
    good=(
        Example("{status: draft, due: 2028-01-01}"),
        Example("{status: draft, owner: The desk, due: 2028-01-01}"),
    ),
)
NUMBER: Final = Rule(
    "number-source",
    "a claim in numbers without a source: how common, how much risk, what dose",
    Severity.WARNING,
    "Percentages, counts of people and doses are what readers act on, and what was most often "
    "wrong. Name the source in `sources:`, beside the text.",
    sources=("UK Patient Information Forum, PIF TICK criteria",),
    bad=(
        Example("Up to 60% of people on dialysis get cramps."),
        Example("About 1 in 4 people get them."),
        Example("Take 400 mg of magnesium a day."),
        Example("Drink 8 cups of water a day."),
        Example("For example, take 400 mg of magnesium a day."),
        Example("Half of all adults get cramps."),
    ),
    good=(
        Example("Many people get cramps."),
        Example("Rest for 10 minutes. Call us if you have not peed for 8 hours."),
        Example("Call {clinic.phone} about stage 3 CKD."),
        Example("Ask about vitamin B12 and type 2 diabetes."),
        Example("A small cup holds 150 ml."),
        Example("For example, drink 8 ounces 4 times a day if you may have 32."),
        Example("A baked potato has 900 mg of potassium."),
        Example("How much is 400 mg?", role=Role.QUESTION),
        Example("Up to 60% of people sink.", role=Role.MYTH),
    ),
)
UNUSED: Final = Rule(
    "source-unused",
    "a source that no handout uses",
    Severity.WARNING,
    "A list of sources that nobody uses hides those that count. It may also be that a statement "
    "has lost its source.",
    sources=(OUR_OWN,),
    bad=(
        Example("unused: {publisher: A, title: A, year: 2025, basis: seen}"),
        Example("unused: {publisher: B, title: B, basis: known}"),
    ),
    good=(
        Example("used: {publisher: A, title: A, year: 2025, basis: seen}"),
        Example("used: {publisher: B, title: B, year: 2024, basis: known}"),
    ),
)
YEARLESS: Final = Rule(
    "source-undated",
    "a source without a year",
    Severity.HINT,
    "Nobody can tell how old it is. Write the year of the text that was read, if it shows one.",
    sources=("UK Patient Information Forum, PIF TICK criteria",),
    bad=(
        Example("used: {publisher: A, title: A, basis: seen}"),
        Example("used: {publisher: A, title: A, year: null, basis: copy}"),
    ),
    good=(
        Example("used: {publisher: A, title: A, year: 2025, basis: seen}"),
        Example("used: {publisher: A, title: A, year: 2026, basis: copy}"),
    ),
)
AGED: Final = Rule(
    "source-old",
    "a source that is more than five years old",
    Severity.HINT,
    "It may still hold. Whoever reviews the text should look whether there is a newer one.",
    sources=("UK Patient Information Forum, PIF TICK criteria",),
    bad=(
        Example("used: {publisher: A, title: A, year: 2020, basis: seen}"),
        Example("used: {publisher: A, title: A, year: 1997, basis: seen}"),
    ),
    good=(
        Example("used: {publisher: A, title: A, year: 2021, basis: seen}"),
        Example("used: {publisher: A, title: A, year: 2026, basis: seen}"),
    ),
)
RULES: Final = (DUE, UNDATED, NUMBER, UNUSED, YEARLESS, AGED)


class ReviewDuty(NamedTuple):
    """Who is responsible for a handout, or a part of it, and until when.

    A part takes what it does not set from the whole handout. `part` is empty for the whole handout,
    else a name that an author can search for.
    """

    handout: str
    language: str
    title: str
    version: dt.date
    part: str
    owner: str | None
    reviewer: str | None
    reviewed: dt.date | None
    due: dt.date | None
    place: Location

    @property
    def name(self) -> str:
        """Return the handout, with the part in brackets if there is one."""
        return f"{self.handout} ({self.part})" if self.part else self.handout


def review_duties(handout: doc.Handout, locate: Locate) -> tuple[ReviewDuty, ...]:
    """Return the review duty of a handout, then those of its parts in file order.

    `locate` returns the place of a path in the file.
    """
    review = handout.review
    title = first_text(handout.title)
    place = locate(("review", "due") if review.due else ("review",), key=True)
    whole = ReviewDuty(
        handout.id,
        handout.language,
        title,
        handout.version,
        "",
        review.owner,
        review.reviewer,
        review.reviewed,
        review.due,
        place,
    )
    duties = [whole]
    for path, value in steps(handout):
        part = getattr(value, "review", None)
        if isinstance(part, doc.PartReview):
            own_terms = {
                name: getattr(part, name)
                for name in ("owner", "reviewer", "reviewed", "due")
                if getattr(part, name) is not None
            }
            part_place = locate((*path, "review"), key=True)
            duties.append(
                whole._replace(part=_part_name(handout, path, value), place=part_place, **own_terms)
            )
    return tuple(duties)


def later(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last day of that month if it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def horizon(within: str, today: dt.date) -> dt.date:
    """Return the last day of a span (6m, 2w, 30d or 1y) that starts today.

    Raises UsageError if the span is malformed.
    """
    match = re.fullmatch(r"(\d{1,3})([dwmy])", within.strip().lower())
    if match is None:
        raise UsageError(
            Problem(f"'{within[:20]}' is not a time span", "Write it as 6m, 2w, 30d or 1y.")
        )
    count = int(match[1])
    if match[2] in "dw":
        return today + dt.timedelta(days=count * (7 if match[2] == "w" else 1))
    return later(today, count * (12 if match[2] == "y" else 1))


def term_problems(duties: Iterable[ReviewDuty], today: dt.date) -> Iterator[Problem]:
    """Yield a warning for a review that is overdue, due in six months, or without a date.

    As in a build, only `--release` and `--strict` refuse an overdue one.
    """
    for duty in duties:
        owner = f" {duty.owner} sees to it." if duty.owner else ""
        if duty.due is None:
            message = f"'{duty.name}' has no review date"
            hint = f"Set `due:` in its review.{owner}"
            yield Problem(message, hint, duty.place, UNDATED.severity, UNDATED.id)
        elif duty.due <= later(today, MONTHS_AHEAD):
            verb = "was" if duty.due < today else "is"
            message = f"the review of '{duty.name}' {verb} due on {duty.due}"
            hint = f"Have it read again, and set a new `due:`.{owner}"
            yield Problem(message, hint, duty.place, DUE.severity, DUE.id)


def source_problems(
    sources: Sources, used: frozenset[str], today: dt.date, locate: Locate
) -> Iterator[Problem]:
    """Yield problems of sources that no handout uses, and of used ones that are old or undated.

    `locate` returns the place of a path in the file of sources.
    """
    unused = [name for name in sources.root if name not in used]
    if len(unused) > _MOST_NAMED:
        listed = f"{', '.join(unused[:_MOST_NAMED])} and {len(unused) - _MOST_NAMED} more"
        message = f"no handout uses these {len(unused)} sources: {listed}"
        yield Problem(
            message,
            "Name them where they are used, or remove them.",
            locate((unused[0],), key=True),
            UNUSED.severity,
            UNUSED.id,
        )
    else:
        for name in unused:
            message = f"no handout uses the source '{name}'"
            yield Problem(
                message,
                "Name it where it is used, or remove it.",
                locate((name,), key=True),
                UNUSED.severity,
                UNUSED.id,
            )
    for name, source in sources.root.items():
        if name not in used:
            continue
        if source.year is None:
            hint = "Write the year of the text that was read, if it shows one."
            yield Problem(
                f"the source '{name}' has no year",
                hint,
                locate((name,), key=True),
                YEARLESS.severity,
                YEARLESS.id,
            )
        elif today.year - source.year > YEARS_OLD:
            message = f"the source '{name}' is from {source.year}"
            yield Problem(
                message,
                "Look for a newer one when the text is reviewed.",
                locate((name, "year")),
                AGED.severity,
                AGED.id,
            )


_SPELLED: Final = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|a hundred)"
_COUNT: Final = rf"(?:\d+(?:[.,]\d+)*|{_SPELLED})"
_KINDS: Final = (
    "(?:types|kinds|forms|ways|groups|stages|parts|steps|tests|treatments|methods|areas)"
)
_PERCENT: Final = r"(?:%|percent\b|per cent\b)"
_NUMBERS: Final = re.compile(
    # A range is named whole: "23-90%", "5% and 20%".
    rf"(?:(?<!\d)\d{{1,3}}(?:[.,]\d+)?\s?(?:{_PERCENT}\s?and|(?:{_PERCENT}\s?)?(?:-|\u2013|to|or))"
    rf"\s?)?\d+(?:[.,]\d+)?\s?{_PERCENT}"
    # "One of three types" counts no people.
    rf"|\b{_COUNT} (?:in|out of|of) (?:every )?{_COUNT}\b(?! (?:main |common )?{_KINDS}\b)"
    r"|\b(?:a |one[- ])?(?:half|third|quarter|two[- ]thirds|three[- ]quarters) of "
    r"(?:(?:all|the)\b(?: [^\W\d_]+)?|those\b|people|adults|patients|readers|women|men)"
    r"|(?<![\w/])\d+(?:[.,/]\d+)*(?:\s?(?:-|\u2013|to|or)\s?\d+(?:[.,]\d+)*)?(?: or more)?\s?-?"
    r"(?:mg|mcg|g|grams?|ml|l|liters?|litres?|iu|units?|mmol|meq|cups?|glasses|ounces?|oz"
    r"|tablets?|pills?|teaspoons?|tablespoons?|"
    r"calories|kcal|people|patients|adults|women|men|million|billion)\b"
    r"(?!\s(?:\w+\s)?(?:bottle|cup|glass|mug|can|jug|bag)(?:e?s)?\b)",
    re.IGNORECASE,
)
# An amount is a dose if it is taken, or set for a day. "A cup has 200 ml" is none.
_MEASURE: Final = re.compile(
    r"(?:g|mg|mcg|grams?|m?l|lit(?:er|re)s?|iu|units?|mmol|meq|cups?|glasses|ounces?|oz|spoons?"
    r"|calories|kcal)$",
    re.IGNORECASE,
)
_DOSE: Final = re.compile(
    r"\b(?:(?:a|per|each|every) (?:day|night|week|hour|time)|daily|hours|tak(?:e|es|ing)"
    r"|drink(?:s|ing)?|eat(?:s|ing)?|swallow|doses?|tablets?|pills?|limit|aim)\b",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
# "For example, drink 8 ounces 4 times if you may have 32" shows how to count, and claims nothing.
_EXAMPLE: Final = re.compile(r"for (?:example|instance)\b.*\bif you\b", re.IGNORECASE)
# A gene of the parents makes it 25, 50 or 75 of 100 for a child by itself: no claim of a study.
_INHERITED: Final = re.compile(r"(?:25|50|75)\s?(?:%|percent|per cent)\Z", re.IGNORECASE)
_GENE: Final = re.compile(r"\bgen(?:es?|etic)\b", re.IGNORECASE)
_PASSED_ON: Final = re.compile(
    r"\bparents?\b|\binherit|\bpass(?:es|ed|ing)?\b.{1,20}\bon\b", re.IGNORECASE
)
_CHANCE_OF_CHILD: Final = re.compile(
    r"\s(?:chance|risk)\b(?:(?![.!?]).)*\b(?:child(?:ren)?|baby|babies|son|daughter)\b"
)
# "In one of 13 genes" says which, not how often.
_ONE_OF: Final = re.compile(r"one of (?:\d+|[a-z]+)\Z", re.IGNORECASE)
_THINGS: Final = re.compile(
    r"\s(?:\w+ )?(?:genes|hormones|proteins|viruses|glands|nerves|bones|muscles|medicines|drugs)\b"
)
# A text that this does not match states no number.
_MAY_STATE_NUMBER: Final = re.compile(r"\d|\b(?:of|in)\b", re.IGNORECASE)
_STATING_ROLES: Final = frozenset({
    Role.MESSAGE, Role.PARAGRAPH, Role.LEAD, Role.ITEM, Role.CAPTION, Role.CELL, Role.CALLOUT,
    Role.FLAG, Role.WHY, Role.ANSWER, Role.CARD,
})  # fmt: skip


def number_findings(passages: Iterable[Passage]) -> Iterator[Finding]:
    """Yield statements with a number and no source; the values of placeholders do not count."""
    for passage in passages:
        if (
            passage.role not in _STATING_ROLES
            or passage.sources
            or not _MAY_STATE_NUMBER.search(passage.written)
        ):
            continue
        written = re.sub(r"\{[^{}]*\}|\]\([^)]*\)", " ", visible_form(passage.written))
        words = next(
            (
                match[0].strip()
                for sentence in _SENTENCE.split(written)
                for match in _NUMBERS.finditer(sentence)
                if match[0] != "100%"
                and (not _MEASURE.search(match[0]) or _is_dose(sentence))
                and not _is_inherited(match, written)
                and not (_ONE_OF.match(match[0]) and _THINGS.match(sentence, match.end()))
            ),
            "",
        )
        if words and not passage.text.rstrip().endswith("?"):
            hint = (
                "Add `sources: [...]` to this text, so that its reviewers can look the number up."
            )
            yield Finding(
                NUMBER.id,
                NUMBER.severity,
                passage,
                words,
                f"'{words}' is a number without a source",
                hint,
            )


def _is_inherited(number: re.Match[str], written: str) -> bool:
    """Return whether a number is the chance of a child to have the gene of its parents."""
    return bool(
        _INHERITED.match(number[0])
        and _CHANCE_OF_CHILD.match(number.string, number.end())
        and _GENE.search(written)
        and _PASSED_ON.search(written)
    )


def _is_dose(sentence: str) -> bool:
    return bool(_DOSE.search(sentence)) and not _EXAMPLE.match(sentence)


def _part_name(handout: doc.Handout, path: tuple[Any, ...], value: object) -> str:
    if isinstance(value, doc.Section):
        return f"section {value.id}"
    own_id = getattr(value, "id", None)
    if own_id:
        return str(own_id)
    parent = handout.sections[path[1]].id if path[:1] == ("sections",) else path[0]
    return "/".join((str(parent), *(str(step) for step in path[3:])))
