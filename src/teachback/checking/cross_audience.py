"""Compare the audiences of a handout: texts repeated or unread, red flags left out. Pure.

Also runs the rules on phone numbers typed into a text, and on medicines that are stopped without a
word on what to do then. They hold for every reader.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.number_words import with_digits
from teachback.checking.rule import OUR_OWN, Example, Finding, ReaderText, Rule
from teachback.checking.typed_numbers import ADVICE, TYPED, stop_findings, typed_findings
from teachback.content import handout as doc
from teachback.content.base_model import audience_of, steps
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.content.clinic import Clinic

# The example of each rule is a block or a red flag as an author writes it.
SAME: Final = Rule(
    "same-text",
    "texts by audience that are the same",
    Severity.WARNING,
    "When the same words are written twice, one day only one of them is corrected. Texts by "
    "audience should differ on purpose. A name before a text is not printed, and nothing shows "
    "that where it names the only reader.",
    sources=(OUR_OWN,),
    bad=(
        Example("text: {general: Stretch your calf., ckd: Stretch your calf.}"),
        Example(
            "text: {general: Walk each day., ckd: Ask before you walk., dialysis: Ask before you "
            "walk.}"
        ),
    ),
    good=(
        Example("text: {general: Drink water., ckd: Stay within your fluid limit.}"),
        Example(
            "text: {general: Stretch your calf., ckd: Stretch your calf., dialysis: Keep your arm "
            "still.}"
        ),
    ),
)
UNREAD: Final = Rule(
    "unread-text",
    "text that no reader ever gets",
    Severity.WARNING,
    "Its author believes that it is read. The short words of a red flag are printed on cards "
    "and on page 1 of large print, its reason only where a section shows the red flags of its "
    "tier. Those of the tier visit follow zones, with their reasons.",
    sources=(OUR_OWN,),
    bad=(
        Example("red_flag: {id: faint, tier: visit, text: You faint, short: Faint}"),
        Example(
            "red_flag: {id: faint, tier: now, card: true, text: You faint, why: It may be your "
            "heart.}"
        ),
    ),
    good=(
        Example("red_flag: {id: faint, tier: now, card: true, text: You faint, short: Faint}"),
        Example(
            "red_flag: {id: faint, tier: now, card: {general: true, ckd: false}, text: You faint, "
            "short: Faint}"
        ),
    ),
)
SILENT: Final = Rule(
    "silent-flag",
    "a red flag that one reader gets and another does not",
    Severity.WARNING,
    "A reader cannot see that a warning sign is missing. Only the author knows whether it was "
    "left out on purpose, and why.",
    sources=(OUR_OWN,),
    bad=(
        Example("red_flag: {id: swelling, tier: today, only: [ckd], text: Fast swelling}"),
        Example(
            "red_flag: {id: swelling, tier: today, text: Fast swelling, silent_for: {ckd: It gets "
            "it after all.}}"
        ),
    ),
    good=(
        Example("red_flag: {id: swelling, tier: today, text: Fast swelling}"),
        Example(
            "red_flag: {id: missed, tier: today, only: [ckd], text: You missed dialysis, "
            "silent_for: {general: Has no dialysis.}}"
        ),
    ),
)
SHORT: Final = Rule(
    "short-number",
    "a number on the card that the full text of the red flag does not have",
    Severity.ERROR,
    "Handout and card tell the same reader about the same sign. If their numbers differ, one of "
    "them is wrong.",
    sources=(OUR_OWN,),
    bad=(
        Example(
            "red_flag: {id: up, tier: now, card: true, text: You gain 5 pounds, short: Gain of 50 "
            "pounds}"
        ),
        Example(
            "red_flag: {id: hot, tier: now, card: true, text: A fever of 100.4 F, short: Fever of "
            "104 F}"
        ),
    ),
    good=(
        Example(
            "red_flag: {id: up, tier: now, card: true, text: You gain five pounds in 1 day, short: "
            "Gain of 5 pounds}"
        ),
        Example("red_flag: {id: up, tier: now, card: true, text: You faint, short: Faint}"),
    ),
)
RULES: Final = (SAME, UNREAD, ADVICE, SILENT, TYPED, SHORT)
_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")


class ShortPair(NamedTuple):
    """A red flag's full words, and the shorter ones on the card of some readers."""

    flag: str
    tier: str
    audiences: tuple[str, ...]
    text: Passage
    short: Passage


def across_findings(
    handout: doc.Handout, reader_texts: tuple[ReaderText, ...], clinic: Clinic
) -> Iterator[Finding]:
    """Yield the findings of all rules in this module."""
    yield from _repeated_texts(handout, reader_texts)
    yield from _unread_texts(handout, reader_texts)
    yield from _omitted_flags(handout, reader_texts)
    for reader_text in reader_texts:
        yield from stop_findings(reader_text.passages)
    yield from figure_findings(reader_texts, clinic)


def figure_findings(reader_texts: tuple[ReaderText, ...], clinic: Clinic) -> Iterator[Finding]:
    """Yield findings on numbers, which need no knowledge of the language."""
    yield from _card_numbers(reader_texts)
    for reader_text in reader_texts:
        yield from typed_findings(reader_text.passages, clinic)


def short_pairs(reader_texts: tuple[ReaderText, ...]) -> tuple[ShortPair, ...]:
    """Return the full and the short words of each flag on a card, each pair of words once."""
    pairs: dict[tuple[str, str, str], ShortPair] = {}
    for reader_text in reader_texts:
        reader = reader_text.reader
        flags = reader_text.handout.red_flags if reader_text.handout else ()
        on_card = {flag.id for flag in flags if doc.is_on_card(flag, reader.lineage)}
        full_texts = {
            passage.block: passage for passage in reader_text.passages if passage.role is Role.FLAG
        }
        for short in reader_text.passages:
            name = short.block.removeprefix("flag ")
            if short.role is not Role.SHORT or name not in on_card:
                continue
            text = full_texts[short.block]
            key = (name, text.text, short.text)
            pair = pairs.get(key) or ShortPair(name, short.tier, (), text, short)
            pairs[key] = pair._replace(audiences=(*pair.audiences, reader.audience))
    return tuple(pairs.values())


def _finding(
    rule: Rule,
    path: tuple[Any, ...],
    words: str,
    message: str,
    hint: str,
    audiences: tuple[str, ...] = (),
) -> Finding:
    """Return a finding about a place in the file, not about one reader's text."""
    audience = audiences[0] if audiences else ""
    passage = Passage(words, words, path, Role.PARAGRAPH, audience, block=str(path[0]))
    return Finding(rule.id, rule.severity, passage, words, message, hint, audiences)


def _repeated_texts(
    handout: doc.Handout, reader_texts: tuple[ReaderText, ...]
) -> Iterator[Finding]:
    readers = [reader_text.reader for reader_text in reader_texts]
    lineages = {reader.audience: reader.lineage for reader in readers}
    for path, value in steps(handout):
        if (
            not isinstance(value, dict)
            or not value
            or path[-1:] in {("approved",), ("silent_for",)}
        ):
            continue
        texts = {name: " ".join(str(text).split()) for name, text in value.items()}
        words = next(iter(texts.values()))
        if len(texts) > 1 and len(set(texts.values())) == 1:
            message = "all audiences have the same text here"
            yield _finding(SAME, path, words, message, "Write it once, without the audiences.")
            continue
        # `card` holds true or false, which is not printed.
        if len(texts) == 1 and handout.audiences == (*value,) and path[-1] != "card":
            message = f"'{handout.audiences[0]}:' is not printed: it names the only reader"
            hint = "Take it away. If it is a word of the text, put the whole text in quotes."
            yield _finding(SAME, path, words, message, hint)
            continue
        for name, text in texts.items():
            parent = next(
                (other for other in lineages.get(name, (name,))[1:] if other in texts), None
            )
            if parent is not None and texts[parent] == text:
                message = f"'{name}' repeats the text of '{parent}', which it gets anyway"
                yield _finding(SAME, (*path, name), text, message, f"Remove the line '{name}:'.")


def _unread_texts(handout: doc.Handout, reader_texts: tuple[ReaderText, ...]) -> Iterator[Finding]:
    placed_tiers = {
        reader_text.reader.audience: set(_placed_tiers(reader_text)) for reader_text in reader_texts
    }
    for index, flag in enumerate(handout.red_flags):
        readers = [
            reader_text.reader for reader_text in reader_texts if reader_text.reader.reached(flag)
        ]
        path = ("red_flags", index)
        # Page 1 of large print has the short words of the tiers that need a call.
        if (
            flag.short is not None
            and flag.tier is doc.Tier.VISIT
            and not any(doc.is_on_card(flag, reader.lineage) for reader in readers)
        ):
            message = "these short words are never printed: this red flag is on no card"
            hint = "Remove `short:`, or set `card: true`."
            yield _finding(UNREAD, (*path, "short"), flag.id, message, hint)
        if flag.why is not None and not any(
            flag.tier in placed_tiers[reader.audience] for reader in readers
        ):
            message = f"this reason is never printed: no section shows the red flags '{flag.tier}'"
            hint = f"Add `- red_flags: [{flag.tier}]` to a section, or remove `why:`."
            yield _finding(UNREAD, (*path, "why"), flag.id, message, hint)


def _omitted_flags(handout: doc.Handout, reader_texts: tuple[ReaderText, ...]) -> Iterator[Finding]:
    readers = [reader_text.reader for reader_text in reader_texts]
    lineages = {reader.audience: reader.lineage for reader in readers}
    for index, flag in enumerate(handout.red_flags):
        reached = [reader for reader in readers if reader.reached(flag)]
        omitted_for = tuple(reader.audience for reader in readers if reader not in reached)
        path = ("red_flags", index)
        words = reached[0].plain(flag.text) if reached else flag.id
        # A reason for one audience does not hold for those that extend it: dialysis has other
        # signs.
        unexplained = tuple(name for name in omitted_for if name not in flag.silent_for)
        if unexplained:
            others = " and ".join(reader.audience for reader in reached)
            message = f"the red flag '{flag.id}' is for {others} only"
            hint = (
                "Give it to them, too, or say why not: "
                f"`silent_for: {{{unexplained[0]}: the reason}}`."
            )
            yield _finding(SILENT, (*path, "text"), words, message, hint, unexplained)
        for name in flag.silent_for:
            if name in handout.audiences and name not in omitted_for:
                parent = audience_of(flag.only or (), lineages.get(name, (name,)))
                if parent is None:
                    hint = "Remove the line, or set `only:`."
                elif parent == name:
                    hint = f"Remove the line, or take '{name}' out of `only:`."
                else:
                    hint = f"Remove the line: '{name}' extends '{parent}', and gets what is for it."
                message = (
                    f"'{name}' does get the red flag '{flag.id}', so `silent_for` is wrong here"
                )
                yield _finding(SILENT, (*path, "silent_for", name), words, message, hint)


def _card_numbers(reader_texts: tuple[ReaderText, ...]) -> Iterator[Finding]:
    for pair in short_pairs(reader_texts):
        full_numbers = set(_NUMBER.findall(with_digits(pair.text.text)))
        for number in dict.fromkeys(_NUMBER.findall(with_digits(pair.short.text))):
            if number not in full_numbers:
                message = f"the card says {number}, and the full text of this red flag does not"
                hint = "Write the same numbers in `short:` and in `text:`."
                yield Finding(
                    SHORT.id, SHORT.severity, pair.short, number, message, hint, pair.audiences
                )


def _placed_tiers(reader_text: ReaderText) -> Iterator[str]:
    """Yield the tiers whose red flags a reader gets with their reasons.

    Zones show no reasons, but red flags for the next visit follow zones, with theirs.
    """
    for _, _, block in reader_text.blocks():
        if isinstance(block, doc.RedFlagsBlock):
            yield from block.red_flags
        if doc.placed_tiers(block):
            yield doc.Tier.VISIT
