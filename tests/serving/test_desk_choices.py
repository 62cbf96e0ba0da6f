"""The desk offers what can be printed, and says of each other choice why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listed_shelf import shelf
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]


def test_a_topic_whose_translation_is_broken_keeps_its_other_language(workspace: Make) -> None:
    """The problem names the file of the translation; what is right can be chosen."""
    french = TINY.replace("language: en", "language: fr")
    tiny = shelf(workspace({"content/handouts/tiny.fr.yaml": french}))["tiny"]
    assert {choice["language"] for choice in tiny["choices"]} == {"en"}
    assert "tiny.fr.yaml" in tiny["problems"][0]["message"]


def test_a_translation_is_offered_to_readers_who_have_all_of_it(workspace: Make) -> None:
    """Others see why not; the topic itself, its state and its signs are those of the handout."""
    listed = shelf(workspace({TRANSLATION: SPANISH_TINY}))
    assert [(language["id"], language["name"]) for language in listed["languages"]] == [
        ("en", "English"),
        ("es", "Español"),
        ("es+en", "Español and English, side by side"),
    ]
    english = shelf(workspace())["tiny"]
    spanish = {**listed["tiny"], "choices": english["choices"]}
    assert spanish == english
    lines = "\n".join(line for line in SPANISH_TINY.splitlines() if "1@ckd" not in line)
    tiny = shelf(workspace({TRANSLATION: lines}))["tiny"]
    offered = {
        (choice["audience"], choice["missing"])
        for choice in tiny["choices"]
        if (choice["language"], choice["depth"]) == ("es", "full")
    }
    both = {choice["audience"] for choice in tiny["choices"] if choice["language"] == "es+en"}
    assert both == {"general"}
    [(_, reason)] = [one for one in offered if one[0] == "ckd"]
    assert reason.startswith("The translation is not whole: the text `one/blocks/1@ckd`")
    assert ("general", None) in offered
    assert tiny["problems"] == []


def test_a_translation_that_cannot_be_read_leaves_the_topic_right(workspace: Make) -> None:
    """Its language is a choice with a reason for each reader."""
    broken = SPANISH_TINY.replace("translates: tiny", "translates: other")
    tiny = shelf(workspace({TRANSLATION: broken}))["tiny"]
    assert tiny["problems"] == []
    found = [choice for choice in tiny["choices"] if choice["language"] == "es"]
    assert {one["audience"] for one in found} == {"general", "ckd"}
    assert all("it translates 'other'" in one["missing"] for one in found)
