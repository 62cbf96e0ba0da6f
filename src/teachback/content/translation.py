"""Define a translation: the texts of a handout in another language, each beside its English. Pure.

A translation holds texts only. Tiers, order, `only`, cards, sources and fields are those of the
handout that it translates. "English" stands for the language of that handout.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import Field

from teachback.content.advice_blocks import Zone
from teachback.content.base_model import (
    Accepted,
    Day,
    Id,
    KeyPath,
    LanguageTag,
    Model,
    Plain,
    audience_of,
    is_for,
)
from teachback.content.handout import (
    CalloutBlock,
    CalloutKind,
    CardText,
    Handout,
    RedFlag,
    Review,
    text_fields,
)
from teachback.content.record_fields import RecordField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

# The key of a remark of the translator, beside the two languages.
NOTE: Final = "note"
# Fields with texts to translate that have no role, as no rule reads them.
_TEXTS: Final = frozenset({(Handout, "purpose"), (RecordField, "label"), (RecordField, "choices")})
# What the keys of the card's texts begin with, such as `card/title`. Other parts with this id are
# named by their place, but for flags, which have none of the card's keys.
_CARD: Final = "card"
# Steps of a path that the key of a text leaves out.
_LEFT_OUT: Final = frozenset({"cells"})


class Translator(Model):
    """Who translated the texts."""

    name: Plain
    qualified: Plain | None = Field(None, description="As what, such as medical translator.")
    on: Day | None = None
    machine: bool = Field(default=False, description="Whether a machine translated first.")


class Translation(Model):
    """The texts of one handout in one language."""

    translates: Id = Field(description="The id of the handout that is translated.")
    language: LanguageTag = Field(
        description="The tag of the language, such as es or zh-Hans, as of its folder."
    )
    version: Day = Field(description="The version of the handout that was translated.")
    translator: Translator | None = None
    review: Review = Field(description="Who has checked the translation; `approve` writes it.")
    texts: dict[str, dict[str, Plain]] = Field(
        min_length=1, description="By key: the English that was translated, and the translation."
    )
    accept: tuple[Accepted, ...] = ()


class TextState(StrEnum):
    """The state of one text of a translation for one reader."""

    MISSING = "missing"
    STALE = "stale"
    UNCHECKED = "unchecked"
    FINE = "fine"


class HandoutText(NamedTuple):
    """A text of a handout: its key, its path in the author's keys, and its words.

    `grave` texts are red flags, zones, warnings and the card: an outdated one is not printed.
    """

    key: str
    path: KeyPath
    text: str
    grave: bool


def handout_texts(
    handout: Handout, lineage: Collection[str] | None = None
) -> Iterator[HandoutText]:
    """Yield the texts of a handout in reading order: all, or those that one reader gets.

    A key is the way from the nearest id to the text, in the names that the author writes, with
    places counted from 1, and the audience behind @: `chest/short`, `elec-potassium/2@ckd`.
    """
    yield from _texts_of_model(handout, (), (), lineage, grave=False)


def _texts_of_model(
    part: Model, path: KeyPath, key_steps: KeyPath, lineage: Collection[str] | None, *, grave: bool
) -> Iterator[HandoutText]:
    """Yield the texts of a model. `key_steps` are what the keys of its texts begin with."""
    if isinstance(part, CalloutBlock):
        grave = grave or part.callout is CalloutKind.WARNING
    grave = grave or isinstance(part, RedFlag | CardText | Zone)
    for key, name, role in text_fields(type(part)):
        yield from _texts_of_value(
            getattr(part, name),
            (*path, key),
            (*key_steps, key),
            lineage,
            is_text=role is not None or (type(part), name) in _TEXTS,
            grave=grave,
        )


def _texts_of_value(
    value: object,
    path: KeyPath,
    key_steps: KeyPath,
    lineage: Collection[str] | None,
    *,
    is_text: bool,
    grave: bool,
) -> Iterator[HandoutText]:
    if isinstance(value, Model):
        if lineage is not None and not is_for(value, lineage):
            return
        if isinstance(value, RecordField):
            key_steps = ("fields", value.name)
        elif (name := getattr(value, "id", None)) and (name != _CARD or isinstance(value, RedFlag)):
            key_steps = (name,)
        yield from _texts_of_model(value, path, key_steps, lineage, grave=grave)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _texts_of_value(
                item, (*path, index), (*key_steps, index + 1), lineage, is_text=is_text, grave=grave
            )
    elif is_text and isinstance(value, str):
        yield HandoutText(_key(key_steps), path, value, grave)
    elif is_text and isinstance(value, dict):
        names = value if lineage is None else filter(None, [audience_of(value, lineage)])
        for name in names:
            yield HandoutText(f"{_key(key_steps)}@{name}", (*path, name), value[name], grave)


def _key(key_steps: KeyPath) -> str:
    """Return the key of a text; an entry of a list is named by its place alone."""
    is_entry = len(key_steps) > 1 and key_steps[-1] == "text" and isinstance(key_steps[-2], int)
    if is_entry:
        key_steps = key_steps[:-1]
    return "/".join(str(step) for step in key_steps if step not in _LEFT_OUT)


def with_short_words(handout: Handout, keys: Collection[str]) -> Handout:
    """Return a handout whose flags have `short:` words where a translation has a key for them.

    Another language may need shorter words for the card where English does not. They then translate
    the flag's own words.
    """
    text_keys = {key.partition("@")[0] for key in keys}
    flags = tuple(
        flag.model_copy(update={"short": flag.text})
        if flag.short is None and f"{flag.id}/short" in text_keys
        else flag
        for flag in handout.red_flags
    )
    return handout.model_copy(update={"red_flags": flags})


def with_texts(handout: Handout, texts: Mapping[KeyPath, str | None]) -> Handout:
    """Return a handout with other texts at these paths; None takes the text away.

    Whoever would have read a text that was taken away must not get an edition.
    """
    replaced: Handout = _with_texts(handout, (), texts)
    return replaced


def _with_texts(value: Any, path: KeyPath, texts: Mapping[KeyPath, str | None]) -> Any:  # noqa: ANN401 -- any part of a handout
    if isinstance(value, Model):
        changed = {}
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            replaced = _with_texts(inner, (*path, field.alias or name), texts)
            if replaced is not inner:
                changed[name] = replaced
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, tuple):
        items = tuple(_with_texts(item, (*path, index), texts) for index, item in enumerate(value))
        is_same = all(new is old for new, old in zip(items, value, strict=True))
        return value if is_same else items
    if isinstance(value, dict):
        versions = {name: texts.get((*path, name), text) for name, text in value.items()}
        return {name: text for name, text in versions.items() if text is not None}
    if path in texts:
        # An empty mapping is a text that has no version for any audience.
        return {} if texts[path] is None else texts[path]
    return value


def one_line(text: str) -> str:
    """Return a text with one space for each run of spaces and line breaks."""
    return " ".join(text.split())
