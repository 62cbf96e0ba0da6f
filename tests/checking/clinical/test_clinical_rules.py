"""Test the clinical text rules: examples, sets of sentences, the built-in handout, bad files."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from safety_measure import LINEAGE, found_in, measure, pieces, read_set
from texts_as_read import check_text

from teachback.checking.clinical.clinical_rules import (
    TextRules,
    check_passages,
    clinical_findings,
    gap_findings,
)
from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.checking.rule import ReaderText
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.passages import Passage, ReaderContext, Role, passages
from teachback.errors import Severity, TeachbackError
from tools import learn_verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

RULES = sorted(
    path.stem for path in (Path(__file__).parents[3] / "content" / "rules").glob("*.yaml")
)


@pytest.fixture(scope="session")
def rules(builtin: Workspace) -> TextRules:
    """Return the rules that come with the program."""
    return load_clinical_rules(builtin)


@pytest.fixture(scope="session")
def reader_texts(builtin: Workspace) -> dict[str, ReaderText]:
    """Return the built-in handout as each of its readers gets it."""
    shared = load_shared(builtin)
    handout = load_handout(
        builtin.root / "content" / "handouts" / "leg-cramps.yaml", builtin, shared
    ).handout
    readers = {
        name: ReaderContext(shared.audiences.lineage(name), {"clinic.emergency": "911"})
        for name in handout.audiences
    }
    return {
        name: ReaderText(handout, reader, passages(handout, reader))
        for name, reader in readers.items()
    }


@pytest.mark.parametrize("name", RULES)
def test_a_rule_finds_its_bad_examples_and_passes_over_its_good_ones(
    name: str, rules: TextRules
) -> None:
    """`--explain` shows what a rule really does."""
    rule = next(rule for rule in rules.rules if rule.file.id == name)
    assert len(rule.rule.bad) >= 2
    assert len(rule.rule.good) >= 2
    for expected, examples in ((True, rule.rule.bad), (False, rule.rule.good)):
        for example in examples:
            found = {
                found.rule
                for found in check_passages((example.passage(),), rules, LINEAGE[example.audience])
            }
            assert (name in found) is expected, example


@pytest.mark.parametrize(
    ("name", "recall", "right"),
    [
        ("tuning", 0.97, 0.02),
        ("tuning-more", 0.9, 0.05),
        ("own", 0.97, 0.02),
        ("ours", 0.85, 0.03),
    ],
)
def test_unsafe_sentences_are_found_and_right_ones_left_alone(
    name: str,
    recall: float,
    right: float,
    rules: TextRules,
    record_property: Callable[[str, object], None],
) -> None:
    """Sentences that the rules were tuned on, and the weights learned from, keep their side."""
    measured = measure(read_set(name), rules)
    record_property("measured", f"clinical text rules, {name}: {measured}")
    assert measured.recall >= recall
    assert len(measured.flagged) <= right * measured.right


@pytest.mark.slow
def test_the_weights_were_learned_from_the_sentences_that_are_there(
    builtin: Workspace, rules: TextRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After adding a sentence, run `python tools/learn_verdict.py` again.

    The file says from how many texts it was learned. To count them, nothing is read in them.
    """
    monkeypatch.setattr(learn_verdict, "sentence_features", lambda *_: [{}] * 9)
    written = (
        (builtin.root / "content" / "rules" / "verdict.txt")
        .read_text(encoding="utf-8")
        .splitlines()[0]
    )
    assert written == learn_verdict.HEAD.format(len(learn_verdict.texts(rules)))


def test_words_are_learned_by_the_side_on_which_they_stood() -> None:
    """Words of unsafe texts lean to advice, words of right ones to warning, shared ones to none."""
    one, other = {"enjoy": 1.0, "the": 1.0}, {"avoid": 1.0, "the": 1.0}
    texts = [learn_verdict.Text((one,), unsafe=True), learn_verdict.Text((other,), unsafe=False)]
    weights = learn_verdict.learned(texts * 20)
    assert weights["enjoy"] > 0.3
    assert weights["avoid"] < -0.3
    assert abs(weights["the"]) < 0.1


def test_words_that_no_pattern_knows_are_weighed(rules: TextRules) -> None:
    """A text with unknown phrasing is a warning if its words lean to advice.

    Only for readers with CKD.
    """
    text = "You can put the measuring jug away: counting cups only makes people anxious."
    assert [(found.rule, found.severity) for found in check_text(text, rules)] == [
        ("ckd-leaning", Severity.WARNING)
    ]
    assert check_text(text, TextRules(rules.lexicon, rules.rules)) == ()
    assert check_text(text, rules, audience="general") == ()


def test_a_pattern_in_words_that_warn_is_no_finding(rules: TextRules) -> None:
    """If all other words warn, a matching pattern alone tells nothing."""
    text = (
        "Spinach shrinks when it cooks, so half a cup of cooked spinach holds far more potassium "
        "than half a cup of raw leaves."
    )
    assert check_text(text, rules) == ()
    assert {found.rule for found in check_text(text, TextRules(rules.lexicon, rules.rules))} == {
        "ckd-potassium-food"
    }


def test_an_unsafe_sentence_is_found_among_right_ones(rules: TextRules) -> None:
    """Each sentence is weighed by itself: a warning before it does not excuse it."""
    found = check_text("Avoid NSAIDs. Take ibuprofen for pain.", rules)
    assert [(finding.rule, finding.severity) for finding in found] == [("nsaid", Severity.ERROR)]


def test_a_finding_says_which_words_decided(rules: TextRules) -> None:
    """The message quotes the words that weigh most and the name that they are about."""
    (banana,) = check_text("Have one banana each day.", rules)
    assert banana.message.endswith("recommend 'banana')") or banana.message.endswith(
        "recommends 'banana')"
    )
    (pill,) = check_text("Skip your water pill if you feel dizzy.", rules)
    assert pill.message.endswith("('Skip' is said of 'water pill')")


def test_a_name_does_not_recommend_itself(rules: TextRules) -> None:
    """The words that decided are others than those of the names."""
    (plan,) = check_text("Try the DASH eating plan.", rules)
    assert plan.message.endswith("('Try' recommends 'dash eating plan')")
    (group,) = check_text("Eat more fruit and vegetables.", rules)
    assert "vegetables" not in group.message.partition("vegetables.")[2]


@pytest.mark.parametrize("question", ["Can I eat tomatoes?", "Are tomatoes safe for me?"])
def test_a_yes_below_a_question_is_advice(question: str, rules: TextRules) -> None:
    """A heading that asks is read together with the answer below it."""
    path = ("sections", 0, "blocks", 0, "text")
    for answer, unsafe in (("Yes, as many as you like.", True), ("No, not often.", False)):
        passage = Passage(answer, answer, path, Role.PARAGRAPH, "ckd", "s/0", heading=question)
        assert bool(check_passages((passage,), rules, ("ckd",))) is unsafe


@pytest.mark.parametrize("item", read_set("source"), ids=lambda item: item["id"])
def test_each_unsafe_statement_of_the_source_is_found_for_ckd(
    item: dict[str, Any], rules: TextRules
) -> None:
    """The source document, typed in word for word, does not pass for a reader with CKD."""
    assert found_in(item, rules)


def test_the_shipped_handout_has_no_errors(
    reader_texts: dict[str, ReaderText], rules: TextRules
) -> None:
    """No edition has an error or a gap: the rules must leave this text alone."""
    assert set(reader_texts) == {"general", "ckd", "dialysis"}
    errors = [
        found
        for edition in reader_texts.values()
        for found in clinical_findings(edition, rules)
        if found.severity is Severity.ERROR
    ]
    assert errors == []
    assert list(gap_findings(reader_texts, rules)) == []


def test_the_general_text_is_unsafe_for_ckd(
    reader_texts: dict[str, ReaderText], rules: TextRules
) -> None:
    """For a reader with CKD, the general edition has errors, so the rules do work on this text."""
    general = reader_texts["general"]
    found = {
        found.rule
        for found in clinical_findings(
            ReaderText(
                general.handout, ReaderContext(("ckd",), general.reader.values), general.passages
            ),
            rules,
        )
    }
    assert {"ckd-fluid", "ckd-food-group"} <= found


def test_the_rules_are_quick(reader_texts: dict[str, ReaderText], rules: TextRules) -> None:
    """All editions take about 50 ms; ten times that would be a different algorithm."""
    start = time.process_time()
    for edition in reader_texts.values():
        list(clinical_findings(edition, rules))
    assert time.process_time() - start < 0.5


def _general(text: str, path: tuple[Any, ...] = ("sections", 0, "blocks", 0, "text")) -> ReaderText:
    return ReaderText(
        None,
        ReaderContext(("general",), {}),
        (Passage(text, text, path, Role.PARAGRAPH, "general", block="s/0"),),
    )


def test_advice_to_all_with_no_text_for_ckd_is_a_gap(rules: TextRules) -> None:
    """General advice to take an NSAID is a gap if the CKD text is missing or the same."""
    general = _general("Take ibuprofen for the soreness.")
    same = ReaderText(None, ReaderContext(("ckd",), {}), general.passages)
    other = ReaderText(
        None, same.reader, (same.passages[0]._replace(text="Do not take ibuprofen."),)
    )
    assert [found.rule for found in gap_findings({"general": general}, rules)] == ["general-gap"]
    assert [found.rule for found in gap_findings({"general": general, "ckd": same}, rules)] == [
        "general-gap"
    ]
    assert list(gap_findings({"general": general, "ckd": other}, rules)) == []
    dialysis = ReaderText(None, ReaderContext(("dialysis", "ckd"), {}), other.passages)
    for both in ({"ckd": same, "dialysis": dialysis}, {"dialysis": dialysis, "ckd": same}):
        found = gap_findings({"general": general, **both}, rules)
        assert [finding.rule for finding in found] == ["general-gap"]
    assert list(gap_findings({"general": _general("Stretch before bed.")}, rules)) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Don't forget to eat a banana each day.", "ckd-potassium-food"),
        ("You do not have to give up your baked potato.", "ckd-potassium-food"),
        ("Can I eat bananas? Sure.", "ckd-potassium-food"),
        ("Avoid salt and eat more avocados.", "ckd-potassium-food"),
        ("Eat more fruit, e.g. bananas.", "ckd-potassium-food"),
        ("Fry it in oil with avacados.", "ckd-potassium-food"),
        ("Take Aleve, and call your doctor if the pain lasts.", "nsaid"),
        ("Ask your pharmacist for a bottle of ibuprofen.", "nsaid"),
    ],
)
def test_what_hides_a_recommendation_is_seen_through(
    text: str, rule: str, rules: TextRules
) -> None:
    """Double negation, answers, second clauses and misspellings still recommend.

    So do requests to the care team for the thing, and a call afterwards: neither is asking first.
    """
    assert rule in {found.rule for found in check_text(text, rules)}


def test_items_below_a_lead_of_facts_are_facts(rules: TextRules) -> None:
    """What triggers a headache is no advice to eat it."""
    assert found_in({"text": "bananas", "kind": "item", "lead": "Choose:"}, rules)
    for lead in ("Triggers include:", "Some examples include the following:"):
        assert not found_in({"text": "bananas", "kind": "item", "lead": lead}, rules), lead


def test_only_the_following_is_an_order(rules: TextRules) -> None:
    """Words such as "only the following" name what to take; "only the amount" keeps to a limit."""
    order = {"text": "Mashed potatoes", "kind": "item", "lead": "Eat only the following foods:"}
    assert found_in(order, rules)
    assert not found_in({"text": "Drink only the amount that we set for you."}, rules)


def test_to_clear_something_with_the_care_team_is_to_ask_first(rules: TextRules) -> None:
    """Clear liquids are none of that."""
    for text in (
        "Clear any new supplement with your doctor first.",
        "Clear all pills with us before you take ibuprofen.",
    ):
        assert not found_in({"text": text}, rules), text
    order = {"text": "For the first day, drink clear soup with salt substitute before bed."}
    assert found_in(order, rules)


@pytest.mark.parametrize(
    "text",
    [
        "It is a mistake to think that bananas help cramps.",
        "Can I eat bananas? No.",
        "Instead of orange juice, drink apple juice.",
        "Nuts and bolts hold the chair together.",
        "Ask us before you take ibuprofen.",
        "Limit fruit with a lot of potassium, e.g. oranges and bananas.",
        "Drink plenty of water unless you have a fluid limit.",
        "Potatoes and tomatoes are high in potassium.",
        "Avoid eating oranges, as they cause problems.",
        "You need to avoid eating oranges.",
        "Myth: salt substitutes are safe for everyone. Fact: they hold potassium.",
    ],
)
def test_a_warning_a_fact_or_a_namesake_is_passed_over(text: str, rules: TextRules) -> None:
    """Distant negation, an answer, a swap, a lookalike phrase, ask first, a fact, a myth."""
    assert check_text(text, rules) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Advil and Aleve help with pain. They are not safe for your kidneys.",
        "Ibuprofen helps many people with pain. You should not take it.",
        "Ibuprofen is good for pain, but it is bad for kidneys.",
        "Milk of magnesia works well for most people. Do not use it.",
        "Licorice tastes good. It can raise your blood pressure.",
    ],
)
def test_praise_that_the_next_sentence_takes_back_stops_no_print(
    text: str, rules: TextRules
) -> None:
    """What is said of "it" and "them" counts for the name before."""
    assert Severity.ERROR not in {found.severity for found in check_text(text, rules)}


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("Bananas are sweet. Enjoy them every day.", "ckd"),
        ("Can I use Aleve? A few days of it will not hurt you.", "ckd"),
        ("Is star fruit safe? A slice of it will do no harm.", "ckd"),
        (
            "Your water pill makes you pee a lot. You can leave it out on days when you travel.",
            "ckd",
        ),
        ("Red wine has antioxidants. A glass of it each day is good for your heart.", "general"),
        ("Salt substitutes are made of potassium. They are safe for all people.", "general"),
    ],
)
def test_advice_that_follows_the_sentence_with_the_name_is_told(
    text: str, audience: str, rules: TextRules
) -> None:
    """For readers whose texts are scored, and for all others, where a rule decides alone."""
    assert check_text(text, rules, audience=audience) != ()


@pytest.mark.parametrize(
    ("myth", "answer"),
    [
        ("You must not stop your blood thinner.", "You may. Nothing will happen."),
        ("You cannot stop your pills when you feel well.", "You can. They are not needed."),
        ("Detox teas do not work.", "They do. Use them."),
    ],
)
def test_an_answer_that_repeats_the_verb_of_a_myth_contradicts_it(
    myth: str, answer: str, rules: TextRules
) -> None:
    """Below "You must not stop", "you may" tells the reader to stop."""
    read = pieces({"kind": "myth", "text": myth, "answer": answer, "audience": "general"})
    assert check_passages(read, rules, ("general",)) != ()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Skip dialysis on days when you exercise.", "ckd-cut-dialysis"),
        ("While you wait for a transplant, you can skip a treatment.", "ckd-cut-dialysis"),
        ("Wrap a tight dressing around your fistula arm.", "ckd-access"),
        (
            "After the needles are removed, you can carry heavy bags with your access arm.",
            "ckd-access",
        ),
        ("Take up to 400 mg of magnesium.", "dose-amount"),
        ("Take no more than 20 mEq of potassium a day.", "dose-amount"),
        ("Skip your phosphate binders at lunch.", "stop-medicine"),
        ("Stop your cholesterol pills for a week.", "stop-medicine"),
        ("If you pass out in the shower, rest for a day.", "sign-without-help"),
        ("Drink lukewarm water all day long.", "ckd-fluid"),
    ],
)
def test_an_exception_of_a_rule_hides_no_danger(text: str, rule: str, rules: TextRules) -> None:
    """Words that make one sentence right, such as "transplant", excuse no other sentence."""
    plain = TextRules(rules.lexicon, rules.rules)
    assert rule in {found.rule for found in check_text(text, plain)}
    assert check_text(text, rules)


def test_what_cannot_be_decided_is_a_warning(rules: TextRules) -> None:
    """A name of a dangerous class with no verdict either way is not silently ignored."""
    found = check_text("Bananas at the fair.", rules)
    assert [(finding.rule, finding.severity) for finding in found] == [
        ("ckd-potassium-food", Severity.WARNING)
    ]


def test_a_clinic_adds_and_replaces_rules(workspace: Callable[..., Workspace]) -> None:
    """Its rule files are added; one with the file name of a built-in rule replaces it."""
    rule = """
id: grapefruit
title: Grapefruit is advised
audience: [general, ckd]
severity: error
about: [grapefruit]
message: This advises grapefruit
hint: Say "ask your pharmacist".
why: It changes how medicines work.
sources: [common-clinical]
bad: [Eat a grapefruit each day., Grapefruit is good for you.]
good: [Avoid grapefruit., Ask your pharmacist about grapefruit before you eat it.]
"""
    names = (
        "classes: {grapefruit: {about: grapefruit, groups: [{source: common-clinical, names: "
        "[grapefruit]}]}}\n"
    )
    rules = load_clinical_rules(
        workspace({"content/rules/nsaid.yaml": rule, "content/rules/data/ours.yaml": names})
    )
    assert [found.rule for found in check_text("Eat a grapefruit and take ibuprofen.", rules)] == [
        "grapefruit"
    ]


def test_mistakes_in_rule_files_are_told_with_their_places(
    workspace: Callable[..., Workspace],
) -> None:
    """An unknown class, a malformed pattern and a wrong spelling are reported with lines."""
    rule = (
        "id: ours\ntitle: t\naudience: [ckd]\nseverity: error\nabout: [nsaids]\nmessage: "
        "m\nhint: h\nwhy: w\nsources: [s]\nbad: [a, b]\ngood: [c, d]\n"
    )
    files = {
        "content/rules/ours.yaml": rule,
        "content/rules/pattern.yaml": rule.replace("id: ours", "id: pattern").replace(
            "nsaids]", "nsaid]\ndoing: ['(']"
        ),
        "content/rules/data/ours.yaml": (
            "classes: {fruit: {about: a, groups: [{source: s, names: [pomelo]}]}}\n"
            "misspelt: {pomello: pomela}\n"
        ),
    }
    with pytest.raises(TeachbackError) as caught:
        load_clinical_rules(workspace(files))
    told = [
        (Path(problem.location.file).name, problem.location.line)
        for problem in caught.value.problems
        if problem.location
    ]
    assert sorted(told) == [("ours.yaml", 2), ("ours.yaml", 5), ("pattern.yaml", 6)]


OWN_RULE = """\
id: ours
title: t
audience: [ckd]
severity: %s
about: [nsaid]
message: m
hint: h
why: w
sources: [s]
bad: [a, b]
good: [c, d]
"""


@pytest.mark.parametrize("severity", ["{}", "{general: error}"])
def test_a_rule_without_a_severity_for_its_audience_is_told(
    severity: str, workspace: Callable[..., Workspace]
) -> None:
    """It would look at no text, and could not even check its examples."""
    with pytest.raises(TeachbackError) as caught:
        load_clinical_rules(workspace({"content/rules/ours.yaml": OWN_RULE % severity}))
    assert [problem.location.line for problem in caught.value.problems if problem.location] == [4]


@pytest.mark.parametrize("audience", ["audiences: [ckd]", "audience: []", "audience: null"])
def test_a_wrong_audience_is_told_whatever_the_severity(
    audience: str, workspace: Callable[..., Workspace]
) -> None:
    """A severity by audience has nobody to be for, which is no problem of its own."""
    rule = (OWN_RULE % "{ckd: error}").replace("audience: [ckd]", audience)
    with pytest.raises(TeachbackError) as caught:
        load_clinical_rules(workspace({"content/rules/ours.yaml": rule}))
    assert "audience" in str(caught.value)


@pytest.mark.parametrize(("name", "phrase"), [("大黄", "b"), ("'='", "b"), ("a", "大黄")])
def test_a_name_that_no_text_can_have_is_told(
    name: str, phrase: str, workspace: Callable[..., Workspace]
) -> None:
    """Texts are searched for Latin letters and digits."""
    classes = (
        f"classes: {{fruit: {{about: a, groups: [{{source: s, names: [{name}]}}]}}}}\n"
        f"pass_over: [{phrase}]\n"
    )
    with pytest.raises(TeachbackError) as caught:
        load_clinical_rules(workspace({"content/rules/data/ours.yaml": classes}))
    (problem,) = caught.value.problems
    assert "no text can be searched for" in problem.message
    assert problem.hint


def test_every_pattern_of_our_rules_can_be_compiled(rules: TextRules) -> None:
    """They are compiled on first use; a clinic's own patterns are compiled when they are loaded."""
    found = [
        re.compile(pattern)
        for rule in rules.rules
        for pattern in (rule.doing, rule.unless, rule.beside)
        if pattern
    ]
    assert len(found) > len(rules.rules) / 2


def test_patterns_that_cannot_stand_together_are_told(workspace: Callable[..., Workspace]) -> None:
    """Two patterns of a rule with the same group name cannot be joined."""
    rule = (
        "id: ours\ntitle: t\naudience: [ckd]\nseverity: error\nabout: [nsaid]\ndoing: "
        "['(?P<a>stop)', '(?P<{}>quit)']\n"
        "message: m\nhint: h\nwhy: w\nsources: [s]\nbad: [a, b]\ngood: [c, d]\n"
    )
    assert load_clinical_rules(workspace({"content/rules/ours.yaml": rule.format("b")})).rules
    with pytest.raises(TeachbackError) as caught:
        load_clinical_rules(workspace({"content/rules/ours.yaml": rule.format("a")}))
    assert [problem.location.line for problem in caught.value.problems if problem.location] == [6]


def test_a_file_of_weights_that_cannot_be_read_is_told_with_its_line(
    workspace: Callable[..., Workspace],
) -> None:
    """A clinic's own file of weights replaces the built-in one, and its errors are reported."""
    with pytest.raises(TeachbackError) as caught:
        load_clinical_rules(
            workspace({"content/rules/verdict.txt": "# ours\n12: enjoy\nenjoy a lot\n"})
        )
    assert [problem.location.line for problem in caught.value.problems if problem.location] == [3]
    assert load_clinical_rules(
        workspace({"content/rules/verdict.txt": "12: enjoy, fine\n"})
    ).model.weights == {
        "enjoy": 0.12,
        "fine": 0.12,
    }
