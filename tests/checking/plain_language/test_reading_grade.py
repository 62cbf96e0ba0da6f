"""Test sentences as the document structures them, and grades against texts counted by hand."""

from __future__ import annotations

from math import sqrt

import pytest

from teachback.checking.plain_language.reading_grade import (
    UNSET_MARGIN,
    Counts,
    body,
    count,
    flesch_kincaid,
    forcast,
    grade_findings,
    graded,
    smog,
    target_of,
)
from teachback.checking.plain_language.sentence_splitter import (
    is_action,
    sentences_of,
    split_sentences,
    words_of,
)
from teachback.checking.plain_language.word_lists import builtin_vocabulary
from teachback.checking.rule import Example, ReaderText
from teachback.content.audiences import Audiences
from teachback.content.handout import Handout
from teachback.editions.passages import Passage, ReaderContext, Role, passages


def reader_text(
    *texts: tuple[Role, str] | str, lead: str = "", language: str = "en", kind: str = "list"
) -> ReaderText:
    """Return an edition of passages in one block, each given by role and text.

    A text alone is a paragraph.
    """
    made = [(Role.PARAGRAPH, text) if isinstance(text, str) else text for text in texts]
    pieces = tuple(
        Passage(
            text,
            text,
            ("sections", 0, "blocks", number, "text"),
            role,
            "ckd",
            "s/0",
            kind,
            "s",
            "Heading",
            lead if role is Role.ITEM else "",
        )
        for number, (role, text) in enumerate(made)
    )
    return ReaderText(None, ReaderContext(("ckd",), {}), pieces, language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call Dr. Smith. He will help.", ["Call Dr. Smith.", "He will help."]),
        ("Take 2.5 mg. Call us.", ["Take 2.5 mg.", "Call us."]),
        ("Come at 8 a.m. on Monday. Bring pills.", ["Come at 8 a.m. on Monday.", "Bring pills."]),
        ("We open at 8 a.m. Call us then.", ["We open at 8 a.m.", "Call us then."]),
        ("Come at 8 a.m. Monday.", ["Come at 8 a.m. Monday."]),
        ("Eat fruit, e.g. Apples or pears.", ["Eat fruit, e.g. Apples or pears."]),
        ("1. Stretch. 2. Rest.", ["1. Stretch.", "2. Rest."]),
        ("Is it bad? No. Ask us.", ["Is it bad?", "No.", "Ask us."]),
        ("See No. 5 on the list.", ["See No. 5 on the list."]),
        ("Ask J. Doe for help!", ["Ask J. Doe for help!"]),
        ("It is hepatitis A, B or C. Rest.", ["It is hepatitis A, B or C.", "Rest."]),
        ("Take vitamin D. Ask J. Doe.", ["Take vitamin D.", "Ask J. Doe."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("Many things help: rest; heat; a walk", ["Many things help: rest; heat; a walk"]),
    ],
)
def test_full_stops_that_end_no_sentence(text: str, expected: list[str]) -> None:
    """Titles, times, decimals, initials, abbreviations and list numbers do not end a sentence."""
    assert list(split_sentences(text)) == expected


def test_words() -> None:
    """A hyphenated word, a contraction, a decimal and a phone number are one word each.

    A write-in line is none.
    """
    assert words_of("Don't take cola-colored 2.5 mg ____ at 555-123-4567.") == (
        "Don't",
        "take",
        "cola-colored",
        "2.5",
        "mg",
        "at",
        "555-123-4567",
    )


def test_an_item_counts_with_its_lead_in() -> None:
    """`Call us if` with two items makes two sentences, and the lead-in is not a third one."""
    found = sentences_of(
        reader_text(
            (Role.LEAD, "Call us if you have:"),
            (Role.ITEM, "a fever"),
            (Role.ITEM, "a bad cough"),
            lead="Call us if you have:",
        ).passages
    )
    assert [(s.text, s.whole) for s in found] == [
        ("Call us if you have:", False),
        ("Call us if you have: a fever", True),
        ("Call us if you have: a bad cough", True),
    ]


def test_a_lead_in_that_is_a_sentence_stands_alone() -> None:
    """A lead-in with its own full stop is a sentence; its items are not joined to it."""
    found = sentences_of(
        reader_text(
            (Role.LEAD, "We can help."),
            (Role.ITEM, "Rest well"),
            (Role.ITEM, "Ask us now"),
            lead="We can help.",
        ).passages
    )
    assert [s.text for s in found if s.whole] == ["We can help.", "Ask us now"]


def test_the_title_of_a_reason_is_no_lead_in() -> None:
    """A heading over points stays a heading and does not lengthen them."""
    found = sentences_of(
        reader_text(
            (Role.HEADING, "Salt and your body"),
            (Role.ITEM, "It holds water."),
            lead="Salt and your body",
            kind="reasons",
        ).passages
    )
    assert [(s.text, s.whole) for s in found] == [
        ("Salt and your body", False),
        ("It holds water.", True),
    ]


def test_headings_labels_and_fragments_do_not_count() -> None:
    """A heading never counts, whatever its end; text in a cell counts if it is a whole sentence."""
    found = sentences_of(
        reader_text(
            (Role.HEADING, "What can you do?"),
            (Role.CELL, "Leg cramps at night"),
            (Role.CELL, "Stretch before bed"),
            (Role.FLAG, "You faint often"),
        ).passages
    )
    assert [s.text for s in found if s.whole] == ["Stretch before bed", "You faint often"]


# Counted by hand. 4 sentences: 5 + 5 + 4 + 6 = 20 words. Syllables: "Your kid-neys clean your
# blood" 6; "They keep min-er-als in bal-ance" is they 1, keep 1, minerals 3, in 1, balance 2 = 8;
# "Po-tas-si-um can build up" 4+1+1+1 = 7; "Ask us be-fore you take pills" 1+1+2+1+1+1 = 7. In all
# 28. Long words (three or more): minerals, potassium = 2. Words of one syllable: your clean your
# blood = 4; they keep in = 3; can build up = 3; ask us you take pills = 5; in all 15.
TEXT = (
    "Your kidneys clean your blood. They keep minerals in balance. Potassium can build up. Ask us "
    "before you take pills."
)
COUNTED = Counts(sentences=4, words=20, syllables=28, long=2, all_words=20, short=15)


def test_counts_of_a_text_counted_by_hand() -> None:
    """The program's counts equal those of a person."""
    assert count(sentences_of(reader_text(TEXT).passages), builtin_vocabulary()) == COUNTED


def test_formulas_on_the_text_counted_by_hand() -> None:
    """Each formula gives what its published definition gives, worked out here by hand."""
    assert flesch_kincaid(COUNTED) == pytest.approx(0.39 * 5 + 11.8 * 1.4 - 15.59)  # 2.88
    assert smog(COUNTED) == pytest.approx(
        1.0430 * sqrt(15) + 3.1291
    )  # 2 long words in 4 sentences are 15 in 30: 7.17
    assert forcast(COUNTED) == pytest.approx(
        20 - 112.5 / 10
    )  # 15 of 20 words are 112.5 of 150: 8.75
    assert [f"{grade.grade:.2f}" for grade in graded(reader_text(TEXT))[0].grades] == [
        "2.88",
        "7.17",
        "8.75",
    ]


def test_smog_at_thirty_sentences() -> None:
    """30 sentences need no scaling: 16 long words give 1.043 x 4 + 3.1291."""
    assert smog(Counts(30, 300, 400, 16, 300, 200)) == pytest.approx(7.3011)


def test_bullets_without_full_stops_do_not_raise_the_grade() -> None:
    """Items have the same grade with and without full stops: only structure counts."""
    items = [
        "Walk each day",
        "Drink when you are thirsty",
        "Ask us for help",
        "Rest in the shade",
        "Call us if you feel ill",
    ]
    bare = graded(reader_text(*((Role.ITEM, text) for text in items)))[0]
    stopped = graded(reader_text(*((Role.ITEM, f"{text}.") for text in items)))[0]
    assert bare.counts.sentences == 5
    assert bare.grades == stopped.grades


@pytest.mark.parametrize(
    ("sentences_", "cautions"),
    [
        (5, ["not meaningful: 25 words"] * 3),
        (24, ["rough: 24 sentences", "rough: 24 sentences", ""]),
        (30, ["", "", ""]),
    ],
)
def test_how_far_to_trust_a_grade(sentences_: int, cautions: list[str]) -> None:
    """A grade is not meaningful under 100 words, and rough under 30 sentences, except FORCAST."""
    text = "Walk with us each day. " * sentences_
    assert [grade.caution for grade in graded(reader_text(text))[0].grades] == cautions


def test_a_language_without_a_formula_is_not_scored_aloud() -> None:
    """For a language without a file, each formula reports that it does not apply, and gives no grade."""
    grades = graded(reader_text("Llame a la clínica. " * 40, language="fr"))[0].grades
    assert [str(grade) for grade in grades] == [
        f"{name} not scored (no formula for the language 'fr')"
        for name in ("Flesch-Kincaid", "SMOG", "FORCAST")
    ]
    assert (
        list(
            grade_findings(
                reader_text("Llame a la clínica inmediatamente. " * 40, language="fr"), target=1
            )
        )
        == []
    )


def test_a_text_of_fragments_has_no_sentences_to_score() -> None:
    """Without whole sentences, the formulas that need them say so, and nothing divides by zero."""
    grades = graded(reader_text((Role.CELL, "Leg cramps"), (Role.CELL, "Salt")))[0]
    assert [grade.grade is None for grade in grades.grades] == [True, True, False]
    assert grades.by("SMOG").caution == "no whole sentences"


HARD = "You should contact the nephrology department regarding medication adjustments. "


def test_the_edition_above_its_target_is_told_with_all_formulas() -> None:
    """The warning names the target, all three grades and the long words.

    The same text under a higher target gets none.
    """
    edition = reader_text((Role.TITLE, "Salt"), HARD * 12)
    found = {finding.rule: finding for finding in grade_findings(edition, target=6)}
    assert set(found) == {"plain-grade"}
    for word in ("target of grade 6", "Flesch-Kincaid", "SMOG", "FORCAST", "rough: 12 sentences"):
        assert word in found["plain-grade"].message
    assert "'regarding' (12)" in found["plain-grade"].hint
    assert found["plain-grade"].passage.role is Role.TITLE
    assert list(grade_findings(reader_text(HARD * 12), target=40)) == []


def test_where_no_sentence_is_long_the_long_words_are_named() -> None:
    """The author learns which words raise the grade, at most five, without the title's."""
    text = (
        "Nephrology departments coordinate appointments. We coordinate alternative medications. "
        "Hospital receptionists in Boston organize continuous medicine deliveries. "
    )
    (found,) = grade_findings(reader_text((Role.TITLE, "Medications"), text * 10), target=5)
    named = found.hint.partition("there): ")[2].partition(". Where")[0].split(", ")
    assert "'coordinate' (20)" in named
    assert len(named) == 5
    for word in ("medications", "medicine", "boston", "hospital"):
        assert word not in found.hint.lower()
    long = "Ask the nurse at the unit " + "or the nurse at the desk of the unit " * 3 + "about it. "
    (found,) = grade_findings(reader_text((Role.TITLE, "Medications"), text * 10, long), target=5)
    assert "the longest has 35 words" in found.hint


def test_a_target_that_nobody_set_is_not_exact() -> None:
    """A grade and a half above grade 6 is passed over; above a target of 6 that is set, it is told.

    A formula is not more exact than that.
    """
    easy = "Ask the nurse at the unit to look at your medicine with you. "
    for part, told in ((14, False), (15, True)):
        edition = reader_text(HARD * part + easy * (40 - part))
        grade = graded(edition)[0].by("Flesch-Kincaid").grade
        assert grade is not None
        assert (grade > 7.5) is told
        assert grade > 6
        assert bool(list(grade_findings(edition))) is told
        assert list(grade_findings(edition, target=6))


def test_the_commonest_words_are_not_named() -> None:
    """A shorter word for 'information' would be no easier, and 'surgery' has none."""
    text = "Information on surgery departments is available. Consider alternative receptionists."
    (found,) = grade_findings(reader_text(f"{text} " * 20), target=5)
    for word in ("information", "surgery", "department", "available", "consider", "alternative"):
        assert f"'{word}" not in found.hint
    assert "'receptionists' (20)" in found.hint


def test_a_grade_with_nothing_to_shorten_is_told_from_further_above() -> None:
    """No sentence is long and one long word is left: grade 7.8 is no help, if nobody set 6."""
    easy = "Ask the nurse at the unit to look at it with you. "
    common = "Information on regular medicine is available. "
    for word, told in (("recovery", False), ("coordinate", True)):
        text = f"{common * 22}Ask about recovery. Ask about {word}. {easy * 18}"
        edition = reader_text(text)
        grade = graded(edition)[0].by("Flesch-Kincaid").grade
        assert grade is not None
        assert UNSET_MARGIN < grade - 6 <= 2
        assert bool(list(grade_findings(edition))) is told
        assert list(grade_findings(edition, target=6))


def test_the_longest_sentence_is_told_without_its_lead_in_and_in_whole_words() -> None:
    """An item is not called long for the words of its lead-in, which other items share."""
    lead = "The best way to follow your own eating plan at home each day is to:"
    item = (Role.ITEM, "cook every vegetable in plenty of unsalted boiling water first")
    text = (
        "You should contact our nephrology department regarding all medicine adjustments today, or "
        "on the next day on which the unit is open for calls from home."
    )
    edition = reader_text((Role.LEAD, lead), item, text, HARD * 12, lead=lead)
    (found,) = grade_findings(edition, target=5)
    quoted = "You should contact our nephrology department regarding ..."
    assert f"the longest has 26 words: '{quoted}'" in found.hint


def test_a_few_sentences_may_be_four_grades_above_the_target() -> None:
    """Under 30 sentences, a grade is rough: it is told from four grades above the target."""
    some = "Ask the nurse at the dialysis unit to look at your medicine with you. "
    grade = graded(reader_text(some * 12))[0].by("Flesch-Kincaid").grade
    assert grade is not None
    for above, told in ((3, False), (5, True)):
        aim = round(grade) - above
        assert bool(list(grade_findings(reader_text(some * 12), target=aim))) is told
    assert list(grade_findings(reader_text(some * 30), target=round(grade) - 1))
    assert list(grade_findings(reader_text("Walk with us each day. " * 40), target=5)) == []


def test_the_card_is_not_graded() -> None:
    """A card is too short for a formula: its words do not change the handout's grade."""
    card = Passage(
        "I have kidney disease.", "", ("card", "statements", 0), Role.CARD, "ckd", "card", "card"
    )
    item = Passage(
        "I have kidney disease.", "", ("card", "notes", 0), Role.ITEM, "ckd", "card", "card"
    )
    assert body((card, item, *reader_text(TEXT).passages)) == reader_text(TEXT).passages


READERS = Audiences.model_validate(
    {
        "general": {"name": "All", "badge": {"en": "All"}},
        "ckd": {"name": "CKD", "badge": {"en": "CKD"}, "target_grade": 5},
        "dialysis": {"name": "Dialysis", "badge": {"en": "Dialysis"}, "extends": "ckd"},
    }
)


def handout(**more: object) -> Handout:
    """Return the smallest handout."""
    least = {
        "id": "a",
        "title": "A",
        "audiences": ["ckd"],
        "language": "en",
        "version": "2026-01-01",
        "purpose": "p",
        "message": "m",
    }
    sections = [{"id": "s", "title": "T?", "blocks": [{"text": "Walk."}]}]
    return Handout.model_validate(
        {**least, "review": {"status": "draft"}, "sections": sections, **more}
    )


def test_the_target_is_the_handouts_else_the_audiences_else_six() -> None:
    """The nearest target wins; an audience without one takes that of the audience it extends."""
    assert [target_of(handout(), READERS, name) for name in ("general", "ckd", "dialysis")] == [
        6,
        5,
        5,
    ]
    assert target_of(handout(target_grade=8), READERS, "dialysis") == 8
    with pytest.raises(ValueError, match="target_grade"):
        handout(target_grade=13)


def test_sections_are_graded_each_for_itself() -> None:
    """The edition comes first, then each section with its heading."""
    made = handout()
    reader = ReaderContext(("ckd",), {})
    grades = graded(ReaderText(made, reader, passages(made, reader)))
    assert [(grade.section, grade.heading) for grade in grades] == [("", ""), ("s", "T?")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call us.", True),
        ("If it lasts, call us.", True),
        ("One leg is sore, warm, or red.", False),
    ],
)
def test_what_is_an_action(text: str, expected: bool) -> None:  # noqa: FBT001 -- the expectation
    """A clause that begins with a verb asks for an action; one word of a list does not."""
    assert is_action(text) is expected


def test_an_example_is_one_passage() -> None:
    """The text of an example reaches the formulas, as these tests assume."""
    assert (
        graded(ReaderText(None, ReaderContext(("ckd",), {}), (Example(TEXT).passage(),)))[0].counts
        == COUNTED
    )
