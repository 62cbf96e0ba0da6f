"""YAML text becomes data that knows its places."""

from teachback.textfile import UNSEEN, unseen
from teachback.yamlfile import read_yaml


def test_words_that_yaml_would_turn_into_other_values_stay_text() -> None:
    """What an author types is what is printed: no, 911 and 1.10 are texts, and only an empty value is none."""
    file = read_yaml(b"a: no\nb: 911\nc: 1.10\nd:\ne: 2027-11-01\nf: ''\n", "x.yaml")
    assert file.data == {"a": "no", "b": "911", "c": "1.10", "d": None, "e": "2027-11-01", "f": ""}


def test_every_character_that_nobody_sees_is_found_in_one_look() -> None:
    """The expression that looks through a whole text finds exactly what is refused letter by letter."""
    every = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    refused = [character for character in every if unseen(character)]
    assert len(refused) > 60
    assert [found[0] for found in UNSEEN.finditer("".join(every))] == refused
