"""Reduce a handout to its short version: the parts that an author marks with `brief: true`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from teachback.content.base_model import Model

if TYPE_CHECKING:
    from teachback.content.handout import Handout

PartT = TypeVar("PartT", bound=Model)


def brief_version(handout: Handout) -> Handout:
    """Return a handout with only the parts that are marked; title, red flags and card stay.

    A marked section, block or entry is kept whole. A part around a marked one is kept without what
    is not marked beside it. Sources are left out: the full handout names them.
    """
    sections = tuple(filter(None, map(_kept, handout.sections)))
    return handout.model_copy(update={"sections": sections, "sources": ()})


def has_brief_version(handout: Handout) -> bool:
    """Return whether any part of a handout is marked."""
    return any(_kept(section) is not None for section in handout.sections)


def _kept(part: PartT) -> PartT | None:
    """Return what is kept of a part, or None for nothing."""
    if getattr(part, "brief", False):
        return part
    changed: dict[str, object] = {}
    found = False
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Model):
            kept = _kept(value)
            found = found or kept is not None
            changed[name] = kept
        elif isinstance(value, tuple) and value and all(isinstance(one, Model) for one in value):
            some = tuple(filter(None, map(_kept, value)))
            found = found or bool(some)
            changed[name] = some
    return part.model_copy(update=changed) if found else None
