"""Words are split into pieces as the sentence model was trained."""

from __future__ import annotations

from teachback.checking.clinical.word_pieces import word_piece_ids, words_and_stops


def test_words_are_split_as_the_model_was_trained() -> None:
    """Accents and invisible signs go, stops stand alone, and other signs stay with their word."""
    text = "Caf\u00e9 na\u00efve, 38.5 \u00b0C \u2014 3\u00d73\tmg/dL: don\u2019t o\u200bk x=2"
    split = " ".join(words_and_stops(text))
    assert split == "cafe naive , 38 . 5 \u00b0c \u2014 3\u00d73 mg / dl : don \u2019 t ok x = 2"


def test_a_word_is_made_of_the_longest_pieces_from_its_start() -> None:
    """A word with a part that is not in the vocabulary is unknown as a whole."""
    ids = {"[UNK]": 0, "potato": 1, "pot": 2, "##es": 3, ".": 4}
    assert word_piece_ids("Potatoes. Pot", ids) == [1, 3, 4, 2]
    assert word_piece_ids("potatoey pot", ids) == [0, 2]
