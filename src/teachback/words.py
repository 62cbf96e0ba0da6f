"""The words that templates print, one file a language: content/words/en.yaml and so on."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from teachback.marks import glued_problems
from teachback.model import Once, Plain


def _holding(*names: str) -> AfterValidator:
    """Make a check that a text holds exactly these placeholders: a lost one would lose a number on paper."""

    def check(text: str) -> str:
        found = sorted(re.findall(r"\{([^{}]*)\}", text))
        if found != sorted(names) or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)):
            wanted = " and ".join(f"{{{name}}}" for name in names) or "no braces"
            # Two lines: message and hint, see validation.
            message = f"this text must hold {wanted}\nWhat is in braces is filled in on paper: keep it as content/words/en.yaml has it."
            raise ValueError(message)
        glued = next(glued_problems(text), None)
        if glued:
            message = f"{glued.message}\n{glued.hint}"
            raise ValueError(message)
        return text

    return AfterValidator(check)


Word = Annotated[Plain, _holding(), Once()]
WithEmergency = Annotated[Plain, _holding("emergency")]
WithDate = Annotated[Plain, _holding("date")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class TierWords(_Closed):
    """The headings of the three tiers."""

    now: WithEmergency
    today: Word
    visit: Word


class CalloutWords(_Closed):
    """The heading of each kind of callout."""

    advice: Word
    example: Word
    fact: Word
    tip: Word
    test: Word
    warning: Word
    dialysis: Word


class PhoneWords(_Closed):
    """What each phone is for."""

    phone: Word
    after_hours: Word
    dialysis_unit: Word
    interpreter: Word


WithEdge = Annotated[Plain, _holding("edge")]


class CalibrateWords(_Closed):
    """The words of the page that tells how far a printer is off."""

    title: Word
    front: Word
    front_steps: tuple[WithEdge, WithEdge, Word]
    back: Word
    back_steps: tuple[Word, ...] = Field(min_length=1)


class CoverWords(_Closed):
    """The words of the page that lists what is in a print room's file."""

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


class Words(_Closed):
    """Every word that stands in a template rather than in a handout."""

    language: Word = Field(description="The language's own name.")
    tiers: TierWords
    callouts: CalloutWords
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
    draft: Word
    reviewed: Annotated[Plain, _holding("reviewer", "date")]
    version: WithDate
    due: WithDate
    page: Annotated[Plain, _holding("page", "pages")]
    not_instead: Word
    this_code: Annotated[Plain, _holding("code")] = Field(description="The edition code where it is read aloud: at the end.")
    card_draft: Word = Field(description="The draft notice where there is room for one line only.")
    card_nights: Word
    card_visit_soon: Word
    calibrate: CalibrateWords
    # Only staff read it: a word of it makes no other edition, whose code is made of what this class shows.
    cover: CoverWords = Field(repr=False)
