"""Check which audience gets which text. Pure.

Every text must reach somebody, and every reader must get something where a text is shown.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from teachback.content.base_model import Finding, KeyPath, Model, audience_of, is_for
from teachback.content.handout import (
    Handout,
    RedFlag,
    SelectableModel,
    Tier,
    blocks_of,
    is_on_card,
    placed_tiers,
)
from teachback.errors import Problem, guess, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.content.audiences import Audiences

MAX_FLAGS_A_TIER = 5
# Mappings of audience to texts that are not printed; they need no entry for every audience.
_NO_TEXTS = frozenset({"review", "silent_for"})


def reach_problems(
    handout: Handout, audiences: Audiences, *, is_part: bool = False
) -> Iterator[Finding]:
    """Yield unknown audiences, gaps, and texts and items that nobody can reach.

    `is_part` is whether entries of the handout were left out. A reader may miss just those, so
    lists and cards are not checked for gaps. Beside an audience that is not known, a text that
    nobody else gets is no problem: that audience may be its reader.
    """
    known = audiences.root
    readers = tuple(name for name in handout.audiences if name in known)
    for index, name in enumerate(handout.audiences):
        if name not in known:
            yield ("audiences", index), _unknown(name, known)
        elif name in handout.audiences[:index]:
            message = f"the audience '{name}' is listed twice"
            yield ("audiences", index), Problem(message, "Keep one of the two.")
    if not readers:
        return
    are_known = known.keys() >= set(handout.audiences)
    for path, problem in _walk(handout, (), readers, audiences, is_part=is_part):
        if are_known or not isinstance(problem, _Unreached):
            yield path, problem
    if not is_part:
        yield from _flag_findings(handout, readers, audiences)
        yield from _tier_findings(handout, readers, audiences)


class _Unreached(Problem):
    """A text or an entry that none of the handout's readers gets."""

    __slots__ = ()


def _unknown(name: str, known: Iterable[str]) -> Problem:
    return Problem(f"the audience '{name}' is not known", nearest(name, known))


def _walk(
    value: object, path: KeyPath, readers: tuple[str, ...], audiences: Audiences, *, is_part: bool
) -> Iterator[Finding]:
    if isinstance(value, SelectableModel) and value.only is not None:
        yield from _only_findings(value.only, (*path, "only"), readers, audiences)
        selected = _readers_of(value, readers, audiences)
        if not selected and set(value.only) <= set(audiences.root):
            message = (
                f"nobody gets this: it is only for {', '.join(value.only)}, but this part is "
                f"for {', '.join(readers)}"
            )
            yield (*path, "only"), _Unreached(message, "Name one of those, or delete the item.")
        readers = selected
    if isinstance(value, RedFlag):
        for name in value.silent_for:
            if name not in audiences.root:
                yield (*path, "silent_for", name), _unknown(name, audiences.root)
    if isinstance(value, Model):
        for name, field in type(value).model_fields.items():
            if name in _NO_TEXTS:
                continue
            inner = getattr(value, name)
            inner_path = (*path, field.alias or name)
            yield from _walk(inner, inner_path, readers, audiences, is_part=is_part)
            # A list that may be left out (its default is an empty list) may also be empty for some
            # readers.
            if isinstance(inner, tuple) and field.default != () and not is_part:
                yield from _empty_findings(inner, inner_path, readers, audiences)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, index), readers, audiences, is_part=is_part)
    elif isinstance(value, dict) and readers:
        yield from _mapping_findings(value, path, readers, audiences)


def _empty_findings(
    items: tuple[object, ...], path: KeyPath, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    """Yield readers who would get a heading with nothing below it.

    If nobody gets anything, each item has its own finding.
    """
    without = [
        reader
        for reader in readers
        if items and not any(is_for(item, audiences.lineage(reader)) for item in items)
    ]
    if len(without) < len(readers):
        for reader in without:
            hint = f"Add something for '{reader}', or set `only:` on the part around it."
            yield path, Problem(f"nothing here is for the audience '{reader}'", hint)


def _only_findings(
    only: tuple[str, ...], path: KeyPath, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    for index, name in enumerate(only):
        if name not in audiences.root:
            yield (*path, index), _unknown(name, audiences.root)
        elif len(only) > 1 and not any(name in audiences.lineage(reader) for reader in readers):
            message = f"this part is not for '{name}'"
            yield (*path, index), _Unreached(message, f"This part is for: {', '.join(readers)}.")


def _mapping_findings(
    value: dict[str, Any], path: KeyPath, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    used = set()
    # Where no key is an audience, the gaps only follow from that.
    for reader in () if value and audiences.root.keys().isdisjoint(value) else readers:
        name = audience_of(value, audiences.lineage(reader))
        if name is None:
            keys = " or ".join(f"'{name}:'" for name in audiences.lineage(reader))
            kind = "text" if any(isinstance(text, str) for text in value.values()) else "answer"
            yield path, Problem(f"there is no {kind} for the audience '{reader}'", f"Add {keys}.")
        used.add(name)
    for name, text in value.items():
        if name not in audiences.root:
            # A misspelt key of an entry, such as `txt`, is read as an audience.
            suggestion = guess(name, (*audiences.root, str(path[-1])))
            if not suggestion and len(value) == 1 and isinstance(text, str):
                suggestion = "If it is the beginning of a text, put the whole text in quotes."
            hint = f"{suggestion} Known: {', '.join(sorted(audiences.root))}.".strip()
            yield (*path, name), Problem(f"the audience '{name}' is not known", hint)
        elif name not in used:
            hint = (
                f"This part is for: {', '.join(readers)}. Delete the text, or add its audience to "
                "`only` or `audiences`."
            )
            yield (*path, name), _Unreached(f"nobody gets the text for '{name}'", hint)


def _flag_findings(
    handout: Handout, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    counts: Counter[tuple[str, Tier]] = Counter()
    for index, flag in enumerate(handout.red_flags):
        for reader in readers:
            if not is_on_card(flag, audiences.lineage(reader)):
                continue
            if handout.card is None:
                message = "this flag is for the card, but the handout has no card"
                hint = "Add `card:` with a title, or delete `card: true`."
                yield ("red_flags", index, "card"), Problem(message, hint)
                break
            counts[reader, flag.tier] += 1
            count = counts[reader, flag.tier]
            if count == MAX_FLAGS_A_TIER + 1:
                message = f"this is the {count}th flag '{flag.tier}' on the card for '{reader}'"
                hint = (
                    f"A reader keeps at most {MAX_FLAGS_A_TIER} in mind. "
                    "Set `card: false` on the least urgent one."
                )
                yield ("red_flags", index, "card"), Problem(message, hint)
    if handout.card is not None:
        for reader in readers:
            if not any(counts[reader, tier] for tier in Tier):
                message = f"the card for '{reader}' would carry no red flag"
                hint = "Set `card: true` on the flags that belong on it."
                yield ("card",), Problem(message, hint)


def _tier_findings(
    handout: Handout, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    """Yield each place of a tier in a section whose readers have no flag of that tier."""
    tiers_of = {
        reader: {flag.tier for flag in handout.red_flags if is_for(flag, audiences.lineage(reader))}
        for reader in readers
    }
    for path, section, block in blocks_of(handout):
        block_readers = _readers_of(block, _readers_of(section, readers, audiences), audiences)
        for inner_path, tier in placed_tiers(block).items():
            problem = _tier_problem(tier, block_readers, tiers_of)
            if problem:
                yield (*path, *inner_path), problem


def _tier_problem(
    tier: Tier, readers: tuple[str, ...], tiers_of: dict[str, set[Tier]]
) -> Problem | None:
    without = [reader for reader in readers if tier not in tiers_of[reader]]
    if not without:
        return None
    message = f"there is no red flag of the tier '{tier}'"
    if len(without) == len(readers):
        return Problem(message, "Take it out.")
    hint = "Add one, or set `only:` on the section."
    return Problem(f"{message} for {' and '.join(without)}", hint)


def _readers_of(item: object, readers: tuple[str, ...], audiences: Audiences) -> tuple[str, ...]:
    return tuple(reader for reader in readers if is_for(item, audiences.lineage(reader)))
