"""Describe for the page the choices at the desk, and say why one of them cannot be printed.

A choice is a reader, language, depth, size and paper of a topic; cards have their stocks. The words
of the choices are here. All results are plain data, which goes to the page as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from teachback.content.brief_version import has_brief_version
from teachback.printing.job_composer import languages_of, summarise
from teachback.printing.review_problems import review_problems
from teachback.serving.desk_shelf import errors_of
from teachback.units import Depth, Paper, TypeSize, split_languages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.loader import LoadedHandouts
    from teachback.errors import Problem
    from teachback.printing.card_stock import Stock, Stocks
    from teachback.printing.settings import Settings

_CUT: Final = {"cut": "Plain paper, to cut", "fold-over": "Plain paper, to cut and fold"}
_NAMES: Final[dict[str, dict[Any, str]]] = {
    "papers": {Paper.LETTER: "Letter", Paper.A4: "A4"},
    "sizes": {TypeSize.STANDARD: "Standard, 13 pt", TypeSize.LARGE: "Large, 18 pt"},
    "depths": {Depth.FULL: "Full", Depth.BRIEF: "Brief"},
}


def choices_of_settings(settings: Settings) -> dict[str, list[dict[str, str]]]:
    """Return the papers, sizes and depths, each list with the default of the settings first."""
    choices = {
        "papers": (settings.paper, *Paper),
        "sizes": (settings.size, *TypeSize),
        "depths": (settings.depth, *Depth),
    }
    return {
        kind: [{"id": str(value), "name": _NAMES[kind][value]} for value in dict.fromkeys(values)]
        for kind, values in choices.items()
    }


def languages_json(reading: LoadedHandouts, settings: Settings) -> list[dict[str, str]]:
    """Return the languages in which there is a handout. That of the settings comes first."""
    languages = {name for each in reading.authored.values() for name in languages_of(each)}
    default = settings.languages(settings.language or "en")
    return [
        {"id": language, "name": _language_name(language, reading)}
        for language in sorted(languages, key=lambda name: (name != default, name))
    ]


def stocks_json(stocks: Stocks, settings: Settings) -> list[dict[str, Any]]:
    """Return the stocks of cards. That of the settings comes first."""
    default = stocks.names().get(settings.card_stock.lower(), "")
    return [
        {
            "id": name,
            "names": [stock_name(other, stock) for other in (name, *stock.also)],
            "paper": str(stock.page) if isinstance(stock.page, Paper) else "",
            "page_mm": [stock.page_box.width, stock.page_box.height],
            "columns": stock.grid.columns,
            "rows": stock.grid.rows,
            "places": stock.places,
            # A sheet that is cut up can be used only once.
            "cut": stock.kind in _CUT,
        }
        for name, stock in sorted(
            stocks.root.items(), key=lambda entry: (entry[0] != default, entry[0])
        )
    ]


def stock_name(name: str, stock: Stock) -> str:
    """Return a name of a stock as its pack has it, or what a plain sheet is cut into."""
    maker, _, number = name.partition("-")
    pack_name = (
        f"{maker.capitalize()} {number.upper() if number[-1:].isdigit() else number}".strip()
    )
    box = stock.card_box
    return f"{_CUT.get(stock.kind, pack_name)}, {box.width:g} x {box.height:g} mm"


def unreleased(authored: LoadedHandout, audience: str, today: dt.date) -> tuple[Problem, ...]:
    """Return why `--release` refuses a text: it is not approved, or its review is overdue."""
    summary = summarise(authored, "")
    return errors_of(review_problems(summary, today, release=True, audiences=(audience,)))


def choices_json(
    authored: LoadedHandout, refused: tuple[Problem, ...], release: dt.date | None
) -> Iterator[dict[str, Any]]:
    """Yield all choices of a handout, each with the reason why it cannot be printed, or None.

    With the day of `release`, drafts and overdue texts cannot be printed.
    """
    handout = authored.handout
    brief = has_brief_version(handout)
    for audience in handout.audiences:
        stopping = refused or (unreleased(authored, audience, release) if release else ())
        for depth in Depth:
            missing = None
            if stopping:
                missing = f"This text cannot be printed: {stopping[0].message}."
            elif depth is Depth.BRIEF and not brief:
                missing = "This topic has no brief version."
            for language in languages_of(authored):
                yield from _choices_for(audience, language, missing, (depth,))


def choices_of_incomplete(
    stems: list[str], readers: list[str], reading: LoadedHandouts
) -> Iterator[dict[str, Any]]:
    """Yield the choices of readers for whom a translation lacks a text, each with the reason."""
    for stem in stems:
        authored = reading.authored.get(stem)
        if stem not in reading.translations:
            continue
        complete = authored.handout.audiences if authored else ()
        language = stem.partition(".")[2]
        problems = (
            errors_of(notice.problem for notice in authored.notices)
            if authored
            else reading.problems.get(stem, ())
        )
        reason = f": {problems[0].message}" if problems else ""
        missing = f"The translation is not whole{reason}."
        for audience in readers:
            if audience not in complete:
                yield from _choices_for(audience, language, missing)


def _choices_for(
    audience: str, language: str, missing: str | None, depths: Iterable[Depth] = Depth
) -> Iterator[dict[str, Any]]:
    """Yield a choice for each depth, size and paper."""
    for depth in depths:
        for size in TypeSize:
            for paper in Paper:
                yield {
                    "audience": audience,
                    "language": language,
                    "depth": str(depth),
                    "size": str(size),
                    "paper": str(paper),
                    "missing": missing,
                }


def _language_name(named: str, reading: LoadedHandouts) -> str:
    """Return a language's own name, or those of two languages side by side."""
    words = reading.shared.words
    names = [words[language].language for language in split_languages(named) if language]
    return names[0] if len(names) == 1 else f"{' and '.join(names)}, side by side"
