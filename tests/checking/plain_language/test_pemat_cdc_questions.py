"""Test the questions about an edition: which the program answers, and which a person does."""

from __future__ import annotations

from texts_as_read import edition_of

from teachback.checking.plain_language.lengths_and_headings import plain_language_findings
from teachback.checking.plain_language.pemat_cdc_questions import SelfCheckQuestion, self_check
from teachback.checking.plain_language.wording import CDC, PEMAT
from teachback.checking.rule import Example, ReaderText
from teachback.content.handout import Handout
from teachback.editions.passages import ReaderContext, passages


def asked(reader_text: ReaderText) -> dict[tuple[str, str], SelfCheckQuestion]:
    """Return the questions by instrument and item."""
    return {
        (question.instrument, question.item): question
        for question in self_check(reader_text, plain_language_findings(reader_text))
    }


def edition(
    blocks: list[object], message: str = "Call us if you faint.", **more: object
) -> ReaderText:
    """Return the edition of a handout with one section."""
    least = {
        "id": "a",
        "title": "Salt",
        "audiences": ["ckd"],
        "language": "en",
        "version": "2026-01-01",
        "purpose": "p",
    }
    sections = [{"id": "s", "title": "What is salt?", "blocks": blocks}]
    data = {
        **least,
        "message": message,
        "review": {"status": "draft"},
        "sections": sections,
        **more,
    }
    handout = Handout.model_validate(data)
    reader = ReaderContext(("ckd",), {})
    return ReaderText(handout, reader, passages(handout, reader))


def test_what_the_structure_answers_is_answered_with_its_place() -> None:
    """If there is a summary, the answer has its path in the file."""
    without = asked(edition([{"text": "Eat less salt."}]))
    with_one = asked(edition([{"text": "Eat less salt."}, {"summary": ["Eat less salt."]}]))
    assert (without[PEMAT, "11"].answer, without[PEMAT, "11"].places) == (False, ())
    assert with_one[PEMAT, "11"].answer is True
    assert with_one[PEMAT, "11"].places == (("sections", 0, "blocks", 1, "summary", 0, "text"),)


def test_what_only_a_person_can_say_stays_open() -> None:
    """No program knows if the order makes sense, the risk is explained and pictures would help."""
    questions = asked(edition([{"text": "Eat less salt."}]))
    for key in ((PEMAT, "2"), (PEMAT, "10"), (PEMAT, "15"), (CDC, "11"), (CDC, "18"), (CDC, "19")):
        assert questions[key].answer is None


def test_a_hint_shows_places_and_leaves_the_answer_to_a_person() -> None:
    """A passive verb may be right: its place is shown, and the box is left to tick."""
    question = asked(edition([{"text": "Your blood must be tested each month."}]))[PEMAT, "5"]
    assert question.answer is None
    assert question.places == (("sections", 0, "blocks", 0, "text"),)


def test_a_term_that_is_not_explained_is_a_no() -> None:
    """A certain finding is an answer."""
    assert asked(edition([{"text": "You may get edema."}]))[PEMAT, "4"].answer is False
    assert asked(edition([{"text": "You may get edema (swelling)."}]))[PEMAT, "4"].answer is None


def test_the_reader_spoken_of_is_a_no() -> None:
    """Advice to patients is not advice to the reader."""
    assert asked(edition([{"text": "Patients should eat less salt."}]))[PEMAT, "21"].answer is False
    assert asked(edition([{"text": "Eat less salt."}]))[PEMAT, "21"].answer is True


def test_sums_are_found() -> None:
    """A text that asks for a sum must show how to do it."""
    with_sum = asked(edition([{"text": "Multiply your weight by 2."}]))
    assert with_sum[PEMAT, "7"].answer is False
    assert (PEMAT, "24") in with_sum
    assert (PEMAT, "24") not in asked(edition([{"text": "Eat less salt."}]))


def test_questions_that_do_not_apply_are_left_out() -> None:
    """Questions about tables, pictures and numbers are asked only if there are some."""
    bare = asked(edition([{"text": "Eat less salt."}]))
    assert not {(PEMAT, "6"), (PEMAT, "16"), (PEMAT, "17"), (PEMAT, "19"), (CDC, "16")} & set(bare)
    full = asked(
        edition(
            [
                {
                    "table": {
                        "columns": ["Food", "What we call a lot of salt"],
                        "rows": [["Soup", "2 g"]],
                    }
                },
                {"figure": "images/x.svg", "alt": "Salt", "caption": "A cup of salt"},
                {"figure": "images/x.svg", "alt": "Soup"},
            ]
        )
    )
    assert {(PEMAT, "6"), (PEMAT, "16"), (PEMAT, "18"), (CDC, "16")} <= set(full)
    assert full[PEMAT, "17"].answer is False
    assert full[PEMAT, "17"].places == (("sections", 0, "blocks", 2, "alt"),)
    assert full[PEMAT, "19"].answer is False


def test_the_call_to_action() -> None:
    """A message that asks for something is one; a fact is not, unless there is a red flag."""
    fact = "Salt is in most food."
    block: list[object] = [{"text": "A mineral."}]
    assert asked(edition(block))[CDC, "5"].answer is True
    assert asked(edition(block, fact))[CDC, "5"].answer is False
    flagged = edition(block, fact, red_flags=[{"id": "f", "tier": "now", "text": "Chest pain"}])
    assert asked(flagged)[CDC, "5"].answer is True


def test_pieces_that_are_too_long_are_a_no() -> None:
    """More than 150 words in a paragraph or in a section are too long."""
    sentence = "Eat less salt, and rest for a while on a chair that is not too low. "
    assert asked(edition([{"text": sentence * 10}]))[PEMAT, "8"].answer is False
    assert asked(edition([{"text": "Eat less salt."} for _ in range(60)]))[PEMAT, "8"].places == (
        ("sections", 0, "title"),
    )
    assert asked(edition([{"text": "Eat less salt."}]))[PEMAT, "8"].answer is True


def test_nothing_is_added_up() -> None:
    """Each question has one answer, in our own words, and nothing mentions a score."""
    questions = self_check(edition_of(Example("Call us.")), ())
    assert len(questions) > 25
    assert {question.answer for question in questions} == {True, False, None}
    assert all(question.question.endswith("?") for question in questions)
    assert not any(
        word in f"{q.question} {q.basis}".lower()
        for q in questions
        for word in ("score", "agree", "disagree", "%")
    )
