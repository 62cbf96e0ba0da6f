"""YAML text becomes data with locations."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from teachback.errors import TeachbackError
from teachback.files import yaml_reader
from teachback.files.yaml_reader import UnquotedTextError, read_yaml


def test_words_that_yaml_would_turn_into_other_values_stay_text() -> None:
    """Text is printed as typed: no, 911 and 1.10 stay text, and only an empty value is None."""
    file = read_yaml(b"a: no\nb: 911\nc: 1.10\nd:\ne: 2027-11-01\nf: ''\n", "x.yaml")
    assert file.data == {"a": "no", "b": "911", "c": "1.10", "d": None, "e": "2027-11-01", "f": ""}


def reported(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return line, column and message of each problem, or () if the text can be read."""
    try:
        read_yaml(text.encode(), "x.yaml")
    except TeachbackError as error:
        return tuple(
            (p.location.line, p.location.column, p.message)
            for p in error.problems
            if p.location and p.hint
        )
    return ()


def words_in(data: object) -> list[str]:
    """Return the keys and values of data in the order of the file."""
    if isinstance(data, dict):
        return [text for pair in data.items() for part in pair for text in words_in(part)]
    if isinstance(data, list):
        return [text for item in data for text in words_in(item)]
    return [] if data is None else [str(data)]


CUTS = "the comma before '{}' makes two texts of one"
CUT = "from # on, this line would not be printed"
LINE = "this line starts with #, so it would not be printed"
NO_ANCHOR = "a text cannot start with &"
NO_BLANK = "a space is missing behind this dash"
NO_ENTRY = "an entry of a list does not start with"
APOSTROPHE = "the apostrophe in 'don't' ends the text, which is in single quotes"
CONTINUED = "this line would be read as a part of the text above it"
NOT_CLOSED_HERE = "a quote opens here and is never closed"
UNMERGED = "marks a place where two versions of this file were not merged"
QUOTE_OPEN = "a text in quotes is not closed above this line"
BACKSLASH = "a backslash means something else in double quotes"
NOTHING = "all that follows # is a remark, so this is empty"

REFUSED = {
    "phone: 555-0100 #12": (1, 17, CUT),
    "phone: 555-0100  # 12": (1, 18, CUT),
    "phone: 555-0100   # at night": (1, 19, CUT),
    "- text: Room #5": (1, 14, CUT),
    "- text: Room # 5": (1, 14, CUT),
    "- text: Room  #5": (1, 15, CUT),
    "- text: Room\t# five": (1, 14, CUT),
    "- room  # 5": (1, 9, CUT),
    "- Take 2 #3 pills": (1, 10, CUT),
    "a: two words # rest": (1, 14, CUT),
    "a: two words  # rest": (1, 15, CUT),
    "a: Press #": (1, 10, CUT),
    "a: press  #": (1, 11, CUT),
    "a: two words # rest\n  more": (1, 14, CUT),
    "a: one\n  two # three": (2, 7, CUT),
    "'a' # b: c": (1, 5, CUT),
    'a: "Room" #5': (1, 11, CUT),
    'a: "Room"#5': (1, 10, CUT),
    "a: 'Room' # five": (1, 11, CUT),
    "a: [one, two] # and three, four]": (1, 15, CUT),
    "a: 2026-12-01 # or later": (1, 15, CUT),
    "a: null # of these": (1, 9, CUT),
    "a: true # or not": (1, 9, CUT),
    "a: [one, two]#3": (1, 14, CUT),
    "a: [one, two] #3": (1, 15, CUT),
    "a: [one,#two\n three]": (1, 9, CUT),
    "a: [Room #5, two]": (1, 10, CUT),
    "a: {b: Room #5, c: d}": (1, 13, CUT),
    "a: [one two # three\n , four]": (1, 13, CUT),
    "a: |# five\n  six": (1, 4, "a text cannot start with |"),
    "a: > # five\n  six": (1, 6, CUT),
    "a: |  # 5\n  six": (1, 7, CUT),
    "a: # Our clinic": (1, 4, CUT),
    "a:  # 555-0100": (1, 5, CUT),
    "a: #134b5f": (1, 3, NOTHING),
    "- #5": (1, 2, NOTHING),
    "a: Go to\n  # 5 Main Street": (2, 3, LINE),
    "a: Go to\n  # 5 Main Street\n  and wait": (2, 3, CUT),
    "- Go to\n  # 5 Main Street\n- b": (2, 3, LINE),
    "a:\n  # 5 Main Street\n  Go there": (2, 3, LINE),
    "a:\n  # 5 Main Street\nb: c": (2, 3, LINE),
    "-\n  # 5\n- b": (2, 3, LINE),
    "a: |\n  one\n # two": (3, 2, LINE),
    "a: [one,\n  #2,\n  three]": (2, 3, LINE),
    "a: [one\n  # two\n  ]": (2, 3, LINE),
    "- text: &Do not take two": (1, 9, NO_ANCHOR),
    "- &Salt and vinegar": (1, 3, NO_ANCHOR),
    "- &Salt": (1, 3, NO_ANCHOR),
    "- &Salt x\n- &Salt y": (2, 3, NO_ANCHOR),
    "a: &Name\n  b: c": (1, 4, NO_ANCHOR),
    "a: &Name [b]": (1, 4, NO_ANCHOR),
    "a: [b, &Name c]": (1, 8, NO_ANCHOR),
    "&Name b: c": (1, 1, NO_ANCHOR),
    'a: &Name "b"': (1, 4, NO_ANCHOR),
    "a: &Name |\n  b": (1, 4, NO_ANCHOR),
    "a: & b": (1, 5, "a text cannot start with * or &"),
    "a: *Name": (1, 4, "a text cannot start with *"),
    "- **Name**": (1, 4, "a text cannot start with * or &"),
    "a: &x b\nc: *x": (1, 4, "this value is repeated elsewhere by an alias"),
    "- !Do not": (1, 3, "the tag !Do is not known"),
    "- ! not": (1, 3, "a text cannot start with !"),
    "- !!str not": (1, 3, "a text cannot start with !"),
    "- !!seq [a]": (1, 3, "the tag !!seq is not known"),
    "!Do a: b": (1, 1, "the tag !Do is not known"),
    "%YAML 1.2\n---\na: b": (1, 1, "a line cannot start with %"),
    "%Note one\n---\na: b": (1, 6, "a line cannot start with %"),
    "a: %5": (1, 4, "a text cannot start with %"),
    "a: @home": (1, 4, "a text cannot start with @"),
    "a: `home`": (1, 4, "a text cannot start with `"),
    "a: “b: c”": (1, 6, "“ is a curly quote, which does not quote a text"),
    "a: “b”": (1, 4, "this whole text is in curly quotes, which would be printed"),
    'a:\n  b: "one\n  c: two\nd: {e: f}\n': (2, 6, NOT_CLOSED_HERE),
    'a: "one\n- b\nc: "d"': (1, 4, NOT_CLOSED_HERE),
    "a: b\n<<<<<<< HEAD\nc: d": (2, 1, f"<<<<<<< {UNMERGED}"),
    "a: b\nc: d\n>>>>>>> other\n": (3, 1, f">>>>>>> {UNMERGED}"),
    "? what": (1, 1, "a text cannot start with ? and a space"),
    "- ? what": (1, 3, "a text cannot start with ? and a space"),
    "a: |2\n    mmol": (1, 4, "a text cannot start with |"),
    "a: >5\n       mmol": (1, 4, "a text cannot start with >"),
    "a: |": (1, 4, "a text cannot start with |"),
    "a: >\nb: c": (1, 4, "a text cannot start with >"),
    "a: >5 mmol": (1, 7, "a text cannot start with > or |"),
    "- one\n  - two": (2, 3, CONTINUED),
    "- one\n  -two": (2, 3, NO_BLANK),
    "-one\n- two": (1, 1, NO_BLANK),
    "- a: one\n-two\n- three": (2, 1, NO_BLANK),
    "- one\n  -5 degrees": (2, 3, CONTINUED),
    "• one\n- two": (1, 1, f"{NO_ENTRY} •"),
    "- one\n\u2013 two\n- three": (2, 1, f"{NO_ENTRY} \u2013"),
    "a:\n  * one": (2, 3, f"{NO_ENTRY} *"),
    "a:\n  1. one\n  - two": (2, 3, f"{NO_ENTRY} 1."),
    "a:\n  - one\n  2. two\n  - three": (3, 3, f"{NO_ENTRY} 2."),
    "- a:one\n  b: c": (1, 4, "a space is missing behind this colon"),
    "- {a: “b: c”, d: e}": (1, 9, "“ is a curly quote, which does not quote a text"),
    "- {a: b, c: No: not this.}": (1, 15, "this line has a second colon"),
    "- {a: b,\n  c: No: not this.}": (2, 8, "this line has a second colon"),
    "a: [b, c\nd: e": (1, 4, "a bracket is not closed, or a comma is missing"),
    "a: 'You don't know'": (1, 13, APOSTROPHE),
    "a: ['You don't know', b]": (1, 14, APOSTROPHE),
    "a: {b: 'You don't know', c: d}": (1, 17, APOSTROPHE),
    "a: one\n  only:[ckd]": (2, 3, CONTINUED),
    "a: one\n  only: [ckd]": (2, 7, "this line is indented differently from the lines above it"),
    'a: "one\nb: two"': (2, 1, QUOTE_OPEN),
    "- 'one\n- two'": (2, 1, QUOTE_OPEN),
    'a: "and\\nor"': (1, 8, BACKSLASH),
    'a: "Take\\tablets"': (1, 9, BACKSLASH),
    'a: "km\\reading"': (1, 7, BACKSLASH),
    'a: "one\\\n  two"': (1, 8, BACKSLASH),
    'a: "one" two': (1, 10, "more words follow after the closing quote"),
    "a: [Take 1,000 mg]": (1, 11, "this comma would make two texts of one"),
    "a: [Take 1 ,5 mg, other]": (1, 12, "this comma would make two texts of one"),
    "a: [Take 1\t ,5 mg]": (1, 13, "this comma would make two texts of one"),
    "a: [Take 1\n  ,5 mg]": (2, 3, "this comma would make two texts of one"),
    "a: [Cover a sore with a clean, dry bandage.]": (1, 32, CUTS.format("dry bandage.")),
    "a: [Do not soak, unless told to., Do not walk, barefoot.]": (
        1,
        18,
        CUTS.format("unless told to."),
    ),
    '- {do: [Eat "less", and more]}': (1, 21, CUTS.format("and more")),
    "- - [Rest, sit down]": (1, 12, CUTS.format("sit down")),
    "a: b\n \tc: d": (2, 2, "there is a tab here"),
    "a:\n  - b\n\t- c": (3, 1, "there is a tab here"),
    "a: Null": (1, 4, "'Null' means nothing in YAML"),
    "a: 1\n'a': 2": (2, 1, "the key 'a' is used twice; it was first used in line 1"),
    "<<: {a: b}": (1, 1, "merge keys (<<) are not used here"),
    "a: one\n--- two": (2, 1, "a second document starts here"),
    "a: one\n...\ntwo": (3, 1, "nothing may come below the line '...'"),
    "a: b\rc: d\ne: f g  # h": (
        1,
        5,
        "the end of a line is stored here in an old way (a carriage return alone)",
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_would_lose_a_word_is_refused_at_its_place(text: str) -> None:
    """Each way in which YAML drops or moves words is reported with line and column."""
    assert reported(text)[:1] == (REFUSED[text],)


def test_texts_that_lack_quotes_hide_nothing_below_them() -> None:
    """Each is told, and the rest of the file is read as if they were in quotes."""
    text = "a: It's so: no\nb:\n  - @c\n  - d\n  - e: “f: g”\n"
    with pytest.raises(UnquotedTextError) as refused:
        read_yaml(text.encode(), "x.yaml")
    places = [problem.location for problem in refused.value.problems]
    assert [(place.line, place.column) for place in places if place] == [(1, 11), (3, 5), (5, 10)]
    assert refused.value.file.data == {"a": "It's so: no", "b": ["@c", "d", {"e": "“f: g”"}]}


@pytest.mark.parametrize(
    "text",
    [
        "a: b: c\n  d\ne: @f",  # The text goes on below.
        "a: b: c # d\ne: @f",
        "a: {b: c,\n  d: e: f}\ng: @h",
    ],
)
def test_where_quotes_may_not_be_all_that_is_missing_nothing_more_is_told(text: str) -> None:
    """What is below such a line would be told wrongly."""
    assert len(reported(text)) == 1


def test_a_text_that_holds_its_quotes_is_to_be_put_in_others() -> None:
    """It is in quotes already, so to put it in quotes would be no help."""
    with pytest.raises(TeachbackError) as refused:
        read_yaml(b'a: "Say "no" to it"', "x.yaml")
    assert refused.value.problems[0].hint.endswith("in the other kind of quotes: '...'.")


READ = {
    "a: low-urine             # raised": {"a": "low-urine"},
    "a: [1, 5]": {"a": ["1", "5"]},
    "a: [Take 1 , 5 mg]": {"a": ["Take 1", "5 mg"]},
    "a: ['1','5']": {"a": ["1", "5"]},
    "a: 2026-12-01  # a date": {"a": "2026-12-01"},
    "a: 3.5 in  # wide": {"a": "3.5 in"},
    "a: 5   # the grade": {"a": "5"},
    "a: images/cup.png  # drawn by hand": {"a": "images/cup.png"},
    "a: https://example.org/b#c  # seen": {"a": "https://example.org/b#c"},
    "a: zh-Hans  # a language": {"a": "zh-Hans"},
    "a: null  # nobody yet": {"a": None},
    "a:       # nobody yet": {"a": None},
    "a: {b: c}     # one": {"a": {"b": "c"}},
    "a: [b, c]  # two": {"a": ["b", "c"]},
    "a: [b,   # first\n  c]": {"a": ["b", "c"]},
    "a: [b,\n  # c,\n  d]": {"a": ["b", "d"]},
    'a: "Room 5"  # five': {"a": "Room 5"},
    "a:   # for each\n  b: c": {"a": {"b": "c"}},
    "a:\n  # for each\n  b: c": {"a": {"b": "c"}},
    "a:  # three\n  # four\n  - b\n  # five\n  - c\n# six\n": {"a": ["b", "c"]},
    "- # one\n  a: b": None,
    "-  # one\n  a: b\n  # two\n  c: d": [{"a": "b", "c": "d"}],
    "a: b\n\n# c\n": {"a": "b"},
    "a: |  # as it is\n  b # c\n  # d\n": {"a": "b # c\n# d\n"},
    "a: >-\n  b\n  c\n": {"a": "b c"},
    "a: C#4 & b*c, 5% of d@e | f > g!": {"a": "C#4 & b*c, 5% of d@e | f > g!"},
    "a: one\n  two": {"a": "one two"},
    "a: 'one\n  two'": {"a": "one two"},
    'a: "say \\"yes\\", \\u00e9"': {"a": 'say "yes", \u00e9'},
    "a: 'It''s # one & *two*'": {"a": "It's # one & *two*"},
    "---\na: b\n...\n": {"a": "b"},
    "a: b\r\nc: d  # e\r\n": {"a": "b", "c": "d"},
    "a: [b,c]": {"a": ["b", "c"]},
    "a: [Take 1, 000]": {"a": ["Take 1", "000"]},
}


@pytest.mark.parametrize("text", READ)
def test_a_plain_remark_and_a_plain_text_are_no_mistake(text: str) -> None:
    """Unmistakable comments, and signs inside a text, are accepted."""
    if READ[text] is None:
        assert reported(text)
    else:
        assert read_yaml(text.encode(), "x.yaml").data == READ[text]


def test_both_of_the_librarys_parsers_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyYAML's C parser, the results are the same."""
    monkeypatch.delattr(yaml, "CSafeLoader")
    spec = importlib.util.spec_from_file_location("yamlfile_without_c", yaml_reader.__file__)
    assert spec
    assert spec.loader
    plain = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, plain)
    spec.loader.exec_module(plain)
    monkeypatch.setitem(globals(), "read_yaml", plain.read_yaml)
    assert [text for text in REFUSED if not reported(text)] == []
    assert [
        text
        for text, data in READ.items()
        if data is not None and plain.read_yaml(text.encode(), "x.yaml").data != data
    ] == []


SIGNS = (
    "#",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "`",
    "-",
    "?",
    ":",
    ",",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "\\",
    "~",
    "<<",
    "...",
    "---",
    "#5",
    "&b",
)
PIECES = st.one_of(
    st.sampled_from(SIGNS),
    st.sampled_from(("take", "Two", "555-0100", "3", "mg", "null", "n\u00e9")),
)
JOINTS = st.sampled_from((" ", " ", "  ", "", "\t", "\n", "\n  ", "\n    ", "\n      "))
TEXTS = st.lists(st.tuples(PIECES, JOINTS), min_size=1, max_size=7).map(
    lambda parts: "".join(a + b for a, b in parts).strip()
)
PLACES = (
    "a: {}\n",
    "a: {}\nb: c\n",
    "- {}\n",
    "- {}\n- b\n",
    "- - {}\n",
    "a:\n  - {}\n  - text: b\n",
    "a:\n- {}\n- b\n",
    "a:\n  {}\nb: c\n",
    "a: [{}]\n",
    "a: [b, {}, c]\n",
    "a: {{b: {}, c: d}}\n",
    'a: "{}"\n',
    "a: '{}'\nb: 'c'\n",
    "a: |\n  {}\n",
    "a: >-\n  {}\nb: c\n",
    "{}: b\n",
    "- {}: b\n  c: d\n",
)


def seen(text: str) -> str:
    """Return the letters and digits of a text."""
    return "".join(character for character in text if character.isalnum())


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, st.sampled_from(PLACES))
def test_no_letter_of_a_file_is_lost(text: str, place: str) -> None:
    """Each letter of a file is read in order, or a problem is reported.

    Only plain comments are not read: a line of its own, or one behind two spaces.
    """
    file = place.format(text)
    problems = reported(file)
    if problems:
        assert all(line > 0 and column > 0 for line, column, _ in problems)
        return
    data = read_yaml(file.encode(), "x.yaml").data
    without = re.sub(r"(?m)^[ \t]*#.*|[ \t]{2}[ \t]*#([ \t].*|$)", "", file)
    letters = seen("".join("" if data_text is None else data_text for data_text in words_in(data)))
    nothing = re.sub(r"(?<![\w'\"])(null|~)(?![\w'\"])", "", without)
    assert letters in {seen(file), seen(without), seen(nothing)}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, st.sampled_from(("a: {}\n", "- {}\n", "a: [b, {}, c]\n", "a:\n  - {}\n  - b\n")))
def test_a_text_on_one_line_is_read_as_written_or_told(text: str, place: str) -> None:
    """An unquoted value is read as written, has another type, or is a problem."""
    text = " ".join(text.split())
    file = place.format(text)
    if reported(file):
        return
    data = read_yaml(file.encode(), "x.yaml").data
    (value,) = data.values() if isinstance(data, dict) else (data,)
    value = value[int("b," in file)] if isinstance(value, list) and value else value
    # A value of another type is refused by the model where text belongs. A flow list is split at
    # its commas.
    if isinstance(value, str) and text[0] not in "\"'" and "," not in text:
        assert value == text
    if value is None:
        assert text in {"null", "~"} or "," in text


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: [", 1, 4),
        ("a: [b,\n", 1, 4),
        ("- a\n- {\n\n  ", 2, 3),
        ('a:\n  [b, "[c",\n\n# d\n', 2, 3),
        ("{\na: ", 1, 1),
        ("a: [b, {c: d}, ", 1, 4),
        ("a: {b: [c], d: ", 1, 4),
        ("a: [b, c,  # see [1]\n", 1, 4),
        ('a: ["b \\" [ c", ', 1, 4),
        ("a: [b, 'c\n  d [e', \n", 1, 4),
        ("a: don't [b] it's\nc: [d,\n", 2, 4),
    ],
)
def test_a_bracket_that_nothing_closes_is_told_at_its_place(
    text: str, line: int, column: int
) -> None:
    """The parser stops behind the last line, where there is nothing to see."""
    ((told_line, told_column, message),) = reported(text)
    assert (told_line, told_column) == (line, column)
    assert message == "a bracket opens here, and nothing closes it"


DAMAGED = (
    *(
        "a: ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\n",
        "\n  ",
        '"',
        "'",
        "# b",
        "? ",
        "&c ",
        "*c ",
        "!d ",
    ),
    *("|\n", "> ", "e", "%F\n", "---\n", "...\n", "\t", ": "),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(DAMAGED), max_size=9).map("".join))
def test_no_damaged_file_ends_in_an_internal_fault(text: str) -> None:
    """A file is read, or each of its problems has a place."""
    assert all(line > 0 and column > 0 for line, column, _ in reported(text))
