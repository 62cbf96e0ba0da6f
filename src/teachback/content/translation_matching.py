"""Compare a translation with the handout that it translates: which text is missing or stale. Pure.

A text is compared with the English that stands beside its translation, so nothing has to be kept up
to date by hand. The paths of findings are those in the file of the translation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

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
    from teachback.content.base_model import Finding, KeyPath
    from teachback.content.handout import Handout

# The most texts of a kind that are reported one by one.
_MOST_NAMED: Final = 12
_REFUSING: Final = (TextState.MISSING, TextState.STALE)


@dataclass(frozen=True)
class TranslatedTexts:
    """A translation beside its handout.

    `entries` maps the key of a text in the handout to its key in the translation's file. `faults`
    are the problems of that file, and `moved` the warnings about texts whose key has changed.
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
        """Return the English that a text was translated from, or None if there is none."""
        return self._text_in(self.source.language, key)

    def words(self, key: str) -> str | None:
        """Return the translation of a text, or None if there is none."""
        return self._text_in(self.translation.language, key)

    def place(self, key: str, language: str) -> KeyPath:
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

    def _text_in(self, language: str, key: str) -> str | None:
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
        return [text_state for _, text_state in self.texts].count(state)

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
    # What has no match under its own key: in the translation, and in the handout.
    unmatched = {key: words for key, words in english.items() if key not in entries}
    missing = {key: one_line(text.text) for key, text in texts.items() if key not in entries}
    unmatched_counts, missing_counts = Counter(unmatched.values()), Counter(missing.values())
    missing_keys = {words: key for key, words in missing.items()}
    moved: list[Finding] = []
    for key, words in unmatched.items():
        if unmatched_counts[words] == missing_counts[words] == 1:
            new_key = missing_keys[words]
            entries[new_key] = key
            message = (
                f"the text `{key}` is now `{new_key}`; its English is the same, "
                "so its translation is used"
            )
            hint = f"Write `{new_key}:` in the place of `{key}:`, once you have looked at it."
            moved.append((("texts", key), Problem(message, hint, None, Severity.WARNING)))
    used = set(entries.values())
    # These have another English, or none.
    entries |= {
        key: key
        for key in translation.texts
        if key in texts and key not in used and key not in entries
    }
    faults = list(_entry_faults(translation, languages))
    for key in translation.texts:
        if key not in used and key not in texts:
            hint = f"{nearest(key, missing or texts)} If the English was deleted, delete this, too."
            faults.append((("texts", key), Problem(f"the handout has no text `{key}`", hint)))
    return TranslatedTexts(source, translation, entries, tuple(faults), tuple(moved))


def _entry_faults(translation: Translation, languages: tuple[str, str]) -> Iterator[Finding]:
    known = (*languages, NOTE)
    for key, entry in translation.texts.items():
        for name in entry:
            if name not in known:
                hint = f"A text has the keys {', '.join(f'`{key}`' for key in known)}."
                yield ("texts", key, name), Problem(f"the key '{name}' is not known", hint)
        if languages[0] not in entry:
            hint = f"Add `{languages[0]}:` with the words that were translated."
            message = "this does not say the English that it was made from"
            yield (("texts", key), Problem(message, hint))


def reader_states(
    texts: TranslatedTexts, audiences: Audiences, checked: tuple[str, ...]
) -> tuple[ReaderStates, ...]:
    """Return the states of all texts for each reader; `checked` are readers with an approval."""
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
) -> Iterator[tuple[str, KeyPath, Problem]]:
    """Yield each text that keeps a reader's edition from being printed: reader, path and problem.

    Only the first few texts of a kind are named.
    """
    audiences_of: dict[str, list[str]] = {}
    for reader in readers:
        for text, _ in reader.refusing:
            audiences_of.setdefault(text.key, []).append(reader.audience)
    for reader in readers:
        for state in _REFUSING:
            refusing = [
                text
                for text, text_state in reader.refusing
                if text_state is state
                # A text without its English is a fault of the file, and reported there.
                and (text.key not in texts.entries or texts.english(text.key))
            ]
            for text in refusing[:_MOST_NAMED]:
                yield reader.audience, *_refusal(texts, text, state, audiences_of[text.key])
            if len(refusing) > _MOST_NAMED:
                more = len(refusing) - _MOST_NAMED
                message = f"{more} more texts for {reader.audience} are {state}"
                hint = f"See `teachback translate status {texts.source.id}`."
                yield reader.audience, ("texts",), Problem(message, hint)


def _refusal(
    texts: TranslatedTexts, text: HandoutText, state: TextState, audiences: list[str]
) -> Finding:
    language = texts.translation.language
    consequence = f"so '{language}' is not printed for {' and '.join(audiences)}"
    if state is TextState.MISSING:
        source, english = texts.source.language, texts.english(text.key)
        line = f"`{source}: {text.text}`"
        if english is None:
            hint = (
                f"Add `{text.key}:` with {line} and, below it, `{language}:` with the translation."
            )
        elif one_line(english) == one_line(text.text):
            hint = f"Below its `{source}:`, add `{language}:` with the translation."
        else:
            hint = (
                f"The English has changed: write {line}, and below it `{language}:` with the "
                "translation."
            )
        path = ("texts", texts.entries[text.key]) if text.key in texts.entries else ("texts",)
        return path, Problem(f"the text `{text.key}` is not translated, {consequence}", hint)
    message = (
        f"the English of `{text.key}`, a text that must be right, has changed since it was "
        f"translated, {consequence}"
    )
    hint = f"Translate the new text, and write it behind `{texts.source.language}:`: {text.text}"
    return texts.place(text.key, language), Problem(message, hint)


def stale_finding(texts: TranslatedTexts, reader: ReaderStates) -> Finding:
    """Return the warning that an edition follows older texts, at the first of them."""
    stale = [text for text, state in reader.texts if state is TextState.STALE]
    count = "1 text" if len(stale) == 1 else f"{len(stale)} texts"
    have = "has" if len(stale) == 1 else "have"
    message = (
        f"the English of {count} for {reader.audience} {have} changed since the version of "
        f"{texts.translation.version}, which was translated: it is a draft that says so"
    )
    hint = f"Translate what is new: `teachback translate status {texts.source.id}` names it."
    path = texts.place(stale[0].key, texts.translation.language)
    return path, Problem(message, hint, None, Severity.WARNING)
