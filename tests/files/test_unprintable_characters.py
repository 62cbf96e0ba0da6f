"""Invisible characters, look-alike letters and missing spaces are found."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts_as_read import check_text

from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.content.inline_markup import marks_problems
from teachback.editions.missing_blanks import missing_blanks, missing_stops, spaced
from teachback.editions.passages import ReaderContext, as_read
from teachback.errors import Severity, TeachbackError
from teachback.files.images import picture_fault
from teachback.files.text_decoding import decode
from teachback.files.unprintable_characters import (
    faults,
    is_odd_blank,
    is_unseen,
    lowered,
    visible_form,
)
from teachback.files.yaml_reader import read_yaml
from teachback.merge.records.field_values import unprintable_reason
from teachback.proofing.expected_text import comparison_key

if TYPE_CHECKING:
    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.files.workspace import Workspace

# From DerivedCoreProperties.txt of Unicode 15.1 (Default_Ignorable_Code_Point), independent of the
# program's own list.
IGNORABLE = (
    *(
        0xAD,
        0x34F,
        0x61C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        *range(0x180B, 0x1810),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
    ),
    *(
        *range(0x2060, 0x2070),
        0x3164,
        *range(0xFE00, 0xFE10),
        0xFEFF,
        0xFFA0,
        *range(0xFFF0, 0xFFF9),
        *range(0x1BCA0, 0x1BCA4),
    ),
    *(*range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
)
# Format characters and blanks. Planes 4 to 13 hold no character, and the last two only private ones.
LISTED = frozenset(map(chr, (*IGNORABLE, 0x2800)))
UNSEEN = [
    letter
    for letter in map(chr, (*range(0x40000), *range(0xE0000, 0xF0000)))
    if letter in LISTED or (unicodedata.category(letter) in {"Cf", "Zs"} and letter != " ")
]
TEXT = "Take ibuprofen for pain, 2 pills."


@pytest.fixture(scope="session")
def rules(builtin: Workspace) -> TextRules:
    """Return the built-in clinical text rules."""
    return load_clinical_rules(builtin)


def found(text: str, rules: TextRules) -> list[tuple[str, Severity]]:
    """Return rule and severity of each finding in a text for readers with CKD."""
    return [(finding.rule, finding.severity) for finding in check_text(text, rules)]


def codes(text: str) -> list[str]:
    """Return the code of the character that each fault of a text names."""
    return [message.partition("U+")[2].split()[0].rstrip(":,") for _, message, _ in faults(text)]


def test_the_whole_family_is_known() -> None:
    """All default-ignorable and format characters and odd spaces are known.

    The only other one is Unicode's null notehead.
    """
    assert len(UNSEEN) > 4000
    assert [
        letter
        for letter in UNSEEN
        if not (is_unseen(letter) or is_odd_blank(letter) or letter in "\u00a0\u202f")
    ] == []
    every = (chr(number) for number in range(0x110000))
    assert [
        letter
        for letter in every
        if (is_unseen(letter) or is_odd_blank(letter)) and letter not in UNSEEN
    ] == ["\U0001d159"]


@given(st.sampled_from(UNSEEN), st.integers(0, len(TEXT)))
def test_an_unseen_character_is_refused_or_makes_no_difference(letter: str, at: int) -> None:
    """An invisible character is refused with name and place, or makes no difference."""
    text = TEXT[:at] + letter + TEXT[at:]
    raw = f"title: A\nmessage: '{text}'\n".encode()
    try:
        read_yaml(raw, "x.yaml")
    except TeachbackError as error:
        first = error.problems[0]
        assert f"U+{ord(letter):04X}" in first.message
        assert first.location is not None
        assert (first.location.line, first.location.column) == (2, 11 + at)
        assert first.hint
    else:
        blank = " " if letter in "\u00a0\u202f" else ""
        assert visible_form(text) == TEXT[:at] + blank + TEXT[at:]
        assert comparison_key(text) == comparison_key(TEXT)


@pytest.mark.parametrize("text", ["ibu{}profen", "1{} mg", "{}No", "No{}.", "a {}b", "a{} b"])
def test_no_unseen_character_stands_in_a_latin_text(text: str) -> None:
    """Of all invisible characters, Latin text may hold only soft hyphens and no-break spaces.

    Every other one is named once.
    """
    letters = [letter for letter in UNSEEN if letter not in "\u00a0\u202f\u00ad"]
    assert [
        letter for letter in letters if codes(text.format(letter)) != [f"{ord(letter):04X}"]
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1\u00ad2",
            "\u00adword",
            "word\u00ad",
            "a \u00adb",
            "wo\u00ad\u00adrd",
            "5\u00admg",
            "mg\u00ad5",
            "wo\u00ad-rd",
            "**\u00adword**",
        ),
        *(
            "n\u0336o",
            "2\u20dd",
            "1\u20e3",
            "a\u0489",
            "\u0301a",
            "a \u0301",
            "5\u0301",
            "z\u0300\u0301\u0302",
            "\u0e14" + "\u0e49" * 9,
            "ibu\u05b4profen",
            "ibu\u093fprofen",
            "ibu\u0651profen",
        ),
        *(
            "1\u0662",
            "\uff11" + "1",
            "x\ue000",
            "x\ufffd",
            "x\ufffc",
            "x\uffff",
            "x\x07",
            "x\u2028",
        ),
        *(
            "ibupr\u043efen",
            "\u0410dvil",
            "\u0421\u043e\u0441\u043e\u0430",
            "\u0392anana",
            "b\u0561nan\u0585",
            "\u13aadvil",
        ),
    ],
)
def test_what_hides_or_swaps_a_letter_is_refused(text: str) -> None:
    """Misplaced soft hyphens and marks, mixed digits and words of two scripts are refused."""
    assert list(faults(text))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Kalium\u00adwert und Blut\u00addruck",
            "Prenez 5\u202f% \u00ab\u00a0Non\u00a0\u00bb\u202f!",
            "z.\u00a0B. 5\u00a0mg",
            "na\u00efve caf\u00e9",
            "cafe\u0301",
        ),
        *(
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0915\u094d\u200d\u0937",
            "\u0915\u094d\u200c\u0937",
            "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
            "\u0d28\u0d4d\u200d",
        ),
        *(
            "\u05e9\u05dc\u05d5\u05dd\u200f 5",
            "\u0627\u0644\u0645\u0627\u0621 \u200e-5",
            "\u0e01\u200b\u0e02",
            "\u1820\u180e\u1821",
            "\u845b\U000e0100",
        ),
        *(
            "TNF\u03b1, \u03b2-blocker, 5 \u03bcg, 5 \u00b5g, \u0394T",
            "\u041f\u0440\u0438\u0432\u0435\u0442 \u0430 \u0441\u043e",
            "\u0391\u03bd \u03c0\u03bf\u03bd\u03ac\u03c4\u03b5",
        ),
        *(
            "\u0e14\u0e37\u0e48\u0e21\u0e19\u0e49\u0e33",
            "\u0bae\u0bbe\u0ba4\u0bcd",
            "Vi\u1ec7t, Vie\u0323\u0302t",
            "\u4f7f\u7528ibuprofen\u540e\uff0c",
            "=\u0338",
            "\u00bd, 10\u00b2, \u2122, \u2264 5 \u20ac, \u2192",
        ),
        *(
            "\u05d1\u05bc\u05b8\u05e8\u05b5\u05d0",
            "\u0645\u064f\u062d\u0645\u0651\u064e\u062f",
            "\u0661\u0662\u0663",
            "\u0130stanbul \u0131\u015f\u0131k",
        ),
    ],
)
def test_what_a_language_needs_is_left_alone(text: str) -> None:
    """Joiners, direction marks, accents, units and other scripts are allowed where needed."""
    assert list(faults(text)) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ibu\u00adprofen",
            "ibuprofen\u00a0",
            "\uff49\uff42\uff55\uff50\uff52\uff4f\uff46\uff45\uff4e",
            (
                "\U0001d422\U0001d41b\U0001d42e\U0001d429\U0001d42b\U0001d428\U0001d41f"
                "\U0001d41e\U0001d427"
            ),
        ),
        *(
            "\u0131buprofen",
            "\u026a\u0299\u1d1c\u1d18\u0280\u1d0f\ua730\u1d07\u0274",
            "\u24d8bu\u24dfrofen",
        ),
        *(
            "ibup\u0304rof\u030d\u0304en",
            "ibuprof\u00e9n",
            "\u00edbuprofen",
            "ibuprof\u00e9n",
            "\u00edbuprofen",
            "ibuprofen\u2122",
            "ibu\u00adpro\u00adfen\u202f",
            "I\u00adbuprofen",
        ),
    ],
)
def test_rules_read_the_letters_that_the_eye_reads(name: str, rules: TextRules) -> None:
    """A medicine's name in other letter shapes, or with soft hyphens, is found."""
    assert (
        found(f"Take {name} for pain.", rules)
        == found("Take ibuprofen for pain.", rules)
        == [("nsaid", Severity.ERROR)]
    )


@pytest.mark.parametrize("hyphen", "-\u2010\u2011\u2012\u2212\uff0d\ufe63")
def test_a_hyphen_of_any_kind_joins_a_name(hyphen: str, rules: TextRules) -> None:
    """A name that a rule looks for is found with any of Unicode's hyphens."""
    assert found(f"Use a salt{hyphen}substitute.", rules) == [("salt-substitute", Severity.ERROR)]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        *(
            ("&#8203;", "U+200B"),
            ("&#x200b;", "U+200B"),
            ("&ZeroWidthSpace;", "U+200B"),
            ("&NoBreak;", "U+2060"),
            ("&shy;2", "U+00AD"),
        ),
        *(
            ("&zwj;", "U+200D"),
            ("&rlm;", "U+200F"),
            ("&#8238;", "U+202E"),
            ("&ThickSpace;", "U+205F"),
            ("&emsp;", "U+2003"),
            ("&hairsp;", "U+200A"),
        ),
        *(
            ("{{ '\\u200b' }}", "U+200B"),
            ("{{ '\\xad' }}", "U+00AD"),
            ("{{ '\\N{HANGUL FILLER}' }}", "U+3164"),
            ("{{ '\\U000e0041' }}", "U+E0041"),
        ),
        *(
            ("a{content: '\\200B'}", "U+200B"),
            ("a{content: 'x\\00200b y'}", "U+200B"),
            ("a{content: '\\202e'}", "U+202E"),
            ("a{content: '\\3164'}", "U+3164"),
        ),
    ],
)
def test_a_code_in_a_template_or_style_is_read_as_its_character(code: str, what: str) -> None:
    """HTML entities and escapes of CSS and Jinja are refused like the character itself."""
    with pytest.raises(TeachbackError) as refused:
        decode(f"<p>\n  {code}</p>".encode(), "x.html", markup=True)
    assert what in refused.value.problems[0].message
    assert refused.value.problems[0].location is not None
    assert refused.value.problems[0].location.line == 2


def test_harmless_codes_of_templates_and_styles_stay() -> None:
    """No-break spaces, soft hyphens inside words, signs and icons may be written as escapes."""
    text = (
        "<p>5&nbsp;mg &amp; Blut&shy;druck &copy; &ndash; &#233; {{ '\\u2013' }} a{content: "
        "'\\2022 \\e900\\A '} &unknown; \\d"
    )
    assert decode(text.encode(), "x.html", markup=True) == text


def test_letters_of_a_drawing_are_looked_at() -> None:
    """A drawing with an invisible character in its text is refused; other parts are not checked."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 '
        '9"><title>a&#x200b;b</title><text>ibu{}<tspan>profen</tspan></text></svg>'
    )
    fault = picture_fault(drawing.format("&#x200b;").encode(), ".svg")
    assert fault is not None
    assert "U+200B zero width space" in fault[0]
    assert picture_fault(drawing.format("").encode(), ".svg") is None


@pytest.mark.parametrize(
    "key",
    ['"mes\\u200bsage"', '"mes\\u00adsage"', "mes\u00adsage", "mes\u00a0sage", '"mess\\u0430ge"'],
)
def test_a_key_has_plain_letters(key: str) -> None:
    """A key with a hidden character is reported for that character."""
    with pytest.raises(TeachbackError) as refused:
        read_yaml(f"title: A\n{key}: b\n".encode(), "x.yaml")
    assert "U+" in refused.value.problems[0].message


@pytest.mark.parametrize(
    "escape",
    [
        "\\u200b",
        "\\uFEFF",
        "\\u3164",
        "\\ufe0f",
        "\\u2800",
        "\\u034f",
        "\\U000E0101",
        "\\u2009",
        "\\u00ad2",
        "\\L",
    ],
)
def test_an_escape_in_double_quotes_is_refused_as_its_character(escape: str) -> None:
    """A forbidden character cannot be written as an escape either."""
    with pytest.raises(TeachbackError, match=r"U\+"):
        read_yaml(f'message: "one {escape} two"\n'.encode(), "x.yaml")


def test_the_address_of_a_link_has_no_hidden_characters() -> None:
    """A link's address with a soft hyphen is not the one that a reader sees."""
    assert [
        problem.message for problem in marks_problems("See [us](https://exam\u00adple.org).")
    ] == ["the address of a link holds the character U+00AD soft hyphen"]
    assert marks_problems("See [us\u00a0all](https://example.org) or Blut\u00addruck.") == ()


def test_a_record_holds_none_of_them() -> None:
    """Records use the same list, more strictly: a name has no soft hyphen."""
    assert [
        letter
        for letter in UNSEEN
        if letter not in "\u00a0\u202f" and not unprintable_reason(f"Ann{letter}a")
    ] == []


# Pairs of sentences, of which the second gives harmful advice. Apart, each is found.
PAIRS = (
    ("Avoid NSAIDs", "Take ibuprofen for pain."),
    ("Avoid salt", "Eat a banana before bed."),
    ("Drink less", "Eat star fruit every day."),
)
JOINS = (
    ".",
    "!",
    "?",
    "?!",
    "\u2026",
    "...",
    ":",
    ";",
    '."',
    ".\u201d",
    ".\u2019",
    ".)",
    "!)",
    "\u3002",
    "\uff0e",
    "\u2024",
    ".(",
    ".\u201c",
    ".\u2022",
    ".\u2013",
    ".\u2014",
)


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("small", [False, True])
def test_a_missing_blank_changes_no_finding(
    join: str, pair: tuple[str, str], rules: TextRules, *, small: bool
) -> None:
    """Two sentences give the same findings with and without a space between them."""
    first, second = pair
    second = second[0].lower() + second[1:] if small else second
    split = len(join.rstrip("(\u201c\u2022\u2013\u2014"))
    apart = f"{first}{join[:split]} {join[split:]}{second}"
    assert found(f"{first}{join}{second}", rules) == found(apart, rules)
    assert any(severity is Severity.ERROR for _, severity in found(f"{first}{join}{second}", rules))


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("Take vitamin C.Eat fruit.", "Take vitamin C. Eat fruit."),
        ("Made in the U.S.Take it.", "Made in the U.S. Take it."),
        ("Come at 10 a.m.Bring pills.", "Come at 10 a.m. Bring pills."),
        ("Not over 300.Call us.", "Not over 300. Call us."),
        ("Up to 25%.Take it.", "Up to 25%. Take it."),
        ("Avoid salt.2 bananas are fine.", "Avoid salt. 2 bananas are fine."),
        ("Avoid salt.A banana is fine.", "Avoid salt. A banana is fine."),
        ("Read www.example.org.Take it.", "Read www.example.org. Take it."),
        ("Write to us@example.org.Take it.", "Write to us@example.org. Take it."),
        ('She said."Take it."', 'She said. "Take it."'),
        ('"Take it."Then rest.', '"Take it." Then rest.'),
        ("Call.{clinic.phone}", "Call. {clinic.phone}"),
        ("salt,water", "salt, water"),
        ("Avoid NSAIDs .Take it.", "Avoid NSAIDs . Take it."),
        ("Avoid NSAIDs !take it.", "Avoid NSAIDs ! take it."),
        ("Is it right?No.Take none.", "Is it right? No. Take none."),
        ("Read https://example.org/salt.Take it.", "Read https://example.org/salt. Take it."),
    ],
)
def test_the_blank_is_put_where_it_belongs(text: str, apart: str) -> None:
    """Spaces are added after sentences that end in a letter, number, abbreviation or address."""
    assert spaced(text) == apart
    assert {missing.ends for missing in missing_blanks(text)} == {True}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "3.5 mg",
            "2.5%",
            "$3.50",
            "1,000",
            "10:30",
            "2026.11.28",
            "1:10",
            "(BMJ 2009;339:b2707)",
            "5,000-6,000",
            "v1.2",
            "B12.",
            "3.5mg",
            "pH:7",
        ),
        *(
            "U.S. Army",
            "e.g. this",
            "i.e., this",
            "10 a.m. today",
            "10:30a.m.",
            "9 a.m.-5 p.m.",
            "9 a.m.\u20135 p.m.",
            "q.i.d.",
            "U.S.A.",
            "J.R. Smith",
            "Ph.D. work",
            "B.Sc.",
        ),
        *(
            "www.example.org",
            "example.org",
            "kidney.example.org/a.Take?b=c:d;e",
            "https://x.org/a.Take?b=c:d;e",
            "us@example.org.uk",
            "handout.pdf",
            "teachback.toml",
        ),
        *(
            "pill(s).",
            "and/or",
            "(e.g., salt)",
            "No.5",
            "p.5",
            "N,N-x",
            "2,4-D",
            "mg/dL.",
            "{clinic.after_hours}.",
            "(303) 555-0123",
            "tel:+13035550123",
        ),
    ],
)
def test_numbers_abbreviations_and_addresses_stay_whole(text: str) -> None:
    """Numbers, abbreviations and addresses miss no space."""
    assert spaced(text) == text
    assert missing_blanks(text) == ()


@given(st.text("aB.!?:; ,)\"'\u20193(\u00e9\u2026-{}", max_size=12))
def test_blanks_are_only_added(text: str) -> None:
    """No letter is lost or moved, and a second pass adds nothing."""
    assert spaced(text).replace(" ", "") == text.replace(" ", "")
    assert spaced(spaced(text)) == spaced(text)


@pytest.mark.parametrize(
    "text",
    [
        "Avoid salt Eat a banana before bed.",
        "Avoid NSAIDs Take ibuprofen for pain.",
        "Learn when to take Advil Take ibuprofen for pain.",
        "How long it lasts Take ibuprofen for pain.",
    ],
)
def test_a_missing_full_stop_is_seen_by_the_verb_that_begins_a_sentence(
    text: str, rules: TextRules
) -> None:
    """When lines are joined, a capitalised verb shows where the sentence before it ends."""
    assert missing_stops(text)
    assert any(severity is Severity.ERROR for _, severity in found(text, rules))


@pytest.mark.parametrize(
    "text",
    [
        "When on Coumadin Call us before you take Advil.",
        "When Your Chest Hurts Call 911.",
        "What Is Gout Drink water each day.",
        "Know What Is in Advil Avoid it.",
        "Ask Why Your Doctor Chose Lisinopril Take it at night.",
        "How Your Kidneys Work Drink less.",
        "How Vaccines Prevent Diseases Stop at one page.",
    ],
)
def test_a_full_stop_is_missing_behind_the_words_of_a_title(text: str) -> None:
    """An order behind a question in capitals begins a sentence."""
    assert missing_stops(text)


@pytest.mark.parametrize(
    "text",
    [
        "How to Take your pills",
        "Please Take one",
        "When to Call us now",
        "Ask about Take Control classes",
        "Rest. Take one",
        "Dr. Lee can Help",
        "For more, go to the topic How the Lungs Work in our list.",
    ],
)
def test_a_capital_letter_alone_is_no_new_sentence(text: str) -> None:
    """A capital in a title, or after a word that leads on, starts no sentence."""
    assert missing_stops(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Avoid **NSAIDs.** Take it",
        "Avoid [NSAIDs.](https://example.org)Take it",
        "|\n  Avoid NSAIDs.\n  Take it",
    ],
)
def test_marks_and_folded_lines_hide_no_end(text: str) -> None:
    """Sentences are separated even if stars, links or line ends are between them."""
    data = read_yaml(f"message: {text}\n".encode(), "x.yaml").data["message"]
    assert ReaderContext(("ckd",), {}).read(data) == "Avoid NSAIDs. Take it"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Eat a banana\u00b2 each day.", "Eat a banana each day."),
        (
            "Stop\u00b9 your dialysis.\u00b2 Then rest*, or call\u2020.",
            "Stop your dialysis. Then rest, or call.",
        ),
        ("Take ibuprofen* (or aspirin\u2021) for pain.", "Take ibuprofen (or aspirin) for pain."),
        ("Not over 300.\u00b9 Call us.", "Not over 300. Call us."),
        ("Take ibuprofen400mg for pain.", "Take ibuprofen 400 mg for pain."),
        ("Take 400mgibuprofen.Then rest.", "Take 400 mg ibuprofen. Then rest."),
        (
            "Take 400MG, 2tablets or 400micrograms/day.",
            "Take 400 MG, 2 tablets or 400 micrograms/day.",
        ),
        ("Ask us about SGLT2 pills.", "Ask us about SGLT2 pills."),
    ],
)
def test_rules_read_through_footnote_signs_and_missing_blanks(text: str, read: str) -> None:
    """A word with a footnote sign or a number beside it is still that word."""
    assert as_read(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "10\u00b2 and 5 * 3",
        "B12, A1C, HbA1c, T4, 1st, 10am, 1960s, H2O",
        "a1b2@x.org, www.abcde123.org and chart2024.pdf",
    ],
)
def test_powers_names_and_addresses_are_read_as_they_stand(text: str) -> None:
    """Powers, names and addresses stay as they are."""
    assert as_read(text) == text
    assert as_read("Vitamin B\u00b9\u00b2, 5 cm\u00b2") == "Vitamin B12, 5 cm2"


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("Take ibuprofen400mg for pain.", "Take ibuprofen 400 mg for pain."),
        ("Take 400mgibuprofen for pain.", "Take 400 mg ibuprofen for pain."),
        ("Take ibuprofen\u00b9 for pain.", "Take ibuprofen for pain."),
        ("Take ibuprofen\u2020 for pain.", "Take ibuprofen for pain."),
        ("Eat a banana\u00b2 each day.", "Eat a banana each day."),
        ("Take ibupro- fen for pain.", "Take ibuprofen for pain."),
    ],
)
def test_a_name_with_a_sign_or_a_number_beside_it_or_a_line_end_in_it_is_found(
    text: str, apart: str, rules: TextRules
) -> None:
    """The rules give the same findings as for the text with spaces and without signs."""
    assert found(text, rules) == found(apart, rules)
    assert found(text, rules) != []


def test_a_text_in_lower_case_has_each_letter_at_its_place() -> None:
    """Accents go, quotes become straight, and no character takes more or less room."""
    assert lowered("\u0130BUPROF\u00c9N isn\u2019t \u2018Safe\u2019") == "ibuprofen isn't 'safe'"
    longer = [code for code in range(sys.maxunicode + 1) if len(lowered(chr(code))) != 1]
    assert longer == []
