"""Check which audience gets which text. Pure.

Every text must reach somebody, and every reader must get something where a text is shown. Each
finding is a path inside the handout, and a Problem that has no location yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from teachback.content.base_model import Model, audience_of, is_for
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

Path = tuple[Any, ...]
Finding = tuple[Path, Problem]


def reach_problems(
    handout: Handout, audiences: Audiences, *, is_part: bool = False
) -> Iterator[Finding]:
    """Yield unknown audiences, gaps, and texts and items that nobody can reach.

    With `is_part`, entries of the handout were left out, which may be what a reader misses: so
    nothing is said of what a list or a card has for a reader. Where an audience of the handout is
    not known, it may be the reader of what nobody else gets.
    """
    known = audiences.root
    readers = tuple(name for name in handout.audiences if name in known)
    for index, name in enumerate(handout.audiences):
        if name not in known:
            yield ("audiences", index), _unknown(name, known)
        elif name in handout.audiences[:index]:
            twice = Problem(f"the audience '{name}' is listed twice", "Keep one of the two.")
            yield ("audiences", index), twice
    if readers:
        found = _walk(handout, (), readers, audiences, is_part=is_part)
        if known.keys() >= set(handout.audiences):
            yield from found
        else:
            yield from (one for one in found if not isinstance(one[1], _Unreached))
    if readers and not is_part:
        yield from _flag_findings(handout, readers, audiences)
        yield from _tier_findings(handout, readers, audiences)


class _Unreached(Problem):
    """A problem with what none of the handout's readers gets."""

    __slots__ = ()


def _unknown(name: str, known: Iterable[str]) -> Problem:
    return Problem(f"the audience '{name}' is not known", nearest(name, known))


def _walk(
    value: object, path: Path, readers: tuple[str, ...], audiences: Audiences, *, is_part: bool
) -> Iterator[Finding]:
    if isinstance(value, SelectableModel) and value.only is not None:
        yield from _only_findings(value.only, (*path, "only"), readers, audiences)
        chosen = _who_get(value, readers, audiences)
        if not chosen and set(value.only) <= set(audiences.root):
            message = (
                f"nobody gets this: it is only for {', '.join(value.only)}, but this part is "
                f"for {', '.join(readers)}"
            )
            yield (*path, "only"), _Unreached(message, "Name one of those, or delete the item.")
        readers = chosen
    if isinstance(value, RedFlag):
        for name in value.silent_for:
            if name not in audiences.root:
                yield (*path, "silent_for", name), _unknown(name, audiences.root)
    if isinstance(value, Model):
        for name, field in type(value).model_fields.items():
            if name in _NO_TEXTS:
                continue
            inner = getattr(value, name)
            where = (*path, field.alias or name)
            yield from _walk(inner, where, readers, audiences, is_part=is_part)
            # Fields that may be left out (their default is an empty list) may also be empty for
            # some readers.
            if isinstance(inner, tuple) and field.default != () and not is_part:
                yield from _empty_findings(inner, where, readers, audiences)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, index), readers, audiences, is_part=is_part)
    elif isinstance(value, dict) and readers:
        yield from _mapping_findings(value, path, readers, audiences)


def _empty_findings(
    items: tuple[object, ...], path: Path, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    """Yield readers who would get a heading with nothing below it.

    If nobody gets anything, each item has its own finding.
    """
    left_out = [
        reader
        for reader in readers
        if items and not any(is_for(item, audiences.lineage(reader)) for item in items)
    ]
    if len(left_out) < len(readers):
        for reader in left_out:
            hint = f"Add something for '{reader}', or set `only:` on the part around it."
            yield path, Problem(f"nothing here is for the audience '{reader}'", hint)


def _only_findings(
    only: tuple[str, ...], path: Path, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    for index, name in enumerate(only):
        if name not in audiences.root:
            yield (*path, index), _unknown(name, audiences.root)
        elif len(only) > 1 and not any(name in audiences.lineage(reader) for reader in readers):
            message = f"this part is not for '{name}'"
            yield (*path, index), _Unreached(message, f"This part is for: {', '.join(readers)}.")


def _mapping_findings(
    value: dict[str, Any], path: Path, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    used = set()
    # Where no name is an audience, the gaps only follow from that.
    for reader in () if value and audiences.root.keys().isdisjoint(value) else readers:
        answer = audience_of(value, audiences.lineage(reader))
        if answer is None:
            line = " or ".join(f"'{name}:'" for name in audiences.lineage(reader))
            what = "text" if any(isinstance(answer, str) for answer in value.values()) else "answer"
            yield path, Problem(f"there is no {what} for the audience '{reader}'", f"Add {line}.")
        used.add(answer)
    for name, text in value.items():
        if name not in audiences.root:
            # A misspelt key is read as one, such as `txt` of an entry.
            near = guess(name, (*audiences.root, str(path[-1])))
            known = f"Known: {', '.join(sorted(audiences.root))}."
            is_text = len(value) == 1 and isinstance(text, str)
            quotes = "If it is the beginning of a text, put the whole text in quotes."
            hint = f"{near or (quotes if is_text else '')} {known}".strip()
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
    carded: dict[tuple[str, Tier], int] = {}
    for index, flag in enumerate(handout.red_flags):
        for reader in readers:
            if not is_on_card(flag, audiences.lineage(reader)):
                continue
            if handout.card is None:
                message = "this flag is for the card, but the handout has no card"
                hint = "Add `card:` with a title, or delete `card: true`."
                yield ("red_flags", index, "card"), Problem(message, hint)
                break
            count = carded[reader, flag.tier] = carded.get((reader, flag.tier), 0) + 1
            if count == MAX_FLAGS_A_TIER + 1:
                message = f"this is the {count}th flag '{flag.tier}' on the card for '{reader}'"
                hint = (
                    f"A reader keeps at most {MAX_FLAGS_A_TIER} in mind. "
                    "Set `card: false` on the least urgent one."
                )
                yield ("red_flags", index, "card"), Problem(message, hint)
    if handout.card is not None:
        for reader in readers:
            if not any(carded.get((reader, tier)) for tier in Tier):
                message = f"the card for '{reader}' would carry no red flag"
                hint = "Set `card: true` on the flags that belong on it."
                yield ("card",), Problem(message, hint)


def _tier_findings(
    handout: Handout, readers: tuple[str, ...], audiences: Audiences
) -> Iterator[Finding]:
    """Yield places in sections for the flags of a tier that readers there have none of."""
    present = {
        reader: {flag.tier for flag in handout.red_flags if is_for(flag, audiences.lineage(reader))}
        for reader in readers
    }
    for path, section, block in blocks_of(handout):
        reached = _who_get(block, _who_get(section, readers, audiences), audiences)
        for where, tier in placed_tiers(block).items():
            problem = _tier_problem(tier, reached, present)
            if problem:
                yield (*path, *where), problem


def _tier_problem(
    tier: Tier, readers: tuple[str, ...], present: dict[str, set[Tier]]
) -> Problem | None:
    without = [reader for reader in readers if tier not in present[reader]]
    if not without:
        return None
    message = f"there is no red flag of the tier '{tier}'"
    if len(without) == len(readers):
        return Problem(message, "Take it out.")
    hint = "Add one, or set `only:` on the section."
    return Problem(f"{message} for {' and '.join(without)}", hint)


def _who_get(item: object, readers: tuple[str, ...], audiences: Audiences) -> tuple[str, ...]:
    return tuple(reader for reader in readers if is_for(item, audiences.lineage(reader)))
