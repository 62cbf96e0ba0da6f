"""Learn the weights of `content/rules/verdict.txt` from sentences with a known side.

Run `python tools/learn_verdict.py` after sentences were added or a rule was changed. It is a
logistic regression with a penalty on large weights, in plain Python. It takes a few minutes, and
writes the same file on each machine.

A text of several sentences is labelled as a whole. If it is unsafe, only the sentence that scores
highest counts, so the first round learns from all of them and the next ones from that sentence.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from safety_measure import LINEAGE, is_aside, pieces, read_set

from teachback.checking.clinical.clinical_rules import SCORED_ROLES, sentence_features, units
from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.passages import ReaderContext, passages
from teachback.files.unprintable_characters import lowered
from teachback.files.workspace import Workspace, builtin_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.editions.passages import Passage

# The rules were tuned on these, so what the rules read in them is left out. They are few beside the
# other sets, and each sentence counts this many times.
TUNED: Final = {"tuning": 3.0, "own": 5.0, "tuning-more": 3.0, "ours": 3.0}
# By authors who did not know the rules.
BLIND: Final = tuple(f"corpus-{letter}" for letter in "abcdefghijkl")
# As above, and in the words of leaflets. That is what is checked, so each counts this many times.
LEAFLETS: Final = tuple(f"corpus-{letter}" for letter in "mnopqrstuvwxyz")
OF_LEAFLETS: Final = 2.0
# As above, and in the words of health summaries: praise and permission rather than orders.
SUMMARIES: Final = tuple(f"corpus-{letters}" for letters in ("aa", "ab", "ac", "ad", "ae", "af"))
OF_SUMMARIES: Final = 2.0
# As above, in pairs: the same words and names on both sides.
PAIRS: Final = tuple(f"corpus-a{letter}" for letter in "ghijklmn")
OF_PAIRS: Final = 2.0
# As above, in short texts whose side comes from how their parts work together.
CONTEXTS: Final = (
    *(f"corpus-a{letter}" for letter in "opqrstuvwxyz"),
    *(f"corpus-b{letter}" for letter in "abcdefghijklmnopqr"),
)
OF_CONTEXTS: Final = 2.0
# As above, in paragraphs of health pages for everybody, of which one sentence decides the side.
PARAGRAPHS: Final = tuple(f"corpus-b{letter}" for letter in "stuvwxyz")
OF_PARAGRAPHS: Final = 2.0
# Such lines, and warnings of something else, stand behind advice of either side. They are learned
# behind texts of both, so that they do not hide an order.
CLOSINGS: Final = (
    "Ask us if you have questions.", "Call us if you have any questions.", "Talk with your nurse.",
    "Call us right away if it gets worse.", "Call us if you are not better in three days.",
    "Ask your dietitian for more tips.", "You can ask us about it.", "It is not a cure.",
    "Your care team can help you.", "Tell us how you get on.", "Bring this sheet to your visit.",
    "Too much potassium can harm your heart.", "Call 911 if you cannot breathe.",
    "Ask your doctor or pharmacist if you are not sure.", "Do not use table salt.", "We can help.",
)  # fmt: skip
CLOSED: Final = 3  # one of so many texts
OF_CLOSED: Final = 2.0
# Plain orders, for which the rules are right, as they are in their own examples.
PLAIN: Final = ("plain", "source")
OF_PLAIN: Final = 14.0
ROUNDS: Final = (160, 80, 80)
PENALTY: Final = 8.0
STEP: Final = 0.1
# A feature of fewer texts is not learned; a smaller weight, in hundredths, is left out.
SEEN: Final = 4
SMALLEST: Final = 8
A_LINE: Final = 8
HEAD: Final = (
    "# How much each feature speaks for (above 0) or against harm (below 0), in hundredths. "
    "Learned from {} texts by tools/learn_verdict.py."
)


class Text(NamedTuple):
    """The features of each sentence of a text, whether it is unsafe, and how much it counts."""

    sentences: tuple[Mapping[str, float], ...]
    unsafe: bool
    counts: float = 1.0


def learned(texts: Sequence[Text]) -> dict[str, float]:
    """Return the weight of each feature, with the start value as `<start>`."""
    seen = Counter(name for text in texts for one in text.sentences for name in one)
    index = {
        name: number
        for number, name in enumerate(
            sorted(name for name, times in seen.items() if times >= SEEN), start=1
        )
    }
    data = [
        [[(index[name], size) for name, size in one.items() if name in index] for one in text[0]]
        for text in texts
    ]
    weights, slopes = [0.0] * (len(index) + 1), [1e-8] * (len(index) + 1)
    for turn, rounds in enumerate(ROUNDS):
        rows = [
            (one, 1.0 if text.unsafe else 0.0, text.counts)
            for sentences, text in zip(data, texts, strict=True)
            for one in (
                [max(sentences, key=lambda one: _sum(one, weights))]
                if turn and text.unsafe
                else sentences
            )
        ]
        for _ in range(rounds):
            _descend(rows, weights, slopes)
    return {"<start>": weights[0], **{name: weights[number] for name, number in index.items()}}


def _sum(one: list[tuple[int, float]], weights: list[float]) -> float:
    return weights[0] + sum(weights[number] * size for number, size in one)


def _descend(
    rows: list[tuple[list[tuple[int, float]], float, float]],
    weights: list[float],
    slopes: list[float],
) -> None:
    """Take one step down the slope of the loss, shorter where the slope was steep (AdaGrad)."""
    slope = [0.0, *(PENALTY * value for value in weights[1:])]
    for one, side, counts in rows:
        off = (1 / (1 + math.exp(-_sum(one, weights))) - side) * counts
        slope[0] += off
        for number, size in one:
            slope[number] += off * size
    for number, value in enumerate(slope):
        slopes[number] += value * value
        weights[number] -= STEP * value / math.sqrt(slopes[number])


def texts(rules: TextRules) -> list[Text]:
    """Return all texts to learn from."""
    return [
        *(
            text._replace(
                sentences=tuple(_without_rules(one) for one in text.sentences), counts=counts
            )
            for name, counts in TUNED.items()
            for text in texts_of((name,), rules)
        ),
        *texts_of(BLIND, rules),
        *(text._replace(counts=OF_LEAFLETS) for text in texts_of(LEAFLETS, rules)),
        *(text._replace(counts=OF_SUMMARIES) for text in texts_of(SUMMARIES, rules)),
        *(text._replace(counts=OF_PAIRS) for text in texts_of(PAIRS, rules)),
        *(text._replace(counts=OF_CONTEXTS) for text in texts_of(CONTEXTS, rules)),
        *(text._replace(counts=OF_PARAGRAPHS) for text in texts_of(PARAGRAPHS, rules)),
        *(text._replace(counts=OF_CLOSED) for text in closed_texts(rules)),
        *(text._replace(counts=OF_PLAIN) for text in (*texts_of(PLAIN, rules), *examples(rules))),
        *handout_texts(rules),
    ]


def _without_rules(one: Mapping[str, float]) -> dict[str, float]:
    return {name: size for name, size in one.items() if not name.startswith("@r ")}


def items_of(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the sentences of some sets that are learned from."""
    return [
        item
        for name in names
        for item in read_set(name)
        if item.get("audience") != "general" and not is_aside(name, item)
    ]


def texts_of(names: Sequence[str], rules: TextRules) -> Iterator[Text]:
    """Yield the texts of some sets."""
    for item in items_of(names):
        lineage = LINEAGE[item.get("audience", "ckd")]
        # Of an unsafe paragraph, only the sentence counts that makes it so.
        marked = item["text"] if item["unsafe"] and "within" in item else ""
        yield from _text(pieces(item), rules, lineage, unsafe=item["unsafe"], marked=marked)


def closed_texts(rules: TextRules) -> Iterator[Text]:
    """Yield some single sentences of all sets with a closing line behind each."""
    single = (
        item
        for item in items_of((*BLIND, *LEAFLETS, *SUMMARIES, *PAIRS, *PLAIN))
        if item.get("kind", "text") == "text" and item["text"].endswith(".")
    )
    for number, item in enumerate(single):
        if number % CLOSED == 0:
            closing = CLOSINGS[number // CLOSED % len(CLOSINGS)]
            closed = {**item, "text": f"{item['text']} {closing}"}
            lineage = LINEAGE[item.get("audience", "ckd")]
            yield from _text(pieces(closed), rules, lineage, unsafe=item["unsafe"])


def examples(rules: TextRules) -> Iterator[Text]:
    """Yield the rules' own examples for readers with CKD."""
    for rule in rules.rules:
        for unsafe, samples in ((True, rule.rule.bad), (False, rule.rule.good)):
            for sample in samples:
                lineage = LINEAGE[sample.audience]
                if "ckd" in lineage:
                    yield from _text((sample.passage(),), rules, lineage, unsafe=unsafe)


def handout_texts(rules: TextRules) -> Iterator[Text]:
    """Yield each passage of the shipped handout's text for CKD readers, all of which is right."""
    root = builtin_root()
    workspace = Workspace(root, root)
    shared = load_shared(workspace)
    handout = load_handout(
        root / "content" / "handouts" / "leg-cramps.yaml", workspace, shared
    ).handout
    for name in ("ckd", "dialysis"):
        reader = ReaderContext(shared.audiences.lineage(name), {"clinic.emergency": "911"})
        for passage, sentences in _sentences(passages(handout, reader), rules, reader.lineage):
            if passage.role in SCORED_ROLES:
                yield Text(sentences, unsafe=False)


def _text(
    reader_texts: Sequence[Passage],
    rules: TextRules,
    lineage: tuple[str, ...],
    *,
    unsafe: bool,
    marked: str = "",
) -> Iterator[Text]:
    found = [
        one
        for passage, sentences in _sentences(reader_texts, rules, lineage, lowered(marked))
        if passage.role in SCORED_ROLES
        for one in sentences
    ]
    if found:
        yield Text(tuple(found), unsafe)


def _sentences(
    reader_texts: Sequence[Passage], rules: TextRules, lineage: tuple[str, ...], marked: str = ""
) -> Iterator[tuple[Passage, tuple[dict[str, float], ...]]]:
    for passage, unit in units(reader_texts):
        found = tuple(sentence_features(passage, unit, rules, lineage))
        if marked:
            numbered = zip(unit.own_sentences, found, strict=False)
            found = tuple(
                one for number, one in numbered if unit.sentence(number).strip() in marked
            )
        yield passage, found


def lines(weights: Mapping[str, float], size: int) -> Iterable[str]:
    """Yield the lines of the file of weights."""
    by_weight: dict[int, list[str]] = {}
    for name, weight in weights.items():
        kept = name == "<start>" or name.startswith(("@r ", "@for "))
        if kept or abs(round(weight * 100)) >= SMALLEST:
            by_weight.setdefault(round(weight * 100), []).append(name)
    yield HEAD.format(size)
    for weight, names in sorted(by_weight.items()):
        for at in range(0, len(names), A_LINE):
            yield f"{weight}: {', '.join(names[at : at + A_LINE])}"


def main() -> None:
    """Write the file of weights."""
    root = builtin_root()
    found = texts(load_clinical_rules(Workspace(root, root)))
    (root / "content" / "rules" / "verdict.txt").write_text(
        "\n".join((*lines(learned(found), len(found)), "")), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
