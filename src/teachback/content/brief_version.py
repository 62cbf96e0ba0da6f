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
    one column of advice has a mark, as "Do" without "Do not", the others are kept whole. Of a part
    around a marked one, only what is marked is kept. Sources are left out: the full handout names
    them. `lineage` is the audience and all that it extends.
    """
    sections = tuple(filter(None, (_brief(section, lineage) for section in handout.sections)))
    return handout.model_copy(update={"sections": sections, "sources": ()})


def has_brief_version(handout: Handout) -> bool:
    """Return whether any part of a handout is marked."""
    return any(getattr(part, "brief", False) for _, part in steps(handout.sections))


def _brief(part: PartT, lineage: Collection[str]) -> PartT | None:
    """Return the short version of a part, or None if nothing in it is marked."""
    if not is_for(part, lineage):
        return None
    if getattr(part, "brief", False):
        return part
    shortened: dict[str, object] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Model):
            shortened[name] = _brief(value, lineage)
        elif isinstance(value, tuple) and value and all(isinstance(item, Model) for item in value):
            shortened[name] = tuple(filter(None, (_brief(item, lineage) for item in value)))
    marked = {name: value for name, value in shortened.items() if value}
    if not marked:
        return None
    # Zones without their signs, or one without the others, would mislead.
    if isinstance(part, ZonesBlock):
        return part
    if isinstance(part, DoDont | Compared) and len(marked) == 1:
        shortened = marked
    return part.model_copy(update=shortened)
