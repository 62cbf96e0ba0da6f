"""Collect every rule by its id, from files and from code."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 -- part of the public types
from typing import TYPE_CHECKING, Final

from teachback.checking import cross_audience, review_dates, source_checks, translation_rules
from teachback.checking.blocking_rules import UNRULED, Guard, load_guard
from teachback.checking.clinical import clinical_rules
from teachback.checking.clinical.clinical_rules import GAP
from teachback.checking.plain_language import lengths_and_headings
from teachback.checking.plain_language.reading_grade import score_findings, set_target
from teachback.checking.plain_language.word_lists import load_vocabulary
from teachback.checking.plain_language.wording import glued_findings
from teachback.checking.rule import OUR_OWN, Example, Finding, Rule
from teachback.content.draft_notices import LANGUAGE_UNKNOWN, rules_know, unchecked_problem
from teachback.editions.passages import Passage, Role
from teachback.errors import Problem, Severity, TeachbackError, nearest
from teachback.printing.review_problems import ahead_problems

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from teachback.checking.plain_language.word_lists import Vocabulary
    from teachback.checking.rule import ReaderText
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace


class Rules(Guard):
    """The rules of the guard, all rules by id, and the vocabulary that they use."""

    def __init__(self, guard: Guard, known: Mapping[str, Rule], vocabulary: Vocabulary) -> None:
        """Add to a guard what only a full check needs."""
        super().__init__(guard.text, guard.off, guard.decisions, guard.glossary)
        self.known: Final = known
        self.vocabulary: Final = vocabulary


# The rules that the check itself applies.
OWN: Final = (
    Rule(
        GAP,
        "advice for everybody that harms a reader with kidney disease",
        Severity.ERROR,
        "Readers with kidney disease get the general text where they have no text of their own. "
        "It must not harm them.",
        ("cdc-nsaid-2021", "nkf-potassium"),
        bad=(
            Example("text: Take ibuprofen for the pain."),
            Example("text: A naproxen tablet at bedtime eases cramps."),
        ),
        good=(
            Example("text: Ask us before you take ibuprofen."),
            Example("text: {general: Take ibuprofen for the pain., ckd: Ask us first.}"),
        ),
    ),
    Rule(
        "accept-idle",
        "an acceptance of a finding that does not exist",
        Severity.WARNING,
        "It could hide a new finding of the same rule.",
        (OUR_OWN,),
        bad=(
            Example("accept: [{rule: plain-emoji, reason: It was there once., by: A. Nurse}]"),
            Example(
                "accept: [{rule: plain-term, words: gone, reason: It was there once., by: A. "
                "Nurse}]"
            ),
        ),
        good=(
            Example("accept: []"),
            Example(
                "accept: [{rule: plain-no-teach-back, reason: It is too short for that., by: A. "
                "Nurse}]"
            ),
        ),
    ),
    Rule(
        "accept-unknown",
        "an acceptance of a rule that does not exist",
        Severity.ERROR,
        "It accepts nothing, but its author relies on it.",
        (OUR_OWN,),
        bad=(
            Example("accept: [{rule: plain-emojis, reason: It is misspelt., by: A. Nurse}]"),
            Example("accept: [{rule: never, reason: There is no such rule., by: A. Nurse}]"),
        ),
        good=(
            Example("accept: []"),
            Example("accept: [{rule: plain-emoji, reason: There is such a rule., by: A. Nurse}]"),
        ),
    ),
    Rule(
        LANGUAGE_UNKNOWN,
        "a handout in a language that the rules do not know",
        Severity.WARNING,
        "Most rules find nothing in this language, whatever the text says.",
        (OUR_OWN,),
        bad=(Example("language: es"), Example("language: vi")),
        good=(Example("language: en"), Example("language: en-GB")),
    ),
)


def load_all_rules(workspace: Workspace) -> Rules:
    """Load all rules, and which of them the clinic has switched off.

    Raises TeachbackError with every problem in the files.
    """
    guard = load_guard(workspace)
    rules = (
        *(rule.rule for rule in guard.text.rules),
        *cross_audience.RULES,
        *lengths_and_headings.RULES,
        *review_dates.RULES,
        *source_checks.RULES,
        *translation_rules.RULES,
        *OWN,
        UNRULED,
    )
    known = {rule.id: rule for rule in rules}
    problems = [
        Problem(
            f"there is no rule '{name}'",
            nearest(name, known),
            guard.decisions.locate(("off", index, "rule")),
        )
        for index, name in enumerate(guard.off)
        if guard.decisions and name not in known
    ]
    if problems:
        raise TeachbackError(*problems)
    return Rules(guard, known, load_vocabulary(workspace))


def find_in(reader_text: ReaderText, shared: WorkspaceContent, rules: Rules) -> Iterator[Finding]:
    """Yield the findings of every rule that looks at a single edition."""
    yield from clinical_rules.clinical_findings(reader_text, rules.text)
    target = set_target(reader_text.handout, shared.audiences, reader_text.reader.audience)
    yield from lengths_and_headings.plain_language_findings(
        reader_text, target=target, vocabulary=rules.vocabulary
    )
    yield from score_findings(reader_text, rules.vocabulary)
    yield from glued_findings(reader_text, rules.text.lexicon)
    yield from source_checks.number_findings(reader_text.passages)


def language_findings(authored: LoadedHandout) -> Iterator[Finding]:
    """Yield a finding for a handout in a language that the rules do not know."""
    handout = authored.handout
    if not rules_know(handout.language):
        # Without its acceptances: `check` prints who accepted it beside the finding.
        problem = unchecked_problem(handout.model_copy(update={"accept": ()}))
        place = Passage("", "", ("language",), Role.TITLE, "", "language")
        yield Finding(
            LANGUAGE_UNKNOWN,
            problem.severity,
            place,
            handout.language,
            problem.message,
            problem.hint,
        )


def dated_problems(authored: LoadedHandout, today: dt.date) -> Iterator[Problem]:
    """Yield problems with review dates."""
    yield from review_dates.term_problems(
        review_dates.review_duties(authored.handout, authored.file.locate), today
    )
    reviewed = authored.handout.review.reviewed
    if reviewed is not None:
        # With the message of a build.
        yield from ahead_problems(
            reviewed.isoformat(), today, authored.file.locate(("review",), key=True)
        )


def shared_problems(
    workspace: Workspace,
    shared: WorkspaceContent,
    rules: Rules,
    used: Iterable[str],
    today: dt.date,
) -> tuple[Problem, ...]:
    """Return the problems of the shared list of sources; `used` are those that handouts name."""
    return source_checks.bibliography_problems(
        workspace,
        shared,
        {*used, *(name for rule in rules.known.values() for name in rule.sources)},
        today,
    )
