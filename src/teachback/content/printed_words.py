"""Define the words that templates print: one file per language, such as content/words/en.yaml."""

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from typing_extensions import TypeAliasType

from teachback.content.base_model import Finding, Model, Plain
from teachback.content.inline_markup import BRACES, glued_problems
from teachback.errors import Problem, Severity


def _holding(*names: str) -> AfterValidator:
    """Return a validator that accepts a text with exactly these placeholders.

    A missing one would lose a number on paper.
    """

    def check(text: str) -> str:
        if sorted(BRACES.findall(text)) != sorted(names) or re.search(
            r"[{}]", BRACES.sub("", text)
        ):
            required = " and ".join(f"{{{name}}}" for name in names) or "no braces"
            # The hint is on the second line; see validation_errors.py.
            message = (
                f"this text must hold {required}\nWhat is in braces is filled in on paper: copy "
                "it from content/words/en.yaml."
            )
            raise ValueError(message)
        glued = next(glued_problems(text), None)
        if glued:
            raise ValueError(f"{glued.message}\n{glued.hint}")
        return text

    return AfterValidator(check)


# Pydantic builds the validator of a type with a name once, and not again for each field.
Word = TypeAliasType("Word", Annotated[Plain, _holding()])
WithEmergency = Annotated[Plain, _holding("emergency")]
WithDate = Annotated[Plain, _holding("date")]
WithEdge = Annotated[Plain, _holding("edge")]


class TierWords(Model):
    """The headings of the three tiers."""

    now: WithEmergency
    today: Word
    visit: Word


class CalloutWords(Model):
    """The heading of each kind of callout."""

    advice: Word
    example: Word
    fact: Word
    tip: Word
    test: Word
    warning: Word
    dialysis: Word


class ZoneWords(Model):
    """The name of each zone."""

    green: Word
    yellow: Word
    red: Word


class PhoneWords(Model):
    """The label of each phone number."""

    phone: Word
    after_hours: Word
    dialysis_unit: Word
    interpreter: Word


class DraftWords(Model):
    """The draft notices for other reasons than that no clinician has reviewed the text.

    Two of them have a second version for a card, where there is room for one line only.
    """

    unchecked: Word = Field(description="No rule of `check` knows the language of the text.")
    card_unchecked: Word
    translation: Word = Field(description="Nobody has checked the translation.")
    card_translation: Word
    stale: WithDate = Field(description="The text that it was translated from has changed.")


class CalibrateWords(Model):
    """The words of the page that measures a printer's offset."""

    title: Word
    front: Word
    front_steps: tuple[WithEdge, WithEdge, Word]
    back: Word
    back_steps: tuple[Word, ...] = Field(min_length=1)


class CoverWords(Model):
    """The words of the cover page, which lists the contents of a print file."""

    title: Word
    file: Annotated[Plain, _holding("number")]
    records: Word
    pages: Word
    sheets: Word
    rows: Word
    papers: Word
    from_to: Annotated[Plain, _holding("first", "last")]
    one_side: Word
    long_edge: Word
    short_edge: Word
    part: Annotated[Plain, _holding("page", "pages")]
    editions: Word
    edition: Annotated[Plain, _holding("code", "pages", "paper")]
    row: Word = Field(description="The heading of a record's row in the file of records; short.")
    id: Word
    code: Word
    letter: Word = Field(description="The heading of the edition's letter; as short as can be.")
    count: Word = Field(description="The heading of how many pages a record has; short.")
    at: Word = Field(description="The heading of a record's first page in the file; short.")
    keep: Word


class Words(Model):
    """Every word that comes from a template and not from a handout."""

    language: Word = Field(description="The language's own name.")
    tiers: TierWords
    callouts: CalloutWords
    zones: ZoneWords
    signs: Word
    do: Word = Field(description="The heading of what to do.")
    do_not: Word
    if_this: Word = Field(description="The heading of the cases that a reader may be in.")
    then: Word
    choose: Word
    limit: Word
    avoid: Word
    medicine: Word
    phones: PhoneWords
    your_clinic: Word
    not_sure: WithEmergency
    visit_soon: Word
    at: Word = Field(description="Stands between 'Call us today' and the number.")
    myth: Word
    verdict: Word
    my_number: Word
    my_result: Word
    my_goal: Word
    teach_back: Word
    teach_back_lead: Word
    notes: Word
    contact: Word
    summary: Word
    sources: Word
    write_here: Word = Field(description="What a screen reader says for a line to write on.")
    tick_here: Word = Field(description="What a screen reader says for a box to tick.")
    fill_in_here: Word = Field(description="What a screen reader says for a table to fill in.")
    draft: Word
    reviewed: Annotated[Plain, _holding("reviewer", "date")]
    version: WithDate
    due: WithDate
    page: Annotated[Plain, _holding("page", "pages")]
    short_version: Word = Field(description="Stands at the end of a short version.")
    not_instead: Word
    this_code: Annotated[Plain, _holding("code")] = Field(
        description="The edition code where it is read aloud: at the end."
    )
    card_draft: Word = Field(description="The draft notice where there is room for one line only.")
    card_nights: Word
    card_visit_soon: Word
    language_help: Word | None = Field(
        None,
        repr=False,
        description="Says that an interpreter is free; the clinic's number follows it.",
    )
    # Only staff read these. They are left out of repr, from which an edition's code is made, so
    # their words do not change that code.
    calibrate: CalibrateWords = Field(repr=False)
    # These take the place of `draft` and `card_draft` where they are printed.
    drafts: DraftWords = Field(repr=False)
    cover: CoverWords = Field(repr=False)


# Texts with a number and the total that it counts up to.
_COUNTS: Final[tuple[tuple[str, ...], ...]] = (("page",), ("cover", "part"), ("cover", "from_to"))
_NO_CALL: Final = re.compile(
    r"\b(?:not|never|no need|\w+n['\u2019]t|instead of|rather than|without|before|unless|avoid)\b"
    r"[^.:;,!?]*?\b(?:call|tell|phone|ring|dial)(?:ing)?\b",
    re.IGNORECASE,
)
_AS_ENGLISH: Final = (
    "Write in this language what content/words/en.yaml that comes with the program says: "
    "Draft, not reviewed by a clinician."
)


def words_problems(words: Words, language: str) -> Iterator[Finding]:
    """Yield what is or may be wrong with the words, each with its path.

    Anything that only a speaker of the language can judge is a warning.
    """
    is_english = language.partition("-")[0] == "en"
    yield from _count_problems(words, is_english=is_english)
    if is_english:
        yield from _call_problems(words)
    yield from _draft_problems(words, is_english=is_english)


def _count_problems(words: Words, *, is_english: bool) -> Iterator[Finding]:
    """Yield texts in which the total comes before the number."""
    for path in _COUNTS:
        text: str = getattr(words.cover, path[-1]) if path[1:] else words.page
        first, second = BRACES.findall(text)
        if (first, second) in {("pages", "page"), ("last", "first")}:
            hint = (
                f"Write {{{second}}} first."
                if is_english
                else f"Check that this is right in this language; else write {{{second}}} first."
            )
            severity = Severity.ERROR if is_english else Severity.WARNING
            yield path, Problem(f"{{{first}}} comes before {{{second}}} here", hint, None, severity)


def _call_problems(words: Words) -> Iterator[Finding]:
    """Yield English texts that tell a reader with a red flag not to call."""
    tiers = [(("tiers", tier), getattr(words.tiers, tier)) for tier in ("now", "today", "visit")]
    for path, text in [*tiers, (("not_sure",), words.not_sure)]:
        if found := _NO_CALL.search(text):
            message = f"'{found[0]}' turns round what a reader with a red flag is to do"
            yield path, Problem(message, "Write what to do: whom to call, and when.")


def _draft_problems(words: Words, *, is_english: bool) -> Iterator[Finding]:
    """Yield draft notices that do not say that the handout is a draft."""
    reviewed = _letters_only(BRACES.sub(" ", words.reviewed))
    reviewed_by = _letters_only(words.reviewed.partition("{")[0])
    notices: list[tuple[tuple[str, ...], str]] = [
        (("draft",), words.draft),
        (("card_draft",), words.card_draft),
        *((("drafts", name), text) for name, text in words.drafts),
    ]
    for path, text in notices:
        notice = _letters_only(BRACES.sub(" ", text))
        if not notice:
            message = "this text must say in words that nobody has reviewed the handout"
            yield path, Problem(message, _AS_ENGLISH)
        elif notice == reviewed or (reviewed_by and f"{notice} ".startswith(f"{reviewed_by} ")):
            message = "this says the same as `reviewed`, but a draft was not reviewed"
            yield path, Problem(message, _AS_ENGLISH)
        elif is_english and not {"draft", "not"} & set(notice.split()):
            message = "this perhaps does not say that the handout is a draft"
            hint = "Write that it is a draft, or that nobody has reviewed it."
            yield path, Problem(message, hint, severity=Severity.WARNING)


def _letters_only(text: str) -> str:
    """Return only the words of a text, in lower case."""
    return " ".join(re.findall(r"[^\W\d_]+", text.casefold()))
