"""Reduce a handout to its short version: the parts marked with `brief: true`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from teachback.content.advice_blocks import Compared, DoDont, ZonesBlock
from teachback.content.base_model import Model, is_for, steps

if TYPE_CHECKING:
    from collections.abc import Collection

    from teachback.content.handout import Handout

PartT = TypeVar("PartT", bound=Model)


def brief_version(handout: Handout, lineage: Collection[str]) -> Handout:
    """Return a handout with only the marked parts of one reader; title, red flags and card stay.

    A marked section, block or entry is kept whole, and so are zones with a mark in them. Where only
    one column of advice has a mark, as "Do" without "Do not", the others are kept whole. A part
    around a marked one is kept without what is not marked beside it. Sources are left out: the full
    handout names them. `lineage` is the audience and all that it extends.
    """
    sections = tuple(filter(None, (_kept(section, lineage) for section in handout.sections)))
    return handout.model_copy(update={"sections": sections, "sources": ()})


def has_brief_version(handout: Handout) -> bool:
    """Return whether any part of a handout is marked."""
    return any(getattr(part, "brief", False) for _, part in steps(handout.sections))


def _kept(part: PartT, lineage: Collection[str]) -> PartT | None:
    """Return what is kept of a part, or None for nothing."""
    if not is_for(part, lineage):
        return None
    if getattr(part, "brief", False):
        return part
    changed: dict[str, object] = {}
    found = False
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Model):
            kept = _kept(value, lineage)
            found = found or kept is not None
            changed[name] = kept
        elif isinstance(value, tuple) and value and all(isinstance(one, Model) for one in value):
            some = tuple(filter(None, (_kept(one, lineage) for one in value)))
            found = found or bool(some)
            changed[name] = some
    if not found or isinstance(part, ZonesBlock):
        # Zones without their signs, or one without the others, would mislead.
        return part if found else None
    marked = {name: kept for name, kept in changed.items() if kept}
    if isinstance(part, DoDont | Compared) and len(marked) == 1:
        changed = marked
    return part.model_copy(update=changed)
