"""The desk lists what can be printed, and says of the rest why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handout_with_fields import FILLED
from listed_shelf import TODAY, shelf
from tiny_handout import TINY, TINY_APPROVED
from translated_tiny import SPANISH_TINY, TRANSLATION

from teachback.content.loader import read_handouts
from teachback.content.record_fields import RecordField
from teachback.files.workspace import handout_files
from teachback.serving.topic_shelf import field_json, notices_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

APPROVED = TINY.replace(
    "status: draft, reviewer: null, reviewed: null, due: null",
    f"status: approved, reviewer: A Reader, reviewed: 2026-11-01, due: 2026-11-20, {TINY_APPROVED}",
)


def test_a_topic_has_its_readers_signs_and_choices(workspace: Make) -> None:
    """The general reader has a warning, for another one has a text; defaults come first."""
    listed = shelf(workspace())
    tiny = listed["tiny"]
    assert tiny["title"] == "A tiny handout"
    assert tiny["signs"] == [{"text": "Chest pain", "tier": "now", "audiences": ["general", "ckd"]}]
    assert tiny["has_card"]
    general, ckd, dialysis = tiny["readers"]
    assert general["name"] == "No kidney disease"
    assert "own text for: Kidney disease (CKD)." in general["warning"]
    assert (ckd["general"], ckd["warning"], ckd["missing"]) == (False, None, None)
    assert dialysis["name"] == "On dialysis"
    assert dialysis["missing"].startswith("This topic has no text for these readers.")
    assert listed["papers"][0] == {"id": "a4", "name": "A4"}
    assert listed["stocks"][0]["id"] == "cut-a4-id1"
    assert listed["stocks"][0]["places"] >= 8
    assert {stock["id"] for stock in listed["stocks"] if stock["cut"]} > {"cut-a4-id1"}
    assert not any(stock["cut"] for stock in listed["stocks"] if stock["id"].startswith("avery"))
    assert listed["stocks"][0]["names"] == ["Plain paper, to cut, 85.6 x 53.98 mm"]
    names = [name for stock in listed["stocks"] for name in stock["names"]]
    assert {"Avery 5371, 88.9 x 50.8 mm", "Avery 8371, 88.9 x 50.8 mm"} < set(names)
    kinds = {(choice["depth"], choice["missing"]) for choice in tiny["choices"]}
    assert kinds == {
        ("full", None),
        ("brief", "This topic has no brief version."),
    }


def test_a_topic_says_which_fields_each_paper_of_a_reader_has(workspace: Make) -> None:
    """In the handout's order, before anything is laid out; `nurse` beside the others is for CKD alone."""
    own = FILLED.replace(', "Ask {record.nurse}"', "")
    tiny = shelf(workspace({"content/handouts/tiny.yaml": own}))["tiny"]
    names = ["patient", "visit", "nurse", "fluid", "weight", "phone", "side"]
    assert [field["id"] for field in tiny["fields"]] == names
    general, ckd, dialysis = (reader["fields"] for reader in tiny["readers"])
    assert ckd == {"handout": names, "cards": ["patient"]}
    assert general == {"handout": [name for name in names if name != "nurse"], "cards": ["patient"]}
    assert dialysis == {"handout": [], "cards": []}


def test_drafts_and_overdue_reviews_are_said_and_not_released(workspace: Make) -> None:
    """Each state has its words; with --release the text is a choice that has a reason."""
    assert shelf(workspace())["tiny"]["state"]["kind"] == "draft"
    clinic = workspace({"content/handouts/tiny.yaml": APPROVED})
    listed = shelf(clinic)["tiny"]
    assert listed["state"]["kind"] == "overdue"
    assert listed["state"]["text"] == "The review was due on Nov 20, 2026."
    assert {choice["missing"] for choice in listed["choices"] if choice["depth"] == "full"} == {
        None
    }
    (missing,) = {choice["missing"] for choice in shelf(clinic, release=True)["tiny"]["choices"]}
    assert missing == "This text cannot be printed: the review was due on 2026-11-20."
    changed = APPROVED.replace("For kidneys here.", "For kidneys there.")
    listed = shelf(workspace({"content/handouts/tiny.yaml": changed}))["tiny"]
    notices = {
        reader["id"]: [notice["kind"] for notice in reader["notices"]]
        for reader in listed["readers"]
        if not reader["missing"]
    }
    assert notices == {"general": ["overdue"], "ckd": ["unapproved", "overdue"]}


def test_a_review_that_is_still_to_come_is_no_overdue_one(workspace: Make) -> None:
    """The text counts as a draft, and the desk says why."""
    ahead = APPROVED.replace("2026-11-01", "2027-01-05").replace("2026-11-20", "2028-01-05")
    listed = shelf(workspace({"content/handouts/tiny.yaml": ahead}))["tiny"]
    assert listed["state"] == {
        "kind": "draft",
        "text": "The review of Jan 5, 2027 has not taken place yet.",
    }


def test_a_topic_is_found_by_the_words_of_each_text_that_can_be_printed(workspace: Make) -> None:
    """A translation has its title, purpose and signs beside the handout's; one that is broken, none."""
    (spanish,) = shelf(workspace({TRANSLATION: SPANISH_TINY}))["tiny"]["others"]
    assert spanish == {
        "language": "es",
        "title": "Una hoja pequeña",
        "titles": {"general": "Una hoja pequeña", "ckd": "Una hoja pequeña"},
        "purpose": "Mostrar lo mínimo que puede ser una hoja",
        "signs": [{"text": "Dolor de pecho", "tier": "now", "audiences": ["general", "ckd"]}],
    }
    broken = SPANISH_TINY.replace("translates: tiny", "translates: other")
    assert shelf(workspace({TRANSLATION: broken}))["tiny"]["others"] == []


def test_a_draft_translation_of_a_draft_says_both(workspace: Make) -> None:
    """That no translator has checked it does not hide that no clinician approved its English."""
    clinic = workspace({TRANSLATION: SPANISH_TINY})
    authored = read_handouts(clinic, handout_files(clinic)).authored
    said = [one["text"] for one in notices_json(authored["tiny.es"], "ckd", TODAY)]
    assert said == [
        "Draft: no translator has checked this translation.",
        "Draft: no clinician has approved this text.",
    ]


def test_a_field_of_a_translation_is_asked_for_in_english() -> None:
    """A nurse reads label and choices in English; what is printed stays that of the translation."""
    english = {"name": "side", "label": "Which leg", "type": "choice", "choices": ["left", "right"]}
    spanish = {**english, "label": "Qué pierna", "choices": ["izquierda", "derecha"]}
    listed = field_json(RecordField(**spanish), RecordField(**english))
    assert listed["label"] == "Which leg"
    assert listed["choices"] == [
        {"value": "izquierda", "label": "left"},
        {"value": "derecha", "label": "right"},
    ]
    assert field_json(RecordField(**spanish))["label"] == "Qué pierna"
