"""Score by a small language model whether a sentence tells its reader to do something harmful.

It is the optional extra `verdict`: all-MiniLM-L6-v2, fine-tuned by `tools/learn_sentence_model.py`.
Model and library are loaded when the first sentence is scored.
"""

from __future__ import annotations

import unicodedata
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from teachback.editions.passages import Role
from teachback.errors import Location, Problem, TeachbackError
from teachback.files.workspace import read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from teachback.checking.clinical.stance_detection import Unit
    from teachback.editions.passages import Passage

# The most pieces of the description, and of both texts with the marks around them.
_DESCRIPTION: Final = 60
_PIECES: Final = 128
_UNKNOWN, _BEGIN, _END = "[UNK]", "[CLS]", "[SEP]"
# How the model was told of readers and blocks.
_READERS: Final = {"ckd": "kidney disease"}
_KINDS: Final = {
    Role.ITEM: "item",
    Role.CELL: "cell",
    Role.CALLOUT: "callout",
    Role.CARD: "card",
    Role.ANSWER: "myth",
}
# The verdict is a mean of the weights' score and the model's. The shares were chosen on sentences
# that neither was learned from, such that the same thresholds hold for it as for the weights alone.
_OF_WEIGHTS: Final = 0.55
_OF_MODEL: Final = 0.2
_SHIFT: Final = 0.25


def is_installed() -> bool:
    """Return whether the extra `verdict` is installed, without loading it."""
    return find_spec("onnxruntime") is not None


class SentenceModel:
    """A model and its vocabulary, loaded when first needed. Raises TeachbackError if they fail."""

    def __init__(self, model: Path, vocabulary: Path) -> None:
        """Store where the files are."""
        self._model: Final = model
        self._vocabulary: Final = vocabulary
        self._scores: Final[dict[tuple[str, str], float]] = {}

    def mean(self, score: float, passage: Passage, unit: Unit, number: int, reader: str) -> float:
        """Return the score of a sentence of a passage, given the score by the weights."""
        own = self._log_odds(*described(passage, unit, number, reader))
        return _OF_WEIGHTS * score + _OF_MODEL * own + _SHIFT

    def _log_odds(self, about: str, text: str) -> float:
        """Return the log odds that a clinician would change a text.

        Each text is scored by itself, so that the order of texts changes nothing. The score is
        rounded, since processors differ in the last digits.
        """
        if (about, text) not in self._scores:
            first = [self._pieces[_BEGIN], *self._numbers(about)[:_DESCRIPTION], self._pieces[_END]]
            second = [*self._numbers(text)[: _PIECES - len(first) - 1], self._pieces[_END]]
            parts = [0] * len(first) + [1] * len(second)
            (found,) = self._session.run(None, {"pieces": [first + second], "parts": [parts]})
            self._scores[about, text] = round(float(found.item()), 2)
        return self._scores[about, text]

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 -- a class of a library that may be missing
        content = read_bytes(self._model)
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            # Turn the weights into floating-point numbers once, not for each sentence.
            options.add_session_config_entry("session.disable_quant_qdq", "1")
            return onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001 -- the library's errors share no other class
            message = f"the extra `verdict` does not start: {error}"
            hint = "Install it again, or write `verdict: weights` in content/checks.yaml."
            raise TeachbackError(Problem(message, hint, Location(shown(self._model)))) from None

    @cached_property
    def _pieces(self) -> dict[str, int]:
        lines = read_bytes(self._vocabulary).decode().splitlines()
        return {piece: number for number, piece in enumerate(lines)}

    def _numbers(self, text: str) -> list[int]:
        return [number for word in words_and_stops(text) for number in self._of_word(word)]

    def _of_word(self, word: str) -> list[int]:
        """Return the numbers of the longest pieces that a word is made of, from its start.

        A piece within a word begins with `##` (WordPiece).
        """
        found: list[int] = []
        at = 0
        while at < len(word):
            sign = "##" if at else ""
            ends = range(len(word), at, -1)
            end = next((end for end in ends if sign + word[at:end] in self._pieces), 0)
            if not end:
                return [self._pieces[_UNKNOWN]]
            found.append(self._pieces[sign + word[at:end]])
            at = end
        return found


def described(passage: Passage, unit: Unit, number: int, reader: str) -> tuple[str, str]:
    """Return what a sentence is about, and the sentence with those beside it.

    It is about its reader, its kind of block, and its lead-in, column and row, question or myth.
    """
    question = passage.heading if passage.heading.rstrip().endswith("?") else ""
    around = (passage.lead or passage.column or question, passage.row)
    lead = unit.before if unit.myth else "; ".join(filter(None, around))
    own = unit.own_sentences
    at = own.index(number)
    start, _ = unit.span(own[max(0, at - 1)])
    _, end = unit.span(own[min(at + 1, len(own) - 1)])
    kind = _KINDS.get(passage.role, "text")
    return f"{_READERS.get(reader, reader)}. {kind}: {lead}", unit.text[start:end].strip()


def words_and_stops(text: str) -> list[str]:
    """Return the words and stops of a text, in lower case and without accents."""
    return "".join(_separated(unicodedata.normalize("NFD", text.lower()))).split()


def _separated(text: str) -> Iterator[str]:
    for char in text:
        kind = unicodedata.category(char)
        if char.isspace():
            yield " "
        elif kind[0] == "P" or (char.isascii() and kind[0] == "S"):
            yield f" {char} "
        elif kind != "Mn" and kind[0] != "C":
            yield char
