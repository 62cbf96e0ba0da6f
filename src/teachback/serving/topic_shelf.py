"""Describe what a front desk can print: topics, their readers, and what is missing with its reason.

A topic is a handout in all its languages. All results are plain data, which goes to the page as
JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from teachback.content.base_model import first_text, is_for, steps
from teachback.content.brief_version import has_brief_version
from teachback.content.draft_notices import LANGUAGE_UNKNOWN
from teachback.content.handout import Tier
from teachback.content.handout_checks import names_field
from teachback.content.inline_markup import bare, places_in
from teachback.content.locale_formats import dated
from teachback.content.record_fields import FieldKind
from teachback.errors import Location, Severity
from teachback.printing.job_composer import languages_of, summarise
from teachback.printing.review_problems import ahead_problems, review_problems
from teachback.serving.desk_shelf import errors_of
from teachback.serving.press_messages import problem_json
from teachback.units import Depth, Paper, TypeSize, split_languages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from teachback.content.audiences import Audience, Audiences
    from teachback.content.handout import Handout, Text
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.loader import LoadedHandouts
    from teachback.content.record_fields import RecordField
    from teachback.errors import Problem
    from teachback.printing.card_stock import Stock, Stocks
    from teachback.printing.settings import Settings

# The audience whose texts suit readers without a known illness.
GENERAL_READER: Final = "general"
DRAFT: Final = "Draft: no clinician has approved this text."
_ABSENT: Final = (
    "This topic has no text for these readers. Another reader's text is not meant for them."
)
_UNPROVED: Final = "Draft: no translator has checked this translation."
_STALE: Final = "Draft: the English text has changed since it was translated."
_CUT: Final = {"cut": "Plain paper, to cut", "fold-over": "Plain paper, to cut and fold"}
_NAMES: Final[dict[str, dict[Any, str]]] = {
    "papers": {Paper.LETTER: "Letter", Paper.A4: "A4"},
    "sizes": {TypeSize.STANDARD: "Standard, 13 pt", TypeSize.LARGE: "Large, 18 pt"},
    "depths": {Depth.FULL: "Full", Depth.BRIEF: "Brief"},
}


def shelf_json(
    reading: LoadedHandouts,
    refused: Mapping[str, tuple[Problem, ...]],
    stocks: Stocks,
    settings: Settings,
    today: dt.date,
) -> dict[str, Any]:
    """Return all topics and all choices. The first entry of each list of choices is the default.

    `refused` are the problems of handouts that must not be printed, by file stem.
    """
    languages = {name for one in reading.authored.values() for name in languages_of(one)}
    first = settings.languages(settings.language or "en")
    stems: dict[str, list[str]] = {}
    for stem in (*reading.authored, *(refused.keys() - reading.authored.keys())):
        stems.setdefault(stem.partition(".")[0], []).append(stem)
    topics = [
        _topic(topic, sorted(each), reading, refused, today, release=settings.release)
        for topic, each in stems.items()
    ]
    choices = {
        "papers": (settings.paper, *Paper),
        "sizes": (settings.size, *TypeSize),
        "depths": (settings.depth, *Depth),
    }
    return {
        "clinic": reading.shared.clinic.name,
        **{
            kind: [{"id": str(one), "name": _NAMES[kind][one]} for one in dict.fromkeys(ordered)]
            for kind, ordered in choices.items()
        },
        "languages": [
            {"id": one, "name": _language_name(one, reading)}
            for one in sorted(languages, key=lambda one: (one != first, one))
        ],
        "stocks": _stocks(stocks, settings),
        "topics": sorted(topics, key=lambda topic: topic["title"].casefold()),
    }


def field_json(field: RecordField, asked: RecordField | None = None) -> dict[str, Any]:
    """Return a field as the desk asks for it, in the words of `asked`: the same one in English."""
    asked = asked or field
    labels = asked.choices if len(asked.choices) == len(field.choices) else field.choices
    kind = field.type if field.type in {FieldKind.DATE, FieldKind.CHOICE} else FieldKind.TEXT
    return {
        "id": field.name,
        "label": bare(first_text(asked.label)),
        "kind": str(kind),
        "choices": [
            {"value": one, "label": label} for one, label in zip(field.choices, labels, strict=True)
        ],
        "required": field.required,
        "hint": {
            FieldKind.NUMBER: "Figures alone, such as 1500.",
            FieldKind.PHONE: "A phone number, without words.",
        }.get(field.type, ""),
    }


def notices_json(authored: LoadedHandout, audience: str, today: dt.date) -> list[dict[str, str]]:
    """Return in words that a text is a draft, or that its review is overdue or still to come."""
    return list(_notices(authored, (audience,), today))


def unreleased(authored: LoadedHandout, audience: str, today: dt.date) -> tuple[Problem, ...]:
    """Return why `--release` refuses a text: no clinician approved it, or its review is overdue."""
    summary = summarise(authored, "")
    return errors_of(review_problems(summary, today, release=True, audiences=(audience,)))


def _topic(
    topic: str,
    stems: list[str],
    reading: LoadedHandouts,
    refused: Mapping[str, tuple[Problem, ...]],
    today: dt.date,
    *,
    release: bool,
) -> dict[str, Any]:
    there = [reading.authored[stem] for stem in stems if stem in reading.authored]
    # A translation that cannot be printed is a choice with a reason, and leaves the topic right.
    written = [stem for stem in stems if stem not in reading.translations]
    problems = [problem for stem in written for problem in refused.get(stem, ())]
    told: dict[str, Any] = {"id": topic, "problems": [problem_json(one) for one in problems]}
    if not there:
        told |= {"titles": {}, "signs": [], "others": [], "readers": [], "choices": []}
        told |= {"fields": [], "has_card": False}
        return {**told, "title": topic, "purpose": "", "state": _state(())}
    texts = [one for one in there if one.translated is None] or there
    main = next((one for one in there if one.handout.language == "en"), there[0]).handout
    readers = list(dict.fromkeys(name for one in there for name in one.handout.audiences))
    review = [notice for one in texts for notice in _notices(one, one.handout.audiences, today)]
    choices = [
        *(
            choice
            for stem in stems
            if stem in reading.authored
            for choice in _choices(
                reading.authored[stem], refused.get(stem, ()), today if release else None
            )
        ),
        *_choices_not_whole(stems, readers, reading),
    ]
    printable = {choice["language"] for choice in choices if choice["missing"] is None}
    return {
        **told,
        **_words_to_find(main, reading.shared.audiences),
        # A text in another language is found by its own words, too, where somebody can print it.
        "others": [
            {
                "language": one.handout.language,
                **_words_to_find(one.handout, reading.shared.audiences),
            }
            for one in there
            if one.handout is not main and one.handout.language in printable
        ],
        "state": _state(review),
        "readers": [
            *(_reader(name, readers, texts, main, reading, today) for name in readers),
            *_absent_readers(readers, reading.shared.audiences),
        ],
        "choices": choices,
        "fields": [field_json(one) for one in main.fields],
        "has_card": any(one.handout.card is not None for one in there),
    }


def _words_to_find(handout: Handout, audiences: Audiences) -> dict[str, Any]:
    """Return the texts of a handout by which its topic is found."""
    return {
        "title": bare(first_text(handout.title)),
        "titles": {
            name: bare(_for(handout.title, audiences.lineage(name))) for name in handout.audiences
        },
        "purpose": handout.purpose,
        "signs": _signs(handout, audiences),
    }


def _signs(handout: Handout, audiences: Audiences) -> list[dict[str, Any]]:
    """Return the red flags, the most urgent first, each text once, with those who read it."""
    found: dict[str, tuple[Tier, list[str]]] = {}
    flags = [(tier, flag) for tier in Tier for flag in handout.red_flags if flag.tier is tier]
    for tier, flag in flags:
        for name in handout.audiences:
            lineage = audiences.lineage(name)
            if is_for(flag, lineage):
                _, readers = found.setdefault(bare(_for(flag.text, lineage)), (tier, []))
                readers += [] if name in readers else [name]
    return [
        {"text": text, "tier": str(tier), "audiences": names}
        for text, (tier, names) in found.items()
    ]


def _reader(
    name: str,
    readers: list[str],
    there: list[LoadedHandout],
    main: Handout,
    reading: LoadedHandouts,
    today: dt.date,
) -> dict[str, Any]:
    audiences = reading.shared.audiences
    others = [_short(audiences.root[other]) for other in readers if other != name]
    general = name == GENERAL_READER
    warning = None
    if general and others:
        warning = (
            f"This topic has its own text for: {'; '.join(others)}. This one can harm them. "
            "Take it only for a patient who is none of these."
        )
    return {
        "id": name,
        "name": _short(audiences.root[name]),
        "text": audiences.root[name].name,
        "missing": None,
        "general": general,
        "warning": warning,
        "notices": [
            notice
            for one in there
            if name in one.handout.audiences
            for notice in _notices(one, (name,), today)
        ],
        "fields": _fields_by_paper(main, audiences.lineage(name)),
    }


def _fields_by_paper(handout: Handout, lineage: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the names of the fields that have a place on a reader's handout, and on the card.

    The page asks for them before either is laid out.
    """
    placed: dict[str, set[str]] = {"handout": set(), "cards": set()}
    for path, value in steps(handout, (), lineage):
        text = _for(value, lineage) if isinstance(value, dict) and value else value
        if isinstance(text, str) and ("{" in text or names_field(path)):
            names = (text,) if names_field(path) else places_in(text)
            placed["cards" if path[0] == "card" else "handout"].update(names)
    return {
        paper: [one.name for one in handout.fields if one.name in names]
        for paper, names in placed.items()
    }


def _absent_readers(readers: list[str], audiences: Audiences) -> Iterator[dict[str, Any]]:
    """Yield the readers for whom a topic has no text, with the reason.

    A reader who is not seen at all would get the text of another one.
    """
    for name, audience in audiences.root.items():
        if name not in readers:
            yield {
                "id": name,
                "name": _short(audience),
                "text": audience.name,
                "missing": _ABSENT,
                "general": name == GENERAL_READER,
                "warning": None,
                "notices": [],
                "fields": {"handout": [], "cards": []},
            }


def _choices(
    authored: LoadedHandout, refused: tuple[Problem, ...], release: dt.date | None
) -> Iterator[dict[str, Any]]:
    """Yield all choices of a handout, each with the reason for which it cannot be printed, or None.

    With the day of `release`, drafts and overdue texts cannot.
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
                yield from _combinations(audience, language, missing, (depth,))


def _choices_not_whole(
    stems: list[str], readers: list[str], reading: LoadedHandouts
) -> Iterator[dict[str, Any]]:
    """Yield the choices of readers for whom a translation lacks texts, each with the reason."""
    for stem in stems:
        authored = reading.authored.get(stem)
        if stem not in reading.translations:
            continue
        whole = authored.handout.audiences if authored else ()
        language = stem.partition(".")[2]
        found = (
            [one.problem for one in authored.notices if one.problem.severity is Severity.ERROR]
            if authored
            else reading.problems.get(stem, ())
        )
        why = f": {found[0].message}" if found else ""
        for audience in readers:
            if audience not in whole:
                yield from _combinations(audience, language, f"The translation is not whole{why}.")


def _combinations(
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


def _notices(
    authored: LoadedHandout, audiences: Iterable[str], today: dt.date
) -> Iterator[dict[str, str]]:
    handout, audiences = authored.handout, tuple(audiences)
    statuses = [authored.standing.review(handout.review, name).status for name in audiences]
    drafts = [name for name, word in zip(audiences, statuses, strict=True) if word != "approved"]
    changed = [name for name in drafts if name in authored.standing.changed]
    if changed:
        day = handout.review.reviewed
        text = f"Draft: changed since it was approved{f' on {_in_words(day)}' if day else ''}."
        yield {"kind": "unapproved", "text": text}
    for text in _draft_words(authored, drafts) if drafts else ():
        yield {"kind": "draft", "text": text}
    reviewed, due = handout.review.reviewed, handout.review.due
    if reviewed is not None and ahead_problems(reviewed.isoformat(), today, Location("")):
        text = f"The review of {_in_words(reviewed)} has not taken place yet."
        yield {"kind": "unapproved", "text": text}
    if due is not None and due < today:
        yield {"kind": "overdue", "text": f"The review was due on {_in_words(due)}."}


def _draft_words(authored: LoadedHandout, drafts: list[str]) -> Iterator[str]:
    """Yield each reason for which a text is a draft, but not that it was changed."""
    standing, status = authored.standing, authored.handout.review.status
    unproved, stale, missing = (
        any(name in names for name in drafts)
        for names in (standing.unproved, standing.stale, standing.missing)
    )
    if unproved and not standing.changed:
        yield _UNPROVED
    if stale:
        yield _STALE
    for one in authored.notices:
        if standing.unchecked and one.problem.rule == LANGUAGE_UNKNOWN:
            yield _sentence(one.problem.message)
    if missing or (authored.translated is None and status != "approved"):
        yield DRAFT


def _sentence(message: str) -> str:
    return f"{message[0].upper()}{message[1:]}."


def _in_words(day: dt.date) -> str:
    return dated(day, "en")


def _state(notices: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the state of a topic: overdue before draft, else current."""
    for kind in ("overdue", "unapproved", "draft"):
        for notice in notices:
            if notice["kind"] == kind:
                shown = "overdue" if kind == "overdue" else "draft"
                return {"kind": shown, "text": notice["text"]}
    return {"kind": "current", "text": ""}


def _stocks(stocks: Stocks, settings: Settings) -> list[dict[str, Any]]:
    """Return the stocks of cards; the one of the settings comes first."""
    first = stocks.names().get(settings.card_stock.lower(), "")
    return [
        {
            "id": name,
            "names": [stock_name(one, stock) for one in (name, *stock.also)],
            "paper": str(stock.page) if isinstance(stock.page, Paper) else "",
            "page_mm": [stock.page_box.width, stock.page_box.height],
            "columns": stock.grid.columns,
            "rows": stock.grid.rows,
            "places": stock.places,
            # A sheet that was cut up has no place left.
            "cut": stock.kind in _CUT,
        }
        for name, stock in sorted(stocks.root.items(), key=lambda one: (one[0] != first, one[0]))
    ]


def stock_name(name: str, stock: Stock) -> str:
    """Return a name of a stock as it stands on its pack, or what a plain sheet is cut into."""
    maker, _, number = name.partition("-")
    sold = f"{maker.capitalize()} {number.upper() if number[-1:].isdigit() else number}".strip()
    box = stock.card_box
    return f"{_CUT.get(stock.kind, sold)}, {box.width:g} x {box.height:g} mm"


def _language_name(named: str, reading: LoadedHandouts) -> str:
    """Return a language's own name, or those of two."""
    words = reading.shared.words
    names = [words[one].language for one in split_languages(named) if one]
    return names[0] if len(names) == 1 else f"{' and '.join(names)}, side by side"


def _short(audience: Audience) -> str:
    """Return the words for an audience on a card, which a button has room for."""
    return audience.short.get("en") or audience.name


def _for(text: Text, lineage: tuple[str, ...]) -> str:
    if isinstance(text, str):
        return text
    return next((text[name] for name in lineage if name in text), first_text(text))
