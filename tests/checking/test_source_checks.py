"""Test the rules on numbers without a source, and on unused, undated and old sources."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from rule_examples import each_example
from texts_as_read import reader_texts_of
from tiny_handout import TINY

from teachback.checking.rule import EXAMPLE_DAY, Example
from teachback.checking.source_checks import (
    NUMBER,
    RULES,
    bibliography_problems,
    number_findings,
    source_problems,
)
from teachback.content.handout import sources_of
from teachback.content.loader import load_handout, read_handouts, validate_handout
from teachback.content.sources import Sources
from teachback.content.validation_errors import validated
from teachback.content.workspace_content import load_shared
from teachback.errors import Severity
from teachback.files.workspace import Workspace, handout_files
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.checking.rule import Rule
    from teachback.content.loader import LoadedHandouts

    Make = Callable[..., Workspace]

TODAY = dt.date(2026, 11, 22)


def found_by(rule: Rule, example: Example) -> set[str]:
    """Return the rules that find something in an example: a text, or an entry of the sources."""
    if rule is NUMBER:
        return {finding.rule for finding in number_findings([example.passage()])}
    file = read_yaml(example.text.encode(), "content/sources.yaml")
    problems = source_problems(
        validated(Sources, file), frozenset({"used"}), EXAMPLE_DAY, file.locate
    )
    return {problem.rule for problem in problems}


@each_example(RULES)
def test_each_rule_finds_its_bad_examples_and_passes_over_the_good_ones(
    rule: Rule,
    example: Example,
    bad: bool,  # noqa: FBT001 -- bad or good
) -> None:
    """A text, or an entry of the list of sources."""
    assert (rule.id in found_by(rule, example)) is bad


def test_a_number_needs_a_source_beside_it(workspace: Make) -> None:
    """A source on the item, the row or the block counts; values of placeholders need none."""
    clinic = workspace()

    def found(block: str) -> list[str]:
        handout = validate_handout(
            (TINY + block).encode(), handout_files(clinic)["tiny"], clinic, load_shared(clinic)
        ).handout
        reader_texts = reader_texts_of(
            handout,
            load_shared(clinic).audiences,
            {
                **dict.fromkeys(("clinic.name", "clinic.after_hours"), None),
                "clinic.phone": "5 cups",
            },
        )
        return [finding.words for finding in number_findings(reader_texts[0].passages)]

    assert found("      - text: About 1 in 4 people get cramps.\n") == ["1 in 4"]
    assert found("      - {text: About 1 in 4 people get cramps., sources: [dialmag]}\n") == []
    assert found("      - list: [Drink 8 cups., {text: Take 400 mg., sources: [dialmag]}]\n") == [
        "8 cups"
    ]
    assert found("      - text: Limit berries to 1/2 cup a day.\n") == ["1/2 cup"]
    assert found("      - text: Drink from an 8-ounce glass, or two 8-ounce glasses.\n") == []
    assert found("      - text: Call {clinic.phone} now.\n") == []
    assert found("      - text: Stage 3 CKD, type 2 diabetes and vitamin B12.\n") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The rate is between 23-90% here.", "23-90%"),
        ("Between 5% and 20% of people get it.", "5% and 20%"),
        ("It is 5.7 to 6.4 percent.", "5.7 to 6.4 percent"),
        ("In 2010 and later, 60% of people got it.", "60%"),
        ("In a third of the children it comes back.", "a third of the children"),
        ("Half of all adults get it.", "Half of all adults"),
        ("Half of people get it.", "Half of people"),
        ("A third of those with it get well. It is one of three types.", "A third of those"),
        ("It sits in one of 13 genes. One of 13 children has it.", "One of 13"),
        ("It sits in one of 13 genes. One in ten drugs is fake.", "One in ten"),
        ("Both parents have the gene. A 25% chance helps.", "25%"),
        ("Your gene was tested. There is a 25% chance that a child has it.", "25%"),
        ("It becomes one of three types of cells. One of three adults has it.", "One of three"),
        ("Nine out of 10 treatments work.", "Nine out of 10"),
        ("About 1 in 20 treatments causes a clot.", "1 in 20"),
        ("1 in 10 tests is wrong.", "1 in 10"),
        ("1 in 100 common tests misses cancer.", "1 in 100"),
        ("3 in 4 stages of this are fatal.", "3 in 4"),
        ("One of ten medicines causes a rash.", "One of ten"),
        ("One of three types of this is fatal.", "One of three"),
        (
            (
                "Smoking brings a 50% risk of asthma in your child if a parent smokes. "
                "Genes matter, too."
            ),
            "50%",
        ),
        ("The test has a 25% chance to harm the baby. It looks at genes of both parents.", "25%"),
        (
            (
                "There is a 75% chance that the operation heals the child. "
                "The gene came from a parent."
            ),
            "75%",
        ),
        ("There is a 25% chance that a child has it. Both parents have the gene.", "25%"),
    ],
)
def test_a_number_is_named_as_a_whole(text: str, words: str) -> None:
    """The author finds both ends of a range, and whom a share is of."""
    (found,) = number_findings([Example(text).passage()])
    assert found.words == words


def test_what_genes_decide_is_no_claim() -> None:
    """A gene from each parent makes it 1 in 4 by itself; which of 13 genes it is counts nobody."""
    for text in (
        "If both parents have the gene, there is a 25% chance that a child has it.",
        "If both parents have the gene, there is a 25% chance of a child having it.",
        "Girls have a 50% chance of inheriting the gene and giving it to their children.",
        "It becomes one of three types of cells.",
        "The disease sits in one of 13 genes.",
    ):
        assert list(number_findings([Example(text).passage()])) == []


def test_sources_are_unused_undated_or_old_at_their_own_line(workspace: Make) -> None:
    """Unused sources are a warning; missing years and old age are hints. Many are told in one."""
    sources = """\
used: {publisher: A, title: A, basis: seen}
old:
  publisher: A
  title: A
  year: 2011
  basis: seen
idle: {publisher: A, title: A, year: 1950, basis: seen}
"""
    handout = TINY.replace(
        "text: {general: For everyone here., ckd: For kidneys here.}",
        "{text: For all., sources: [used, old]}",
    )
    builtin_handout = TINY.replace("id: tiny", "id: leg-cramps")
    clinic = workspace(
        {
            "content/sources.yaml": sources,
            "content/handouts/tiny.yaml": handout,
            "content/handouts/leg-cramps.yaml": builtin_handout,
        }
    )
    reading = read_handouts(clinic, handout_files(clinic))
    assert not reading.problems
    problems = bibliography_problems(clinic, reading.shared, named_in(reading), TODAY)
    assert [(p.rule, p.severity, p.location.line if p.location else 0) for p in problems] == [
        ("source-unused", Severity.WARNING, 7),
        ("source-undated", Severity.HINT, 1),
        ("source-old", Severity.HINT, 5),
    ]
    file = read_yaml(
        "".join(f"s{n}: {{publisher: A, title: A, basis: seen}}\n" for n in range(9)).encode(),
        "sources.yaml",
    )
    nine = validated(Sources, file)
    (unused,) = source_problems(nine, frozenset(), TODAY, file.locate)
    names = ", ".join(f"s{number}" for number in range(9))
    assert unused.message == f"no handout uses these sources: {names}"
    (undated,) = source_problems(nine, frozenset(nine.root), TODAY, file.locate)
    assert undated.message == f"these sources have no year: {names}"


def named_in(reading: LoadedHandouts) -> set[str]:
    """Return the sources that the handouts name."""
    return {name for one in reading.authored.values() for _, name in sources_of(one.handout)}


def test_the_programs_own_list_of_sources_is_not_held_against_a_clinic(workspace: Make) -> None:
    """A clinic cannot fix the built-in list; the program's own workspace gets the problems."""
    clinic = workspace()
    reading = read_handouts(clinic, handout_files(clinic))
    problems = bibliography_problems(clinic, reading.shared, named_in(reading), TODAY)
    assert problems == ()
    own = Workspace(clinic.builtin, clinic.builtin)
    told = bibliography_problems(own, reading.shared, named_in(reading), TODAY)
    assert "source-old" in {problem.rule for problem in told}


def test_the_shipped_handout_names_a_source_for_its_numbers(builtin: Workspace) -> None:
    """Numbers without a source would be listed here, for the reviewer."""
    shared = load_shared(builtin)
    handout = load_handout(handout_files(builtin)["leg-cramps"], builtin, shared).handout
    reader_texts = reader_texts_of(handout, shared.audiences, shared.clinic.values())
    assert {
        finding.words for one in reader_texts for finding in number_findings(one.passages)
    } == set()
    assert len({name for _, name in sources_of(handout)}) > 10
    bare = {
        f.words
        for one in reader_texts
        for f in number_findings(p._replace(sources=()) for p in one.passages)
    }
    assert {"1 in 4"} <= bare
