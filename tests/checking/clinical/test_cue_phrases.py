"""The signs that say do or do not: found by the word that they begin with, as one long pattern would find them."""

from __future__ import annotations

import re

import pytest

from teachback.checking.clinical.cue_phrases import (
    _KINDS,
    _by_letters,
    _parts,
    _pattern,
    _phrases,
    signs,
)


@pytest.mark.parametrize(
    ("clause", "kinds"),
    [
        ("do not forget to eat a banana", ["not", "ban", "take"]),
        ("cut the cramps", ["praise"]),
        ("cut down on chips", ["ban"]),
        ("it is harmless", ["praise"]),
        ("nothing beats it", ["plus"]),
        ("nothing", ["not"]),
        ("high in potassium", ["zero"]),
        ("foods very high in salt", ["zero"]),
        ("no salt added", []),
        ("they can't", ["not"]),
        ("avoidance, limiting", ["ban", "ban"]),
        ("the eaten and the beaten", ["take"]),
        ("", []),
    ],
)
def test_a_clause_has_its_signs_in_order(clause: str, kinds: list[str]) -> None:
    """At a place the first kind in the list wins, and words inside a longer sign are none of their own."""
    assert [sign.kind for sign in signs(clause)] == kinds


def test_every_phrase_is_found_where_it_begins() -> None:
    """What a pattern stands for is matched by the pattern itself, and looked up by the letters that it begins with."""
    plain = [
        (words, phrase)
        for _, pattern in _KINDS
        for words in _parts(pattern)
        for phrase in _phrases(words)
    ]
    assert len(plain) > len(_KINDS)
    for words, phrase in plain:
        assert _pattern(words).match(phrase)
        begun = [
            words
            for size in range(len(phrase) + 1)
            for _, _, words in _by_letters().get(phrase[:size], ())
        ]
        assert words in begun


def test_a_pattern_that_is_more_than_a_choice_of_phrases_has_none() -> None:
    """Only letters, groups to choose from and what may be left out are phrases."""
    assert _phrases("no (?:salt|sugar)(?: added)?") == (
        "no salt added",
        "no salt",
        "no sugar added",
        "no sugar",
    )
    assert _phrases("takes? out") == ("takes out", "take out")
    assert not any(
        map(
            _phrases,
            (
                r"help\w*",
                "(?:a(?:b|c)|d) e",
                "salt[- ]free",
                "only$",
                "harm(?!less)",
                "have (?:a|an) ",
            ),
        )
    )


def test_all_patterns_can_be_compiled() -> None:
    """They are compiled when a clause first needs them."""
    found = [re.compile(words) for _, pattern in _KINDS for words in _parts(pattern)]
    assert len(found) > len(_KINDS)
