"""Compare a translation with the handout that it translates: which text is missing or stale. Pure.

A text is compared with the English that stands beside its translation, so nothing has to be kept up
to date by hand. Findings are paths in the file of the translation, and Problems without a place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from teachback.content.translation import (
    NOTE,
    HandoutText,
    TextState,
    Translation,
    handout_texts,
    one_line,
    with_short_words,
)
from teachback.errors import Problem, Severity, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from teachback.content.audiences import Audiences
    from teachback.content.handout import Handout

    Path = tuple[Any, ...]
    Finding = tuple[Path, Problem]

# So many texts are named one by one.
_MOST_NAMED: Final = 12
_REFUSING: Final = (TextState.MISSING, TextState.STALE)


@dataclass(frozen=True)
class TranslatedTexts:
    """A translation beside its handout.

    `entries` has the key in the translation's file of each text, by the text's key in the handout.
    `faults` are the problems of the file itself, and `moved` warnings of texts whose key changed.
    """

    source: Handout
    translation: Translation
    entries: Mapping[str, str]
    faults: tuple[Finding, ...]
    moved: tuple[Finding, ...]

    @property
    def marks(self) -> Mapping[str, str]:
        """The mark of each check of the translation, by audience."""
        review = self.translation.review
        return (review.approved or {}) if review.status == "approved" else {}

    @cached_property
    def texts(self) -> tuple[HandoutText, ...]:
        """The texts of the handout, in reading order."""
        return tuple(handout_texts(self.source))

    def english(self, key: str) -> str | None:
        """Return the English that a text was made from, or None for a missing one."""
        return self._said(key, self.source.language)

    def words(self, key: str) -> str | None:
        """Return the translation of a text, or None for a missing one."""
        return self._said(key, self.translation.language)

    def place(self, key: str, language: str) -> Path:
        """Return the path of a text in the translation's file."""
        return ("texts", self.entries[key], language)

    def state(self, text: HandoutText, *, checked: bool) -> TextState:
        """Return the state of a text for a reader whose translation is `checked` or not."""
        english = self.english(text.key)
        if english is None or self.words(text.key) is None:
            return TextState.MISSING
        if one_line(english) != one_line(text.text):
            return TextState.STALE
        return TextState.FINE if checked else TextState.UNCHECKED

    def _said(self, key: str, language: str) -> str | None:
        return self.translation.texts.get(self.entries.get(key, ""), {}).get(language)


@dataclass(frozen=True)
class ReaderStates:
    """The state of each text that one reader gets, and the problems that it leads to.

    `refusals` keep the reader's edition from being printed.
    """

    audience: str
    texts: tuple[tuple[HandoutText, TextState], ...]

    def count(self, state: TextState) -> int:
        """Return the number of texts in a state."""
        return sum(one is state for _, one in self.texts)

    @property
    def refusing(self) -> tuple[tuple[HandoutText, TextState], ...]:
        """The texts that keep the edition from being printed."""
        return tuple(
            (text, state)
            for text, state in self.texts
            if state is TextState.MISSING or (state is TextState.STALE and text.grave)
        )

    @property
    def is_stale(self) -> bool:
        """Whether a text of the edition follows an older English one."""
        return self.count(TextState.STALE) > 0


def match_translation(source: Handout, translation: Translation) -> TranslatedTexts:
    """Match the texts of a translation with those of its handout.

    Keys decide. A text under another key is taken only if its English is the same, word for word,
    and no other text has it.
    """
    source = with_short_words(source, translation.texts)
    texts = {text.key: text for text in handout_texts(source)}
    languages = (source.language, translation.language)
    english = {
        key: one_line(entry[source.language])
        for key, entry in translation.texts.items()
        if source.language in entry
    }
    entries = {
        key: key
        for key, words in english.items()
        if key in texts and one_line(texts[key].text) == words
    }
    left = {key: words for key, words in english.items() if key not in entries}
    open_ = {key: one_line(text.text) for key, text in texts.items() if key not in entries}
    once = Counter(left.values()), Counter(open_.values())
    by_words = {words: key for key, words in open_.items()}
    moved: list[Finding] = []
    for key, words in left.items():
        if once[0][words] == once[1][words] == 1:
            now = by_words[words]
            entries[now] = key
            hint = f"Write `{now}:` in the place of `{key}:`, once you have looked at it."
            told = Problem(
                f"the text `{key}` is now `{now}`; its English is the same, so its translation is used",
                hint,
                severity=Severity.WARNING,
            )
            moved.append((("texts", key), told))
    taken = set(entries.values())
    # With another English, or none at all.
    entries |= {
        key: key
        for key in translation.texts
        if key in texts and key not in taken and key not in entries
    }
    taken = set(entries.values())
    faults = [
        *_entry_faults(translation, languages),
        *(
            (
                ("texts", key),
                Problem(
                    f"the handout has no text `{key}`",
                    f"{nearest(key, open_ or texts)} If the English was deleted, delete this, too.",
                ),
            )
            for key in translation.texts
            if key not in taken and key not in texts
        ),
    ]
    return TranslatedTexts(source, translation, entries, tuple(faults), tuple(moved))


def _entry_faults(translation: Translation, languages: tuple[str, str]) -> Iterator[Finding]:
    known = (*languages, NOTE)
    for key, entry in translation.texts.items():
        for name in entry:
            if name not in known:
                hint = f"A text has the keys {', '.join(f'`{one}`' for one in known)}."
                yield ("texts", key, name), Problem(f"the key '{name}' is not known", hint)
        if languages[0] not in entry:
            hint = f"Add `{languages[0]}:` with the words that were translated."
            message = "this does not say the English that it was made from"
            yield (("texts", key), Problem(message, hint))


def reader_states(
    texts: TranslatedTexts, audiences: Audiences, checked: tuple[str, ...]
) -> tuple[ReaderStates, ...]:
    """Return the states of all texts for each reader; `checked` are those with an approval."""
    return tuple(
        ReaderStates(
            name,
            tuple(
                (text, texts.state(text, checked=name in checked))
                for text in handout_texts(texts.source, audiences.lineage(name))
            ),
        )
        for name in texts.source.audiences
        if name in audiences.root
    )


def refusal_findings(
    texts: TranslatedTexts, readers: tuple[ReaderStates, ...]
) -> Iterator[tuple[str, Path, Problem]]:
    """Yield what refuses an edition, each text once for each of its readers: reader, place, problem.

    Only the first few texts of a kind are named.
    """
    names: dict[str, list[str]] = {}
    for reader in readers:
        for text, _ in reader.refusing:
            names.setdefault(text.key, []).append(reader.audience)
    for reader in readers:
        for state in _REFUSING:
            found = [
                text
                for text, one in reader.refusing
                # A text without its English is a fault of the file, told there.
                if one is state and (text.key not in texts.entries or texts.english(text.key))
            ]
            for text in found[:_MOST_NAMED]:
                yield (reader.audience, *_refusal(texts, text, state, names[text.key]))
            if len(found) > _MOST_NAMED:
                message = f"{len(found) - _MOST_NAMED} more texts for {reader.audience} are {state}"
                hint = f"See `teachback translate status {texts.source.id}`."
                yield reader.audience, ("texts",), Problem(message, hint)


def _refusal(
    texts: TranslatedTexts, text: HandoutText, state: TextState, readers: list[str]
) -> Finding:
    language, whom = texts.translation.language, " and ".join(readers)
    not_printed = f"so '{language}' is not printed for {whom}"
    if state is TextState.MISSING:
        source, english = texts.source.language, texts.english(text.key)
        there = f"`{source}: {text.text}`"
        if english is None:
            hint = (
                f"Add `{text.key}:` with {there} and, below it, `{language}:` with the translation."
            )
        elif one_line(english) == one_line(text.text):
            hint = f"Below its `{source}:`, add `{language}:` with the translation."
        else:
            hint = (
                f"The English has changed: write {there}, and below it `{language}:` with the "
                "translation."
            )
        path = ("texts", texts.entries[text.key]) if text.key in texts.entries else ("texts",)
        return path, Problem(f"the text `{text.key}` is not translated, {not_printed}", hint)
    message = (
        f"the English of `{text.key}`, a text that must be right, has changed since it was "
        f"translated, {not_printed}"
    )
    hint = f"Translate the new text, and write it behind `{texts.source.language}:`: {text.text}"
    return texts.place(text.key, language), Problem(message, hint)


def stale_finding(texts: TranslatedTexts, reader: ReaderStates) -> Finding:
    """Return the warning that an edition follows an older text, at the first one that does."""
    stale = [text for text, state in reader.texts if state is TextState.STALE]
    count = f"{len(stale)} text{'s' if len(stale) != 1 else ''}"
    changed = "has" if len(stale) == 1 else "have"
    message = (
        f"the English of {count} for {reader.audience} {changed} changed since the version of "
        f"{texts.translation.version}, which was translated: it is a draft that says so"
    )
    hint = f"Translate what is new: `teachback translate status {texts.source.id}` names it."
    return texts.place(stale[0].key, texts.translation.language), Problem(
        message, hint, severity=Severity.WARNING
    )
