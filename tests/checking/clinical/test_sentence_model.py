"""Test the extra `verdict`: same scores everywhere, plain orders stopped, its measured figures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from safety_measure import PLAIN_ORDERS, found_in, is_aside, read_set
from texts_as_read import check_text

from teachback.checking.blocking_rules import load_guard
from teachback.checking.clinical import rule_loader
from teachback.checking.clinical.clinical_rules import TextRules
from teachback.checking.clinical.sentence_model import SentenceModel
from teachback.errors import Severity, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

TEXTS = (
    "Eat a banana before bed.",
    "Ask your kidney team before you take ibuprofen.",
    "Avoid star fruit. It can harm people with kidney disease. Eat an apple instead.",
)


def with_extra(workspace: Workspace) -> TextRules:
    """Return the built-in rules with a sentence model that has scored nothing yet."""
    plain = rule_loader.load_clinical_rules(workspace)
    folder = workspace.builtin / "content" / "rules"
    model = SentenceModel(folder / "verdict.onnx", folder / "verdict-vocabulary.txt")
    return TextRules(plain.lexicon, plain.rules, plain.model, model)


@pytest.fixture(scope="module")
def rules(builtin: Workspace) -> TextRules:
    """Return the built-in rules with the extra."""
    return with_extra(builtin)


def scores(rules: TextRules) -> dict[tuple[str, str], float]:
    """Return the scores that a model has kept."""
    assert rules.sentences is not None
    return dict(rules.sentences._scores)  # noqa: SLF001 -- they have no other outlet


def test_a_sentence_scores_the_same_in_any_order(builtin: Workspace) -> None:
    """Neither the order of sentences nor a second model changes a score."""
    one, other = with_extra(builtin), with_extra(builtin)
    for text in TEXTS:
        check_text(text, one)
    for text in reversed(TEXTS):
        check_text(text, other)
        check_text(text, other)
    assert len(scores(one)) >= len(TEXTS)
    assert scores(one) == scores(other)


def test_an_order_scores_above_a_warning(rules: TextRules) -> None:
    """The score of a sentence rises with the harm that it does."""
    for text in ("Eat plenty of bananas.", "Do not eat bananas."):
        check_text(text, rules)
    by_text = {text: score for (_, text), score in scores(rules).items()}
    assert by_text["eat plenty of bananas."] > 1
    assert by_text["do not eat bananas."] < -1


def test_a_text_that_the_weights_call_harmless_loads_no_model(builtin: Workspace) -> None:
    """A sentence without a name is scored only if its words are not plainly harmless."""
    fresh = with_extra(builtin)
    check_text("The clinic opens at eight.", fresh)
    assert scores(fresh) == {}
    assert "_session" not in vars(fresh.sentences)
    check_text("A lump that throbs can wait until your next visit.", fresh)
    assert len(scores(fresh)) == 1


def test_a_sentence_without_a_name_is_scored_without_those_beside_it(rules: TextRules) -> None:
    """So a danger is told, and a harmless sentence beside it is not."""
    danger = "You can safely ignore a buzzing that has gone away."
    text = f"Parking is free for patients. {danger} Thank you for reading this."
    assert [found.words for found in check_text(text, rules)] == [danger]


@pytest.mark.parametrize("text", PLAIN_ORDERS)
def test_a_plain_dangerous_order_stops_the_print_with_the_extra_too(
    text: str, rules: TextRules
) -> None:
    """What every renal nurse would strike out stays an error."""
    assert Severity.ERROR in {found.severity for found in check_text(text, rules)}


@pytest.mark.slow
def test_sentences_set_aside_keep_their_figures_with_the_extra(
    rules: TextRules, record_property: Callable[[str, object], None]
) -> None:
    """Of the sentences of two sets that were kept from the learning, these shares are told."""
    hit: dict[bool, list[set[Severity]]] = {True: [], False: []}
    for name in ("corpus-y", "corpus-z"):
        for item in read_set(name):
            if is_aside(name, item):
                levels = {one.severity for one in found_in(item, rules)} - {Severity.HINT}
                hit[item["unsafe"]].append(levels)
    unsafe, right = len(hit[True]), len(hit[False])
    found, flagged = sum(map(bool, hit[True])), sum(map(bool, hit[False]))
    refused = sum(Severity.ERROR in levels for levels in hit[False])
    record_property(
        "measured",
        f"with the extra: found {found} of {unsafe}, flagged {flagged} and refused {refused} of "
        f"{right}",
    )
    assert found >= 0.9 * unsafe > 0
    assert flagged <= 0.08 * right
    assert refused <= 0.01 * right


def test_a_clinic_asks_for_the_extra_in_its_checks(
    workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each machine of a workspace gives the same verdict, or says what it lacks."""
    assert load_guard(workspace({"content/checks.yaml": "off: []\n"})).text.sentences is None
    asks = workspace({"content/checks.yaml": "verdict: model\n"})
    assert load_guard(asks).text.sentences is not None
    monkeypatch.setattr(rule_loader, "is_installed", lambda: False)
    with pytest.raises(TeachbackError) as raised:
        load_guard(asks)
    (problem,) = raised.value.problems
    assert problem.message == "the extra `verdict` is not installed here"
    assert str(problem.location).endswith("checks.yaml:1:10")


def test_a_library_that_does_not_start_is_a_problem_with_its_remedy(
    builtin: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the extra, and no traceback is shown."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(TeachbackError) as raised:
        check_text("Eat a banana before bed.", with_extra(builtin))
    (problem,) = raised.value.problems
    assert problem.message.startswith("the extra `verdict` does not start: ")
    assert "`verdict: weights`" in problem.hint


def test_a_broken_model_is_a_problem(builtin: Workspace, tmp_path: Path) -> None:
    """A file that is no model is named."""
    (tmp_path / "verdict.onnx").write_bytes(b"not a model")
    plain = with_extra(builtin)
    words = builtin.builtin / "content" / "rules" / "verdict-vocabulary.txt"
    model = SentenceModel(tmp_path / "verdict.onnx", words)
    with pytest.raises(TeachbackError) as raised:
        check_text("Eat a banana.", TextRules(plain.lexicon, plain.rules, plain.model, model))
    assert str(raised.value.problems[0].location).startswith(f"{tmp_path}")
