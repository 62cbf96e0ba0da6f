"""Learn the weights of `content/rules/leaning.txt` from sentences with a known side.

Run `python tools/learn_word_weights.py` after sentences were added. It is a logistic regression
with a penalty on large weights, in plain Python. It takes less than a minute, and writes the same
file on each machine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from safety_measure import pieces, read_set

from teachback.checking.clinical.clinical_rules import LEANS, units
from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.checking.clinical.stance_detection import names_in
from teachback.checking.clinical.word_classifier import features, scale
from teachback.content.loader import load_handout, load_shared
from teachback.editions.passages import ReaderContext, passages
from teachback.files.workspace import Workspace, builtin_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.editions.passages import Passage

SETS: Final = ("tuning", "own", "tuning-more", "ours")
ROUNDS: Final = 300
PENALTY: Final = 2.0
STEP: Final = 0.1
# In hundredths; smaller weights are left out.
SMALLEST: Final = 5
A_LINE: Final = 8
HEAD: Final = (
    "# How much each word leans to advice (above 0) or to warning (below 0), in hundredths. "
    "Learned from {} texts by tools/learn_word_weights.py."
)

Row = tuple[frozenset[str], bool]


def learned(
    rows: Sequence[Row], penalty: float = PENALTY, rounds: int = ROUNDS
) -> dict[str, float]:
    """Return the learned weights; `<start>` is the weight of an empty text."""
    index = {
        name: number
        for number, name in enumerate(
            sorted({name for names, _ in rows for name in names}), start=1
        )
    }
    data = [
        ([index[name] for name in sorted(names)], scale(len(names)), 1.0 if bad else 0.0)
        for names, bad in rows
    ]
    weights, slopes = [0.0] * (len(index) + 1), [1e-8] * (len(index) + 1)
    for _ in range(rounds):
        slope = [0.0, *(penalty * value for value in weights[1:])]
        for numbers, size, side in data:
            total = weights[0] + size * sum(weights[number] for number in numbers)
            off = 1 / (1 + math.exp(-total)) - side
            slope[0] += off
            for number in numbers:
                slope[number] += off * size
        for number, value in enumerate(slope):
            slopes[number] += value * value
            weights[number] -= STEP * value / math.sqrt(slopes[number])
    return {"<start>": weights[0], **{name: weights[number] for name, number in index.items()}}


def texts(rules: TextRules) -> list[Row]:
    """Return all texts to learn from."""
    return [
        *rows_of(SETS, rules),
        *sorted(set(handout_rows(rules)), key=lambda row: sorted(row[0])),
    ]


def rows_of(names: Sequence[str], rules: TextRules) -> list[Row]:
    """Return the features of the sentences in some sets, with their sides."""
    return [
        (found, item["unsafe"])
        for name in names
        for item in read_set(name)
        for found in _features(pieces(item), rules)
    ]


def handout_rows(rules: TextRules) -> Iterator[Row]:
    """Yield the features of the shipped handout's text for CKD readers, all of which is right."""
    root = builtin_root()
    workspace = Workspace(root, root)
    shared = load_shared(workspace)
    handout = load_handout(
        root / "content" / "handouts" / "leg-cramps.yaml", workspace, shared
    ).handout
    for name in ("ckd", "dialysis"):
        reader = ReaderContext(shared.audiences.lineage(name), {"clinic.emergency": "911"})
        for found in _features(passages(handout, reader), rules):
            yield found, False


def _features(reader_texts: Sequence[Passage], rules: TextRules) -> Iterator[frozenset[str]]:
    for passage, unit in units(reader_texts):
        mentions = names_in(rules.lexicon, unit.text)
        if passage.role in LEANS:
            yield features(unit, mentions, rules.lexicon)


def main() -> None:
    """Write the file of weights."""
    root = builtin_root()
    rules = load_clinical_rules(Workspace(root, root))
    rows = texts(rules)
    by_weight: dict[int, list[str]] = {}
    for name, weight in learned(rows).items():
        if abs(round(weight * 100)) >= SMALLEST or name == "<start>":
            by_weight.setdefault(round(weight * 100), []).append(name)
    lines = [
        f"{weight}: {', '.join(names[at : at + A_LINE])}"
        for weight, names in sorted(by_weight.items())
        for at in range(0, len(names), A_LINE)
    ]
    (root / "content" / "rules" / "leaning.txt").write_text(
        "\n".join((HEAD.format(len(rows)), *lines, "")), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
