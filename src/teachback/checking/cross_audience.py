"""Compare the audiences of a handout: texts repeated or unread, red flags left out. Pure.

Also runs the rules that hold for every reader: phone numbers typed into a text, and medicines
stopped with no word on what to do then.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
# English words for numbers, and their digits.
NUMBER_WORDS: Final = dict(
    zip(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        map(str, range(1, 13)),
        strict=True,
    )
)


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
    yield from _same(handout, reader_texts)
    yield from _unread(handout, reader_texts)
    yield from _silent(handout, reader_texts)
    for one in reader_texts:
        yield from stop_findings(one.passages)
    yield from figure_findings(reader_texts, clinic)


def figure_findings(reader_texts: tuple[ReaderText, ...], clinic: Clinic) -> Iterator[Finding]:
    """Yield findings on numbers, which need no knowledge of the language."""
    yield from _short_numbers(reader_texts)
    for one in reader_texts:
        yield from typed_findings(one.passages, clinic)


def short_pairs(reader_texts: tuple[ReaderText, ...]) -> tuple[ShortPair, ...]:
    """Return the full and the short words of each flag on a card, each pair of words once."""
    found: dict[tuple[str, str, str], ShortPair] = {}
    for one in reader_texts:
        carded = (
            {flag.id for flag in one.handout.red_flags if doc.is_on_card(flag, one.reader.lineage)}
            if one.handout
            else set()
        )
        texts = {passage.block: passage for passage in one.passages if passage.role is Role.FLAG}
        for short in one.passages:
            name = short.block.removeprefix("flag ")
            if short.role is not Role.SHORT or name not in carded:
                continue
            text = texts[short.block]
            before = found.get((name, text.text, short.text))
            readers = (*(before.audiences if before else ()), one.reader.audience)
            found[name, text.text, short.text] = ShortPair(
                name,
                short.tier,
                readers,
                before.text if before else text,
                before.short if before else short,
            )
    return tuple(found.values())


def _finding(
    rule: Rule,
    path: tuple[Any, ...],
    words: str,
    said: tuple[str, str],
    audiences: tuple[str, ...] = (),
) -> Finding:
    """Return a finding about a place in the file, not about one reader's text."""
    passage = Passage(
        words, words, path, Role.PARAGRAPH, audiences[0] if audiences else "", block=str(path[0])
    )
    return Finding(rule.id, rule.severity, passage, words, *said, audiences)


def _same(handout: doc.Handout, reader_texts: tuple[ReaderText, ...]) -> Iterator[Finding]:
    lineages = {one.reader.audience: one.reader.lineage for one in reader_texts}
    for path, value in steps(handout):
        if (
            not isinstance(value, dict)
            or not value
            or path[-1:] in {("approved",), ("silent_for",)}
        ):
            continue
        plain = {name: " ".join(str(text).split()) for name, text in value.items()}
        words = next(iter(plain.values()))
        if len(plain) > 1 and len(set(plain.values())) == 1:
            yield _finding(
                SAME,
                path,
                words,
                ("all audiences have the same text here", "Write it once, without the audiences."),
            )
            continue
        # Of a card's answer, nothing is printed.
        if len(plain) == 1 and handout.audiences == (*value,) and path[-1] != "card":
            said = (
                f"'{handout.audiences[0]}:' is not printed: it names the only reader",
                "Take it away. If it is a word of the text, put the whole text in quotes.",
            )
            yield _finding(SAME, path, words, said)
            continue
        for name, text in plain.items():
            above = next(
                (other for other in lineages.get(name, (name,))[1:] if other in plain), None
            )
            if above is not None and plain[above] == text:
                said = (
                    f"'{name}' repeats the text of '{above}', which it gets anyway",
                    f"Remove the line '{name}:'.",
                )
                yield _finding(SAME, (*path, name), text, said)


def _unread(handout: doc.Handout, reader_texts: tuple[ReaderText, ...]) -> Iterator[Finding]:
    placed = {one.reader.audience: set(_placed(one)) for one in reader_texts}
    for index, flag in enumerate(handout.red_flags):
        readers = [one.reader for one in reader_texts if one.reader.reached(flag)]
        path = ("red_flags", index)
        # Page 1 of large print has the short words of the tiers that need a call.
        if (
            flag.short is not None
            and flag.tier is doc.Tier.VISIT
            and not any(doc.is_on_card(flag, reader.lineage) for reader in readers)
        ):
            said = (
                "these short words are never printed: this red flag is on no card",
                "Remove `short:`, or set `card: true`.",
            )
            yield _finding(UNREAD, (*path, "short"), flag.id, said)
        if flag.why is not None and not any(
            flag.tier in placed[reader.audience] for reader in readers
        ):
            hint = f"Add `- red_flags: [{flag.tier}]` to a section, or remove `why:`."
            yield _finding(
                UNREAD,
                (*path, "why"),
                flag.id,
                (
                    f"this reason is never printed: no section shows the red flags '{flag.tier}'",
                    hint,
                ),
            )


def _silent(handout: doc.Handout, reader_texts: tuple[ReaderText, ...]) -> Iterator[Finding]:
    lineages = {one.reader.audience: one.reader.lineage for one in reader_texts}
    for index, flag in enumerate(handout.red_flags):
        silent = tuple(one.reader.audience for one in reader_texts if not one.reader.reached(flag))
        path = ("red_flags", index)
        words = next(
            (one.reader.plain(flag.text) for one in reader_texts if one.reader.reached(flag)),
            flag.id,
        )
        # A reason for one audience does not hold for those that extend it: dialysis has other
        # signs.
        unsaid = tuple(name for name in silent if name not in flag.silent_for)
        if unsaid:
            hint = (
                f"Give it to them, too, or say why not: `silent_for: {{{unsaid[0]}: the reason}}`."
            )
            others = " and ".join(
                one.reader.audience for one in reader_texts if one.reader.audience not in silent
            )
            yield _finding(
                SILENT,
                (*path, "text"),
                words,
                (f"the red flag '{flag.id}' is for {others} only", hint),
                unsaid,
            )
        for name in flag.silent_for:
            if name in handout.audiences and name not in silent:
                above = audience_of(flag.only or (), lineages.get(name, (name,)))
                if above is None:
                    hint = "Remove the line, or set `only:`."
                elif above == name:
                    hint = f"Remove the line, or take '{name}' out of `only:`."
                else:
                    hint = f"Remove the line: '{name}' extends '{above}', and gets what is for it."
                message = (
                    f"'{name}' does get the red flag '{flag.id}', so `silent_for` is wrong here"
                )
                said = (message, hint)
                yield _finding(SILENT, (*path, "silent_for", name), words, said)


def _short_numbers(reader_texts: tuple[ReaderText, ...]) -> Iterator[Finding]:
    for pair in short_pairs(reader_texts):
        text = " ".join(NUMBER_WORDS.get(word, word) for word in pair.text.text.lower().split())
        known = set(_NUMBER.findall(text))
        for number in dict.fromkeys(_NUMBER.findall(pair.short.text)):
            if number not in known:
                message = f"the card says {number}, and the full text of this red flag does not"
                hint = "Write the same numbers in `short:` and in `text:`."
                yield Finding(
                    SHORT.id, SHORT.severity, pair.short, number, message, hint, pair.audiences
                )


def _placed(reader_text: ReaderText) -> Iterator[str]:
    """Yield the tiers that sections show with their reasons for a reader: zones show none.

    The signs for the next visit follow the zones, with theirs.
    """
    for _, _, block in reader_text.blocks():
        if isinstance(block, doc.RedFlagsBlock):
            yield from block.red_flags
        if doc.placed_tiers(block):
            yield doc.Tier.VISIT
