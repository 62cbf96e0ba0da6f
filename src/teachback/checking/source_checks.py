"""Find numbers without a source, and sources that are unused, without a year, or old.

The current day is an argument.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from teachback.checking.rule import OUR_OWN, Example, Finding, Rule
from teachback.editions.passages import Role
from teachback.errors import Problem, Severity
from teachback.files.unprintable_characters import visible_form
from teachback.files.workspace import shown

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from teachback.content.sources import Sources
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.passages import Passage
    from teachback.errors import Location
    from teachback.files.workspace import Workspace

    Locate = Callable[..., Location]

# A source that is more years old is a hint, since many are still valid.
YEARS_OLD: Final = 5
# More problems of one kind than this are told in one.
_MOST_TOLD: Final = 5

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
RULES: Final = (NUMBER, UNUSED, YEARLESS, AGED)

_SPELLED: Final = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|a hundred)"
_COUNT: Final = rf"(?:\d+(?:[.,]\d+)*|{_SPELLED})"
_PERCENT: Final = r"(?:%|percent\b|per cent\b)"
_NUMBERS: Final = re.compile(
    # A range is named whole: "23-90%", "5% and 20%".
    rf"(?:(?<!\d)\d{{1,3}}(?:[.,]\d+)?\s?(?:{_PERCENT}\s?and|(?:{_PERCENT}\s?)?(?:-|\u2013|to|or))"
    rf"\s?)?\d+(?:[.,]\d+)?\s?{_PERCENT}"
    rf"|\b{_COUNT} (?:in|out of|of) (?:every )?{_COUNT}\b"
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
# The chance must be that of the child to have it, and the gene must be in the same sentence.
_INHERITED: Final = re.compile(r"(?:25|50|75)\s?(?:%|percent|per cent)\Z", re.IGNORECASE)
_GENE: Final = re.compile(r"\bgenes?\b", re.IGNORECASE)
_CHANCE_OF_CHILD: Final = re.compile(
    r"\schance (?:that (?:a|the|each|every|your|their) child (?:will )?(?:has|have|gets?|inherits?)"
    r"|of (?:a|the|each|every|your|their) child (?:having|getting|inheriting)"
    r"|of inheriting)\s(?:it|the|this|that|both|one|two|a)\b"
)
# "In one of 13 genes" and "one of three types of cells" say which, not how often. A verb behind
# them makes a claim: "One of ten medicines causes a rash".
_ONE_OF: Final = re.compile(rf"one of (?:\d+|{_SPELLED})\Z", re.IGNORECASE)
_THINGS: Final = re.compile(
    r"\s(?:(?:main|common) )?(?:(?:types|kinds|forms|groups|stages)(?: of [^\W\d_]+)?"
    r"|genes|hormones|proteins|viruses)(?:[.;:!)]|\Z)"
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
                and not _is_inherited(match)
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


def bibliography_problems(
    workspace: Workspace, shared: WorkspaceContent, used: Iterable[str], today: dt.date
) -> tuple[Problem, ...]:
    """Return the problems of the list of sources: unused, without a year, or old.

    `used` are the ids that handouts and rules name. The built-in sources, which a clinic cannot
    change, yield no problems.
    """
    from teachback.content.sources import Sources

    locate = shared.sources_file.locate
    own_file = shown(workspace.root / "content/sources.yaml")
    sources = {
        name: source
        for name, source in shared.sources.root.items()
        if locate((name,)).file == own_file
    }
    return tuple(source_problems(Sources(sources), frozenset(used), today, locate))


def source_problems(
    sources: Sources, used: frozenset[str], today: dt.date, locate: Locate
) -> Iterator[Problem]:
    """Yield problems of sources that no handout uses, and of used ones that are old or undated.

    `locate` returns the place of a path in the file of sources.
    """
    unused: dict[str, Problem] = {}
    undated: dict[str, Problem] = {}
    old: dict[str, Problem] = {}
    for name, source in sources.root.items():
        key_place = locate((name,), key=True)
        if name not in used:
            message = f"no handout uses the source '{name}'"
            hint = "Name it where it is used, or remove it."
            unused[name] = Problem(message, hint, key_place, UNUSED.severity, UNUSED.id)
        elif source.year is None:
            message = f"the source '{name}' has no year"
            hint = "Write the year of the text that was read, if it shows one."
            undated[name] = Problem(message, hint, key_place, YEARLESS.severity, YEARLESS.id)
        elif today.year - source.year > YEARS_OLD:
            message = f"the source '{name}' is from {source.year}"
            hint = "Look for a newer one when the text is reviewed."
            place = locate((name, "year"))
            old[f"{name} ({source.year})"] = Problem(message, hint, place, AGED.severity, AGED.id)
    yield from _few_or_one(unused, "no handout uses these sources")
    yield from _few_or_one(undated, "these sources have no year")
    yield from _few_or_one(old, f"these sources are more than {YEARS_OLD} years old")


def _few_or_one(problems: dict[str, Problem], message: str) -> Iterator[Problem]:
    """Yield each problem, or if they are many, one with all names at the place of the first."""
    if len(problems) <= _MOST_TOLD:
        yield from problems.values()
    else:
        first = next(iter(problems.values()))
        yield first._replace(message=f"{message}: {', '.join(problems)}")


def _is_inherited(number: re.Match[str]) -> bool:
    """Return whether a number is the chance of a child to have the gene of its parents."""
    return bool(
        _INHERITED.match(number[0])
        and _CHANCE_OF_CHILD.match(number.string, number.end())
        and _GENE.search(number.string)
    )


def _is_dose(sentence: str) -> bool:
    return bool(_DOSE.search(sentence)) and not _EXAMPLE.match(sentence)
