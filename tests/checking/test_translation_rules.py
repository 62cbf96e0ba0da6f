"""What must be the same in each language is compared without knowing the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION

from teachback.checking.all_rules import load_all_rules
from teachback.checking.blocking_rules import PrintGate
from teachback.checking.checker import check, check_handout
from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.checking.glossary import Glossary, GlossaryFile, load_glossary
from teachback.checking.plain_language.reading_grade import graded
from teachback.checking.translation_rules import RULES, text_differences
from teachback.content.loader import load_handout, read_handouts
from teachback.content.workspace_content import load_shared
from teachback.errors import Severity
from teachback.files.workspace import Workspace, builtin_root, handout_files

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from teachback.checking.rule import Example, Rule

    Make = Callable[..., Workspace]

BUILTIN = Workspace(builtin_root(), builtin_root())
EXAMPLES = [(rule, example, True) for rule in RULES for example in rule.bad]
EXAMPLES += [(rule, example, False) for rule in RULES for example in rule.good]


def rules_of(english: str, words: str, glossary: Glossary | None = None) -> set[tuple[str, str]]:
    """Return the rules that find something between a text and its Spanish, with their severity."""
    lexicon = load_clinical_rules(BUILTIN).lexicon
    spanish = glossary or load_glossary(BUILTIN, "es")
    return {
        (rule.id, str(rule.severity))
        for rule, *_ in text_differences(english, words, lexicon, spanish)
    }


@pytest.mark.parametrize(("rule", "example", "found"), EXAMPLES)
def test_each_rule_does_what_its_examples_say(rule: Rule, example: Example, *, found: bool) -> None:
    """The bad ones are found; in the good ones, no rule finds anything."""
    rules = {name for name, _ in rules_of(example.text, example.other)}
    assert (rule.id in rules) == found
    assert found or rules == set()


@pytest.mark.parametrize(
    ("english", "words", "rules"),
    [
        ("Rest for 3 days.", "Descanse ٣ días.", set()),
        ("Rest for 3 days or 2 weeks.", "Descanse 2 días o 3 semanas.", {"translation-unit"}),
        ("Take five pills.", "Tome 6 pastillas.", {"translation-number"}),
        ("Drink 8 glasses.", "Tome ocho vasos.", set()),
        ("No more than 1,500 mg", "No más de 1 500 mg", {"translation-number"}),
        ("No more than 1,500 mg", "No más de 1\u202f500 mg", set()),
        ("A fever of 100.4 °F", "Fiebre de 100,4 °F", set()),
        ("A fever of 100.4 °F", "Fiebre de 100.4 °C", {"translation-unit"}),
        ("Take Advil.", "Tome Advil.", set()),
        ("Milk of magnesia has magnesium.", "La leche de magnesia tiene magnesio.", set()),
        ("Take milk of magnesia.", "Tome magnesio.", {"translation-name"}),
        ("Rest.", "Tome insulina.", {"translation-name"}),
        ("Your potassium number", "Your potassium number", {"translation-english"}),
    ],
)
def test_what_counts_as_the_same(english: str, words: str, rules: set[str]) -> None:
    """Digits of any script, decimal commas, groups and number words are read; the rest must fit."""
    assert {name for name, _ in rules_of(english, words)} == rules


def test_a_language_without_a_glossary_is_compared_by_what_needs_no_words() -> None:
    """A name that is perhaps there in other words is a warning; a number is an error."""
    none = Glossary(GlossaryFile(), load_glossary(BUILTIN, "es").medicines)
    found = rules_of("Take ibuprofen for 3 days.", "Prenez de l'ibuprofène 2 jours.", none)
    assert found == {("translation-number", "error"), ("translation-name", "warning")}


def test_the_words_of_a_language_may_be_in_capitals_and_hold_marks() -> None:
    """German nouns are, and so may be a name; a unit such as `tablet(s)` is no pattern."""
    words = {
        "numbers": {"2": ["Zwei"]},
        "units": {"Cup": ["Tasse"], "tablet(s)": ["Tablette"], "pack(": ["Packung"]},
        "names": {"Ibuprofen": ["Ibuprof"]},
    }
    glossary = Glossary(GlossaryFile.model_validate(words), load_glossary(BUILTIN, "es").medicines)
    assert rules_of("Drink 2 cups.", "2 Tassen trinken.", glossary) == set()
    assert rules_of("Drink two Cups.", "Zwei Tassen trinken.", glossary) == set()
    assert rules_of("Drink 2 Cups.", "2 Tage.", glossary) == {("translation-unit", "error")}
    assert rules_of("Count 2 tablet(s).", "2 Tage.", glossary) >= {("translation-unit", "error")}
    assert rules_of("No ibuprofen.", "Kein Aspirin.", glossary) == {("translation-name", "error")}


def test_two_keys_that_differ_only_in_capitals_are_refused() -> None:
    """One would replace the other in silence."""
    with pytest.raises(ValidationError, match="'glass' is here twice"):
        GlossaryFile.model_validate({"units": {"Glass": ["Vaso"], "glass": ["Copa"]}})


def test_a_difference_stops_the_print_at_its_place(workspace: Make) -> None:
    """The place is the text in the translation."""
    wrong = SPANISH_TINY.replace("es: Dolor de pecho", "es: Dolor de pecho por 5 días")
    clinic = workspace({TRANSLATION: wrong})
    shared = load_shared(clinic)
    authored = load_handout(handout_files(clinic)["tiny.es"], clinic, shared)
    [problem] = [
        one
        for one in PrintGate(clinic, shared).problems(authored)
        if one.severity is Severity.ERROR
    ]
    assert (problem.rule, problem.message) == (
        "translation-number",
        "the translation says 5, and the English does not",
    )
    assert str(problem.location).endswith("content/translations/es/tiny.yaml:9:36")


def test_a_number_to_call_is_found_in_any_language(workspace: Make) -> None:
    """The rule on numbers typed into a text reads the translation itself."""
    wrong = SPANISH_TINY.replace("es: Un mensaje.", "es: Llame al 911.")
    clinic = workspace({TRANSLATION: wrong})
    shared = load_shared(clinic)
    authored = load_handout(handout_files(clinic)["tiny.es"], clinic, shared)
    found = {one.rule for one in PrintGate(clinic, shared).problems(authored)}
    assert "typed-number" in found


def test_somebody_can_accept_a_difference_in_the_translation(
    workspace: Make, today: dt.date
) -> None:
    """With the words and a name, as in a handout; an acceptance of nothing is told."""
    wrong = SPANISH_TINY.replace("es: Dolor de pecho", "es: Dolor de pecho por 5 días")
    accept = (
        "accept: [{rule: translation-number, words: %s, reason: It was agreed on., by: A. N.}]\n"
    )
    for words, rules in (
        ("por 5 días", set()),
        ("por 6 días", {"translation-number", "accept-idle"}),
    ):
        clinic = workspace({TRANSLATION: wrong + accept % words})
        [checked] = check(("tiny.es",), (), clinic, today).handouts
        told = {problem.rule for problem in checked.problems}
        assert told & {"translation-number", "accept-idle"} == rules


def test_check_says_which_text_the_rules_read(workspace: Make, today: dt.date) -> None:
    """They read the English, and the sheet to sign shows the Spanish."""
    clinic = workspace({TRANSLATION: SPANISH_TINY})
    [checked] = check(("tiny.es",), (), clinic, today).handouts
    assert any(
        "read the English that this was translated from" in p.message for p in checked.problems
    )
    texts = [passage.text for passage in checked.reader_texts["ckd"].passages]
    assert "Para los riñones aquí." in texts


def test_one_translation_is_checked_as_in_a_run(workspace: Make, today: dt.date) -> None:
    """Its findings are those of `check`; an English grade is not given."""
    english = TINY.replace("For kidneys here.", "Take ibuprofen for pain.")
    spanish = SPANISH_TINY.replace("For kidneys here.", "Take ibuprofen for pain.")
    spanish = spanish.replace("Para los riñones aquí.", "Tome ibuprofeno para el dolor.")
    clinic = workspace({"content/handouts/tiny.yaml": english, TRANSLATION: spanish})
    reading = read_handouts(clinic, handout_files(clinic))
    authored = reading.authored["tiny.es"]
    rules = load_all_rules(clinic)
    checked = check_handout("tiny.es", authored, reading.shared, rules, (), today)
    assert "nsaid" in {problem.rule for problem in checked.problems}
    assert "language-unknown" not in {problem.rule for problem in checked.problems}
    whole = graded(checked.reader_texts["ckd"], rules.vocabulary)[0]
    assert whole.by("Flesch-Kincaid").grade is None
