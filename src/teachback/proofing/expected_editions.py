"""Collect what the printed file of an edition must contain, with the places of its sentences.

The places are those in the handout's file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from teachback.content.inline_markup import plain
from teachback.content.locale_formats import dated, direction_of
from teachback.editions.edition import links_of
from teachback.editions.selection import for_screen
from teachback.proofing.expected_text import (
    Expected,
    ExpectedSentence,
    Frame,
    card_back_sentences,
    card_front_sentences,
    comparison_key,
    facing_sentences,
    handout_sentences,
)
from teachback.units import CARD_TEXT_FLOOR, TYPE_FLOOR, TypeSize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.printed_words import Words
    from teachback.editions.edition import Edition
    from teachback.errors import Location
    from teachback.html.composer import PageContext
    from teachback.units import Paper

# Strong words, and the words of a link.
_MARKS: Final = re.compile(r"\*\*|\[([^\]]*)\]\([^)]*\)")
_BRACES: Final = re.compile(r"\{[^{}]*\}")


def expected_handout(
    name: str, edition: Edition, authored: LoadedHandout, context: PageContext, paper: Paper
) -> Expected:
    """Return what the file of a handout must contain."""
    offers = tuple(words for _, words in context.language_help)
    frame = Frame(context.words, context.clinic, context.code, edition.calls, offers)
    facing, facing_words = edition.facing, context.facing
    sentences = handout_sentences(edition, frame)
    facing_reviews: tuple[str, ...] = ()
    facing_phrases: tuple[str, ...] = ()
    screen_edition = for_screen(edition)
    on_screen = handout_sentences(screen_edition, frame) if screen_edition is not edition else ()
    if facing and facing_words:
        is_turned = direction_of(edition.language) != direction_of(facing.language)
        frame = replace(frame, against=is_turned)
        facing_frame = replace(frame, words=facing_words, calls=facing.calls)
        sentences = facing_sentences(edition, frame, facing, facing_frame)
        facing_reviews = (_review(facing, facing_words, facing_words.draft),)
        names = (context.words.language, facing_words.language)
        facing_phrases = (*_frame(facing, replace(context, words=facing_words)), *names)
    return Expected(
        name=name,
        place=authored.file.locate(("title",), key=True),
        sentences=sentences,
        each_page=(
            context.code,
            _review(edition, context.words, context.words.draft),
            *facing_reviews,
            *_dates(edition, context.words),
        ),
        floor=TYPE_FLOOR[edition.size],
        places=_places(authored),
        frame=(*_frame(edition, context, plain(edition.title)), *facing_phrases),
        beside=(
            *_words_beside_flags(context.words),
            *(_words_beside_flags(facing_words) if facing_words else ()),
        ),
        language=edition.language,
        title=plain(edition.title),
        page_mm=(paper.box.width, paper.box.height),
        across=any(section.page == "landscape" for section in edition.sections),
        links=links_of(edition),
        page_words=context.words.page,
        code=context.code,
        ink=context.ink,
        on_screen=on_screen,
        # In large print and two languages, page 1 has room for one box.
        urgent=("now",) if facing and edition.size is TypeSize.LARGE else ("now", "today"),
    )


def expected_card(
    name: str,
    edition: Edition,
    authored: LoadedHandout,
    context: PageContext,
    *,
    one_sided: bool = False,
) -> Expected:
    """Return what the file of a card must contain.

    A card with one side has its code and review in front.
    """
    frame = Frame(context.words, context.clinic, context.code, edition.calls)
    front = card_front_sentences(edition, frame)
    review = _review(edition, context.words, context.words.card_draft)
    if one_sided:
        front = (*front, ExpectedSentence(review), ExpectedSentence(context.code))
    return Expected(
        name=name,
        place=authored.file.locate(("card",), key=True),
        sentences=(*front, *card_back_sentences(edition, frame)),
        each_page=(context.code, review),
        floor=CARD_TEXT_FLOOR,
        card=True,
        back=len(front),
        places=_places(authored),
        frame=_frame(edition, context),
        beside=_words_beside_flags(context.words),
        language=edition.language,
        title=plain(edition.card.title) if edition.card else "",
        code=context.code,
        code_in_front=one_sided,
    )


def _review(edition: Edition, words: Words, draft: str) -> str:
    """Return the review line of a page: that it is a draft, or who has read it, and when."""
    review = edition.review
    if review.status != "approved" or review.reviewed is None:
        return draft
    return words.reviewed.format(
        reviewer=review.reviewer, date=dated(review.reviewed, edition.language)
    )


def _dates(edition: Edition, words: Words) -> tuple[str, ...]:
    version = words.version.format(date=dated(edition.version, edition.language))
    due = edition.review.due
    return (version, *((words.due.format(date=dated(due, edition.language)),) if due else ()))


def _frame(edition: Edition, context: PageContext, *more: str) -> tuple[str, ...]:
    """Return what templates may print around the sentences: words, clinic, code, dates."""
    clinic = [
        value
        for value in context.clinic.model_dump(exclude={"ink"}).values()
        if isinstance(value, str)
    ]
    words = context.words.model_dump(
        exclude={"calibrate", "cover", "drafts", "language", "page", "reviewed", "version", "due"}
    )
    fillings = {"emergency": context.clinic.emergency, "code": context.code}
    phrases = [text.format(**fillings) for text in _texts(words)]
    # A template may separate the parts of "Tell us its code: {code}".
    parts = [
        part
        for text in _texts(words)
        if "{" in text
        for part in _BRACES.split(text)
        if len(part.split()) > 1
    ]
    whole = [
        *more,
        context.code,
        *clinic,
        _review(edition, context.words, context.words.draft),
        *_dates(edition, context.words),
    ]
    return tuple(dict.fromkeys(text for text in (*whole, *phrases, *parts) if text.strip()))


def _words_beside_flags(words: Words) -> tuple[str, ...]:
    """Return the words that may be beside a red flag: before a number, on a line or a box."""
    return (words.at, words.write_here, words.tick_here)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)


def _places(authored: LoadedHandout) -> dict[str, Location]:
    """Return the place of each text of a handout's file by its `squeezed` words, without markup."""
    places: dict[str, Location] = {}
    for place, text in sorted(authored.file.scalars()):
        places.setdefault(comparison_key(_MARKS.sub(r"\1", text)), place)
    return places
