"""Describe for the page what a front desk can print: topics, their readers, states and notices.

A topic is a handout in all its languages. Its choices, and why one cannot be printed, are in
`desk_choices`. All results are plain data, which goes to the page as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from teachback.content.base_model import first_text, is_for, steps
from teachback.content.draft_notices import LANGUAGE_UNKNOWN
from teachback.content.handout import Tier
from teachback.content.handout_checks import names_field
from teachback.content.inline_markup import bare, places_in
from teachback.content.locale_formats import dated
from teachback.content.record_fields import FieldKind
from teachback.errors import Location
from teachback.printing.review_problems import ahead_problems
from teachback.serving.desk_choices import (
    choices_json,
    choices_of_incomplete,
    choices_of_settings,
    languages_json,
    stocks_json,
)
from teachback.serving.press_messages import problem_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from teachback.content.audiences import Audience, Audiences
    from teachback.content.handout import Handout, Text
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.loader import LoadedHandouts
    from teachback.content.record_fields import RecordField
    from teachback.errors import Problem
    from teachback.printing.card_stock import Stocks
    from teachback.printing.settings import Settings

# The audience for readers without a known illness.
GENERAL_READER: Final = "general"
DRAFT: Final = "Draft: no clinician has approved this text."
_ABSENT: Final = (
    "This topic has no text for these readers. Another reader's text is not meant for them."
)
_UNPROVED: Final = "Draft: no translator has checked this translation."
_STALE: Final = "Draft: the English text has changed since it was translated."


def shelf_json(
    reading: LoadedHandouts,
    refused: Mapping[str, tuple[Problem, ...]],
    stocks: Stocks,
    settings: Settings,
    today: dt.date,
) -> dict[str, Any]:
    """Return all topics, and all choices with the default first.

    `refused` are the problems of handouts that must not be printed, by file stem.
    """
    stems_by_topic: dict[str, list[str]] = {}
    for stem in (*reading.authored, *(refused.keys() - reading.authored.keys())):
        stems_by_topic.setdefault(stem.partition(".")[0], []).append(stem)
    topics = [
        _topic_json(topic, sorted(stems), reading, refused, today, release=settings.release)
        for topic, stems in stems_by_topic.items()
    ]
    return {
        "clinic": reading.shared.clinic.name,
        **choices_of_settings(settings),
        "languages": languages_json(reading, settings),
        "stocks": stocks_json(stocks, settings),
        "topics": sorted(topics, key=lambda topic: topic["title"].casefold()),
    }


def field_json(field: RecordField, main: RecordField | None = None) -> dict[str, Any]:
    """Return a field as the desk asks for it.

    Its labels are those of `main`, the same field in the topic's own language.
    """
    main = main or field
    labels = main.choices if len(main.choices) == len(field.choices) else field.choices
    kind = field.type if field.type in {FieldKind.DATE, FieldKind.CHOICE} else FieldKind.TEXT
    return {
        "id": field.name,
        "label": bare(first_text(main.label)),
        "kind": str(kind),
        "choices": [
            {"value": value, "label": label}
            for value, label in zip(field.choices, labels, strict=True)
        ],
        "required": field.required,
        "hint": {
            FieldKind.NUMBER: "Figures alone, such as 1500.",
            FieldKind.PHONE: "A phone number, without words.",
        }.get(field.type, ""),
    }


def notices_json(authored: LoadedHandout, audience: str, today: dt.date) -> list[dict[str, str]]:
    """Return the notices of a text: that it is a draft, or its review overdue or still to come."""
    return list(_notices(authored, (audience,), today))


def _topic_json(
    topic: str,
    stems: list[str],
    reading: LoadedHandouts,
    refused: Mapping[str, tuple[Problem, ...]],
    today: dt.date,
    *,
    release: bool,
) -> dict[str, Any]:
    # A translation that cannot be printed is a choice with a reason. The topic has no problem.
    originals = [stem for stem in stems if stem not in reading.translations]
    problems = [problem for stem in originals for problem in refused.get(stem, ())]
    listed: dict[str, Any] = {
        "id": topic,
        "problems": [problem_json(problem) for problem in problems],
    }
    readable = [reading.authored[stem] for stem in stems if stem in reading.authored]
    if not readable:
        listed |= {"titles": {}, "signs": [], "others": [], "readers": [], "choices": []}
        listed |= {"fields": [], "has_card": False}
        return {**listed, "title": topic, "purpose": "", "state": _state(())}
    texts = [each for each in readable if each.translated is None] or readable
    handouts = [each.handout for each in readable]
    main = next((handout for handout in handouts if handout.language == "en"), handouts[0])
    readers = list(dict.fromkeys(name for handout in handouts for name in handout.audiences))
    notices = [notice for each in texts for notice in _notices(each, each.handout.audiences, today)]
    choices = [
        *(
            choice
            for stem in stems
            if stem in reading.authored
            for choice in choices_json(
                reading.authored[stem], refused.get(stem, ()), today if release else None
            )
        ),
        *choices_of_incomplete(stems, readers, reading),
    ]
    printable = {choice["language"] for choice in choices if choice["missing"] is None}
    return {
        **listed,
        **_searched_texts(main, reading.shared.audiences),
        # A text in another language is found by its own words too, if it can be printed.
        "others": [
            {
                "language": handout.language,
                **_searched_texts(handout, reading.shared.audiences),
            }
            for handout in handouts
            if handout is not main and handout.language in printable
        ],
        "state": _state(notices),
        "readers": [
            _reader_json(name, readers, texts, main, reading, today)
            for name in dict.fromkeys((*readers, *reading.shared.audiences.root))
        ],
        "choices": choices,
        "fields": [field_json(field) for field in main.fields],
        "has_card": any(handout.card is not None for handout in handouts),
    }


def _searched_texts(handout: Handout, audiences: Audiences) -> dict[str, Any]:
    """Return the texts of a handout in which the search looks for words."""
    return {
        "title": bare(first_text(handout.title)),
        "titles": {
            name: bare(_text_for(handout.title, audiences.lineage(name)))
            for name in handout.audiences
        },
        "purpose": handout.purpose,
        "signs": _red_flags_json(handout, audiences),
    }


def _red_flags_json(handout: Handout, audiences: Audiences) -> list[dict[str, Any]]:
    """Return the red flags, the most urgent first, each text once, with its audiences."""
    by_text: dict[str, tuple[Tier, list[str]]] = {}
    flags = [(tier, flag) for tier in Tier for flag in handout.red_flags if flag.tier is tier]
    for tier, flag in flags:
        for name in handout.audiences:
            lineage = audiences.lineage(name)
            if is_for(flag, lineage):
                _, readers = by_text.setdefault(bare(_text_for(flag.text, lineage)), (tier, []))
                readers += [] if name in readers else [name]
    return [
        {"text": text, "tier": str(tier), "audiences": names}
        for text, (tier, names) in by_text.items()
    ]


def _reader_json(
    name: str,
    readers: list[str],
    texts: list[LoadedHandout],
    main: Handout,
    reading: LoadedHandouts,
    today: dt.date,
) -> dict[str, Any]:
    audiences = reading.shared.audiences
    reader = {
        "id": name,
        "name": _short_name(audiences.root[name]),
        "text": audiences.root[name].name,
        "general": name == GENERAL_READER,
        "warning": None,
    }
    if name not in readers:
        # If the page did not show this reader, they might get the text of another one.
        no_fields: dict[str, list[str]] = {"handout": [], "cards": []}
        return {**reader, "missing": _ABSENT, "notices": [], "fields": no_fields}
    others = [_short_name(audiences.root[other]) for other in readers if other != name]
    if name == GENERAL_READER and others:
        reader["warning"] = (
            f"This topic has its own text for: {'; '.join(others)}. This one can harm them. "
            "Take it only for a patient who is none of these."
        )
    return {
        **reader,
        "missing": None,
        "notices": [
            notice
            for authored in texts
            if name in authored.handout.audiences
            for notice in _notices(authored, (name,), today)
        ],
        "fields": _fields_by_paper(main, audiences.lineage(name)),
    }


def _fields_by_paper(handout: Handout, lineage: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the names of the fields that a reader's handout has, and those that the card has.

    With them, the page shows the fields before either is laid out.
    """
    placed: dict[str, set[str]] = {"handout": set(), "cards": set()}
    for path, value in steps(handout, (), lineage):
        text = _text_for(value, lineage) if isinstance(value, dict) and value else value
        if isinstance(text, str) and ("{" in text or names_field(path)):
            names = (text,) if names_field(path) else places_in(text)
            placed["cards" if path[0] == "card" else "handout"].update(names)
    return {
        paper: [field.name for field in handout.fields if field.name in names]
        for paper, names in placed.items()
    }


def _notices(
    authored: LoadedHandout, audiences: Iterable[str], today: dt.date
) -> Iterator[dict[str, str]]:
    handout, audiences = authored.handout, tuple(audiences)
    statuses = [authored.approval.review(handout.review, name).status for name in audiences]
    drafts = [name for name, word in zip(audiences, statuses, strict=True) if word != "approved"]
    changed = [name for name in drafts if name in authored.approval.changed]
    if changed:
        day = handout.review.reviewed
        approved = f" on {dated(day, 'en')}" if day else ""
        text = f"Draft: changed since it was approved{approved}."
        yield {"kind": "unapproved", "text": text}
    for text in _draft_words(authored, drafts) if drafts else ():
        yield {"kind": "draft", "text": text}
    reviewed, due = handout.review.reviewed, handout.review.due
    if reviewed is not None and ahead_problems(reviewed.isoformat(), today, Location("")):
        text = f"The review of {dated(reviewed, 'en')} has not taken place yet."
        yield {"kind": "unapproved", "text": text}
    if due is not None and due < today:
        yield {"kind": "overdue", "text": f"The review was due on {dated(due, 'en')}."}


def _draft_words(authored: LoadedHandout, drafts: list[str]) -> Iterator[str]:
    """Yield each reason why a text is a draft, except that it was changed."""
    approval, status = authored.approval, authored.handout.review.status
    unproved, stale, missing = (
        any(name in names for name in drafts)
        for names in (approval.unproved, approval.stale, approval.missing)
    )
    if unproved and not approval.changed:
        yield _UNPROVED
    if stale:
        yield _STALE
    for notice in authored.notices:
        if approval.unchecked and notice.problem.rule == LANGUAGE_UNKNOWN:
            message = notice.problem.message
            yield f"{message[0].upper()}{message[1:]}."
    if missing or (authored.translated is None and status != "approved"):
        yield DRAFT


def _state(notices: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the state of a topic: overdue before draft, else current."""
    for kind in ("overdue", "unapproved", "draft"):
        for notice in notices:
            if notice["kind"] == kind:
                state = "overdue" if kind == "overdue" else "draft"
                return {"kind": state, "text": notice["text"]}
    return {"kind": "current", "text": ""}


def _short_name(audience: Audience) -> str:
    """Return the name of an audience on cards, which is short enough for a button."""
    return audience.short.get("en") or audience.name


def _text_for(text: Text, lineage: tuple[str, ...]) -> str:
    """Return the text that a reader gets: for the nearest audience of its lineage that has one."""
    if isinstance(text, str):
        return text
    return next((text[name] for name in lineage if name in text), first_text(text))
