"""YAML text becomes data that knows its places."""

from teachback.yamlfile import read_yaml


def test_words_that_yaml_would_turn_into_other_values_stay_text() -> None:
    """What an author types is what is printed: no, 911 and 1.10 are texts, and only an empty value is none."""
    file = read_yaml(b"a: no\nb: 911\nc: 1.10\nd:\ne: 2027-11-01\nf: ''\n", "x.yaml")
    assert file.data == {"a": "no", "b": "911", "c": "1.10", "d": None, "e": "2027-11-01", "f": ""}
