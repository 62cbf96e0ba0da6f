"""The leg cramps handout says what the clinical table requires for each reader, without harm."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import pytest

from teachback.content.handout import Handout, Tier
from teachback.content.inline_markup import Span, plain
from teachback.content.loader import load_handout
from teachback.content.workspace_content import WorkspaceContent, load_shared
from teachback.editions.selection import Reader, choose
from teachback.files.workspace import handout_files
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.editions.edition import Edition
    from teachback.files.workspace import Workspace

AUDIENCES = ("general", "ckd", "dialysis")
SAME = "same"  # one text for every reader
OWN = "own"  # a CKD reader gets another text: the general one is overstated or can harm
CKD_ONLY = "ckd only"  # added for readers with CKD
BOTH = (SAME, OWN)

# Statement id -> its text for a CKD reader in the clinical table: Yes = same, Soften or No = own. A
# statement softened for all readers (`mech-imbalance-any`) has one text.
STATEMENTS = {
    "intro-more-than-filter": SAME,
    "intro-electrolytes": SAME,
    "elec-potassium": OWN,
    "elec-calcium": SAME,
    "elec-magnesium": OWN,
    "elec-sodium": SAME,
    "intro-imbalance": OWN,
    "why-common": OWN,
    "mech-imbalance": OWN,
    "mech-imbalance-any": SAME,
    "mech-magnesium": OWN,
    "mech-dialysis": SAME,
    "mech-dialysis-cramps": SAME,
    "mech-dialysis-stat": SAME,
    "mech-diuretics": OWN,
    "mech-heartmeds": OWN,
    "mech-ask-doctor": OWN,
    "mech-neuropathy": SAME,
    "mech-neuropathy-symptoms": SAME,
    "mech-neuropathy-late": OWN,
    "flag-most-not": OWN,
    "flag-night": SAME,
    "flag-risk": OWN,
    "flag-swelling": OWN,
    "flag-urine": OWN,
    "flag-fatigue": OWN,
    "flag-tests": OWN,
    "cause-nonkidney": OWN,
    "cause-dehydration": OWN,
    "cause-minerals": OWN,
    "cause-sedentary": OWN,
    "cause-standing": SAME,
    "cause-meds": OWN,
    "cause-pregnancy": OWN,
    "cause-stretch": SAME,
    "support-hydration": OWN,
    "support-diet": OWN,
    "support-salt": OWN,
    "support-move": SAME,
    "support-alcohol-smoking": SAME,
    "support-team": OWN,
    "myth-every-cramp": OWN,
    "myth-water": OWN,
    "myth-older": OWN,
    "myth-detox": OWN,
    "final-no-fear": SAME,
    "final-frequent": SAME,
    "final-question": SAME,
    "final-wellness": SAME,
    "final-pay-attention": SAME,
    "support-pain": OWN,
    "support-antacid": CKD_ONLY,
    "final-call": OWN,
}


@pytest.fixture(scope="module")
def shared(builtin: Workspace) -> WorkspaceContent:
    """Return the built-in audiences, clinic, sources and words."""
    return load_shared(builtin)


@pytest.fixture(scope="module")
def handout(builtin: Workspace, shared: WorkspaceContent) -> Handout:
    """Return the checked handout."""
    return load_handout(handout_files(builtin)["leg-cramps"], builtin, shared).handout


@pytest.fixture(scope="module")
def editions(handout: Handout, shared: WorkspaceContent) -> dict[str, Edition]:
    """Return the edition of each audience."""
    return {
        audience: choose(
            handout,
            Reader(shared.audiences.lineage(audience), shared.clinic.values()),
            badge=audience,
            size=TypeSize.STANDARD,
            sources=shared.sources,
        )
        for audience in AUDIENCES
    }


def words(value: object) -> str:
    """Return all words below a value, for comparing."""
    if isinstance(value, Span):
        return value.text
    if isinstance(value, tuple):
        return ("" if value and isinstance(value[0], Span) else " ").join(
            words(item) for item in value
        )
    if is_dataclass(value) and not isinstance(value, type):
        return " ".join(
            words(getattr(value, field.name))
            for field in fields(value)
            if field.name not in {"id", "kind", "callout", "tier"}
        )
    return ""


def statements(edition: Edition) -> dict[str, str]:
    """Return the words of every statement of an edition by its id."""
    found: dict[str, str] = {}

    def walk(value: object) -> Iterator[None]:
        if isinstance(value, tuple):
            for item in value:
                yield from walk(item)
        elif is_dataclass(value) and not isinstance(value, type):
            name = getattr(value, "id", None)
            if name is not None and not hasattr(value, "blocks"):
                found[name] = words(value).strip()
            for field in fields(value):
                yield from walk(getattr(value, field.name))

    list(walk((edition.flags, edition.sections)))
    return found


def all_words(edition: Edition) -> str:
    """Return every word of an edition, handout and card."""
    return words((edition.title, edition.message, edition.flags, edition.sections, edition.card))


@pytest.mark.parametrize("statement", STATEMENTS)
def test_each_statement_stands_in_the_editions_that_the_clinical_table_names(
    statement: str, editions: dict[str, Edition]
) -> None:
    """Each statement is in each required edition, with its own text where the table requires it."""
    text = {
        audience: statements(edition).get(statement, "") for audience, edition in editions.items()
    }
    rule = STATEMENTS[statement]
    assert text["ckd"]
    assert text["dialysis"]
    assert bool(text["general"]) is (rule in BOTH)
    if rule == SAME:
        assert text["ckd"] == text["general"]
    else:
        assert text["ckd"] != text["general"]


def test_the_table_does_not_shrink_unseen(handout: Handout) -> None:
    """All 53 statements of the clinical table are tested for all readers, whatever the file has."""
    assert len(STATEMENTS) == 53
    assert handout.audiences == AUDIENCES


def test_the_sections_stand_in_the_order_of_the_source(editions: dict[str, Edition]) -> None:
    """Every section of the source document is there, in order, for every reader."""
    order = ["minerals", "why", "signs", "causes", "support", "myths", "final"]
    for edition in editions.values():
        assert [section.id for section in edition.sections][: len(order)] == order


def test_the_four_reasons_keep_their_numbers_and_their_notes(editions: dict[str, Edition]) -> None:
    """The source's four reasons are four, each with at least one note."""
    for edition in editions.values():
        blocks = [
            block
            for section in edition.sections
            for block in section.blocks
            if block.kind == "reasons"
        ]
        assert len(blocks) == 1
        reasons = getattr(blocks[0], "reasons", ())
        assert [len(reason.notes) >= 1 for reason in reasons] == [True] * 4


@pytest.mark.parametrize("audience", ["ckd", "dialysis"])
@pytest.mark.parametrize(
    "harmful",
    [
        r"(?<!not )(?<!not\W\W)\beat more (bananas|spinach|avocados|nuts)",
        r"\beat foods like",
        r"\bdrink water\b",
        r"\bstay hydrated\b",
        r"\bdrink enough\b",
        r"\bgive you potassium\b",
        r"\bsources? of potassium\b",
        r"\bplenty of (fruits|vegetables|water|fluids)",
        r"60 ?(%|percent)",
        r"\bNIH studies\b",
    ],
)
def test_a_ckd_reader_is_never_told_what_can_harm(
    audience: str, harmful: str, editions: dict[str, Edition]
) -> None:
    """No line tells a CKD reader to eat potassium or to drink all day, or praises potassium."""
    text = all_words(editions[audience])
    assert len(text) > 3000
    assert not re.search(harmful, text, re.IGNORECASE)


def test_the_harmful_lines_would_be_found_where_they_stand(editions: dict[str, Edition]) -> None:
    """The search above works: the general edition, for healthy kidneys, has some of these lines."""
    text = all_words(editions["general"])
    assert re.search(r"\beat foods like bananas\b", text, re.IGNORECASE)
    assert re.search(r"\bdrink water\b", text, re.IGNORECASE)


@pytest.mark.parametrize("audience", ["ckd", "dialysis"])
def test_a_ckd_reader_is_warned_of_what_the_source_leaves_out(
    audience: str, editions: dict[str, Edition]
) -> None:
    """Salt substitutes, star fruit, painkillers, quinine, magnesium, stopping medicines: a no."""
    text = all_words(editions[audience])
    for warning in [
        "Do not eat more bananas",
        "Do not use salt substitutes",
        "Do not eat star fruit",
        "Do not take ibuprofen",
        "Do not use quinine or tonic water",
        "Do not take magnesium",
        "Do not take antacids or laxatives with magnesium",
        "Do not stop one on your own",
        "Stay within your fluid limit",
    ]:
        assert warning in text


def test_each_flag_stands_in_the_tier_that_its_urgency_asks_for(
    editions: dict[str, Edition],
) -> None:
    """Emergencies are in "now", urgent flags in "today"; the source's own five are in "visit"."""
    tiers = {flag.id: flag.tier for edition in editions.values() for flag in edition.flags}
    for name in ("chest", "heartbeat", "weakness", "cola-urine", "cold-leg", "seizure"):
        assert tiers[name] is Tier.NOW
    for name in (
        "missed-dialysis",
        "one-leg",
        "fluid-loss",
        "low-urine",
        "fast-swelling",
        "tingle",
        "new-medicine",
    ):
        assert tiers[name] is Tier.TODAY
    for name in ("flag-night", "flag-swelling", "flag-urine", "flag-fatigue", "flag-risk"):
        assert tiers[name] is Tier.VISIT


def test_only_dialysis_readers_get_the_dialysis_notes(editions: dict[str, Edition]) -> None:
    """The dialysis edition adds notes and flags; no other reader is told of a missed treatment."""
    ids = {audience: statements(edition).keys() for audience, edition in editions.items()}
    for name in ("missed-dialysis", "cramps-at-dialysis", "dialysis-tell-nurse", "dialysis-fluid"):
        assert name in ids["dialysis"]
        assert name not in ids["ckd"]
        assert name not in ids["general"]


def test_the_one_statistic_names_the_study_that_gives_it(editions: dict[str, Edition]) -> None:
    """The source's own figure is gone, as its citation does not have it; the range has a source."""
    for edition in editions.values():
        assert "1 in 4 people to more than 3 in 4" in statements(edition)["mech-dialysis-stat"]
        assert "Dial-Mag Canada trial" in [source.publisher for source in edition.sources]
        assert "%" not in all_words(edition)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_each_edition_carries_its_sources_and_says_that_it_is_a_draft(
    audience: str, editions: dict[str, Edition]
) -> None:
    """The sources are listed, and the review says draft: no clinician has read the text."""
    edition = editions[audience]
    assert 10 <= len(edition.sources) <= 25
    assert edition.review.status == "draft"
    assert edition.review.reviewer is None


@pytest.mark.parametrize("audience", AUDIENCES)
def test_short_words_on_the_card_are_short(audience: str, editions: dict[str, Edition]) -> None:
    """The card's text of a flag fits one line: 52 characters at most."""
    carded = [flag for flag in editions[audience].flags if flag.card]
    assert carded
    assert [plain(flag.short) for flag in carded if len(plain(flag.short)) > 52] == []
