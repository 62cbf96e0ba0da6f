"""Score by a small language model whether a sentence tells its reader to do something harmful.

It is the optional extra `verdict`: all-MiniLM-L6-v2, fine-tuned by
`tools/learn_sentence_model.py`. Model and library are loaded when the first sentence is scored.
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from teachback.checking.clinical.verdict_model import first_class
from teachback.checking.clinical.word_pieces import word_piece_ids
from teachback.editions.passages import Role
from teachback.errors import Location, TeachbackError
from teachback.files.workspace import read_bytes, shown

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.checking.clinical.lexicon import Mention
    from teachback.checking.clinical.stance_detection import Unit
    from teachback.editions.passages import Passage

# The most tokens of the description, and of both texts with the marks around them.
_DESCRIPTION_TOKENS: Final = 60
_MOST_CLASSES: Final = 5  # of names in a description
_TOKENS: Final = 128
_BEGIN, _END = "[CLS]", "[SEP]"
# The names of readers and blocks in what the model was trained on, which must not change.
_READER_NAMES: Final = {"ckd": "kidney disease"}
_KIND_NAMES: Final = {role: role.value for role in (Role.ITEM, Role.CELL, Role.CALLOUT, Role.CARD)}
# The weights' score and the model's count alike. Scale and shift were chosen on sentences that
# neither was learned from, such that the same thresholds hold as for the weights alone.
_SCALE: Final = 0.35
_SHIFT: Final = 0.5


def is_installed() -> bool:
    """Return whether the extra `verdict` is installed, without loading it."""
    return find_spec("onnxruntime") is not None


class SentenceModel:
    """A model and its vocabulary, loaded when first needed. Raises TeachbackError if they fail."""

    def __init__(self, model: Path, vocabulary: Path) -> None:
        """Store where the files are."""
        self._model_path: Final = model
        self._vocabulary_path: Final = vocabulary
        self._scores: Final[dict[tuple[str, str], float]] = {}

    def mean(self, score: float, description: str, text: str) -> float:
        """Return the mean of a sentence's score by the weights and its score by this model."""
        return _SCALE * (score + self._log_odds(description, text)) + _SHIFT

    def _log_odds(self, description: str, text: str) -> float:
        """Return the log odds that a clinician would change a text.

        Each text is scored by itself, so that the order of texts changes nothing. The score is
        rounded, since processors differ in the last digits.
        """
        if (description, text) not in self._scores:
            ids = self._vocabulary_ids
            about = word_piece_ids(description, ids)[:_DESCRIPTION_TOKENS]
            first = [ids[_BEGIN], *about, ids[_END]]
            second = [*word_piece_ids(text, ids)[: _TOKENS - len(first) - 1], ids[_END]]
            segments = [0] * len(first) + [1] * len(second)
            (log_odds,) = self._session.run(None, {"pieces": [first + second], "parts": [segments]})
            self._scores[description, text] = round(float(log_odds.item()), 2)
        return self._scores[description, text]

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 -- a class of a library that may be missing
        content = read_bytes(self._model_path)
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            # Convert the weights to floating-point numbers once, not for each sentence.
            options.add_session_config_entry("session.disable_quant_qdq", "1")
            return onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001 -- the library's errors share no other class
            message = f"the extra `verdict` does not start: {error}"
            hint = "Install it again, or write `verdict: weights` in content/checks.yaml."
            raise TeachbackError.of(message, hint, Location(shown(self._model_path))) from None

    @cached_property
    def _vocabulary_ids(self) -> dict[str, int]:
        lines = read_bytes(self._vocabulary_path).decode().splitlines()
        return {piece: number for number, piece in enumerate(lines)}


def described(
    passage: Passage,
    unit: Unit,
    number: int,
    reader: str,
    mentions: tuple[Mention, ...],
    reach: int = 1,
) -> tuple[str, str]:
    """Return the description of a sentence, and its text with `reach` sentences on each side.

    The description has its reader, its kind of block, its lead-in, column and row, question or
    myth, and the classes of the names.
    """
    question = passage.heading if passage.heading.rstrip().endswith("?") else ""
    context = (passage.lead or passage.column or question, passage.row)
    lead = unit.before if unit.myth else "; ".join(filter(None, context))
    sentences = unit.own_sentences
    index = sentences.index(number)
    start, _ = unit.span(sentences[max(0, index - reach)])
    _, end = unit.span(sentences[min(index + reach, len(sentences) - 1)])
    kind = "myth" if unit.myth else _KIND_NAMES.get(passage.role, "text")
    near = (each for each in mentions if each.start < unit.own_start or start <= each.start < end)
    classes = list(dict.fromkeys(filter(None, map(first_class, near))))[:_MOST_CLASSES]
    names = f" ({', '.join(classes).replace('-', ' ')})" if classes else ""
    about = f"{_READER_NAMES.get(reader, reader)}. {kind}: {lead}{names}"
    return about, unit.text[start:end].strip()
