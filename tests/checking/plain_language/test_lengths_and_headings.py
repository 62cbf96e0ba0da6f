"""Test the plain-language rules on their examples, and on sentences not written for them."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest
from texts_as_read import edition_of

from teachback.checking.plain_language.lengths_and_headings import (
    RULES,
    kinds,
    plain_language_findings,
)
from teachback.checking.plain_language.reading_grade import target_of
from teachback.checking.plain_language.unexplained_terms import passages_as_read
from teachback.checking.plain_language.word_lists import builtin_vocabulary, forms, load_vocabulary
from teachback.checking.rule import Example, ReaderText, Rule, problem_of
from teachback.content.handout import Handout
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.passages import ReaderContext, Role, passages
from teachback.errors import Severity
from teachback.files.workspace import Workspace, builtin_root, handout_files

if TYPE_CHECKING:
    from teachback.content.handout_loader import LoadedHandout

ROOT = Workspace(builtin_root(), builtin_root())
BY_ID = {rule.id: rule for rule in RULES}


def found_in(text: str, audience: str = "general") -> dict[str, str]:
    """Return the findings in a text: words by rule."""
    return {
        finding.rule: finding.words
        for finding in plain_language_findings(edition_of(Example(text, audience=audience)))
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_finds_its_bad_examples_and_passes_over_the_good_ones(rule: Rule) -> None:
    """`--explain` is true: a rule finds its bad examples and ignores its good ones."""
    assert len(rule.bad) >= 2
    assert len(rule.good) >= 2
    for example in rule.bad:
        assert rule.id in {
            finding.rule for finding in plain_language_findings(edition_of(example))
        }, example.text
    for example in rule.good:
        assert rule.id not in {
            finding.rule for finding in plain_language_findings(edition_of(example))
        }, example.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_says_why_and_from_where(rule: Rule) -> None:
    """A rule has an id of this kind, a reason and a source; none of them blocks printing."""
    assert rule.id.startswith("plain-")
    assert len(rule.why) > 40
    assert rule.sources
    assert rule.severity in {Severity.WARNING, Severity.HINT}


def test_rules_have_different_names() -> None:
    """No two rules share an id."""
    assert len(BY_ID) == len(RULES) >= 15


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (
            "The medication should be administered prior to breakfast.",
            "plain-passive plain-hard-word",
        ),
        (
            "Patients who experience nausea should notify their physician.",
            "plain-third-person plain-hard-word",
        ),
        (
            "Individuals with CKD must limit salt.",
            "plain-third-person plain-abbreviation plain-hard-word",
        ),
        ("In 12.5 per cent of cases it comes back.", "plain-percentage"),
        ("Your feet must always be dried with care.", "plain-passive"),
        ("The pill should be taken with food.", "plain-passive"),
        ("Your doctor may stop SGLT2 pills.", "plain-abbreviation"),
        ("A nurse starts an IV line.", "plain-abbreviation"),
        ("Your GFR is low.", "plain-abbreviation"),
        ("You may have hyperkalemia.", "plain-term"),
        ("Check for edema, redness, or pain.", "plain-term"),
        ("NSAIDs, potassium pills, and herbs", "plain-abbreviation plain-term"),
        ("Take a pill, a steroid, or a tea.", "plain-term"),
        ("NEVER skip your pills.", "plain-capitals"),
        ("IF YOU HAVE CHEST PAIN, CALL 911.", "plain-capitals"),
        ("No ICE CUBES in drinks.", "plain-capitals"),
        ("Potassium-rich food is not for you.", "plain-term"),
        ("You can't go without water.", "plain-double-negative"),
        ("Drink a few cups.", "plain-vague"),
        ("Drink a few cups, 3 times a day.", "plain-vague"),
        ("How to Discontinue Your Pills", "plain-hard-word"),
        ("Utilizing this plan facilitates sleep.", "plain-hard-word"),
        ("Adults over 65 should drink more.", "plain-third-person"),
        ("Take the pill orally.", "plain-hard-word"),
        ("Avoid what may trigger a cough.", "plain-hard-word"),
        ("This harms the bronchi and the pulmonary vein.", "plain-term"),
        ("## What GFR is\nWe look at it.", "plain-abbreviation"),
        ("No pill lacks a label.", "plain-double-negative"),
        ("Write to us, MD.", "plain-abbreviation"),
        ("Take it, MS 20000 mg.", "plain-abbreviation"),
        ("It may be seen by computer or CT.", "plain-abbreviation"),
        ("About 20 percent of older adults fall.", "plain-percentage"),
        ("Call us (non-stop BLEEDING MEANS DANGER).", "plain-capitals"),
        ("You have pulmonary hypertension, and your blood sugar is high.", "plain-term"),
        ("You do not need to avoid milk.", "plain-double-negative"),
        ("You have hypertension, and your blood sugar is high.", "plain-term"),
        ("It is a RED and NOT a GREEN pill.", "plain-capitals"),
        ("We will notify you.", "plain-hard-word"),
        ("High BP, or kidney disease in your family", "plain-abbreviation"),
        ("**Stop** \N{PILL}", "plain-emoji"),
    ],
)
def test_what_is_found(text: str, rules: str) -> None:
    """Exactly these rules find something in this text."""
    assert set(found_in(text)) == set(rules.split())


@pytest.mark.parametrize(
    "text",
    [
        "Your nurse will call you at 8 a.m. on Monday.",
        "Your leg may be swollen and red.",
        "Your therapy starts on Monday.",
        "Avoid the triggers of your cough.",
        "Oral herpes and muscular dystrophy are names.",
        "Pulmonary disease makes the lungs weak.",
        "Your blood type may be AB in the U.S.",
        "Metabolic syndrome means signs such as high blood sugar.",
        "About 20 to 60 percent of people get well.",
        "You may need an MRI.",
        "Write to us in Bethesda, MD 20892 or in Boston, MA 02115 for a form.",
        "Call (800) QUIT-NOW or 1-800-QUIT-NOW.",
        "Varicose (VAR-i-kos) veins and pneumonia (noo-MO-ne-ah) are names.",
        "There is no pill to prevent it.",
        "Hemochromatosis (HE-mo-kro-ma-TO-sis) is a name.",
        "It may be bronchopulmonary dysplasia (brong-ko-PUL-mo-nar-e dis-PLA-ze-ah), or BPD.",
        "People take up 10 percent of the iron in food.",
        "There is nothing that you can do to prevent it.",
        "## What is GFR?\nGFR (how well a kidney works) is a number.",
        "It is safe to walk, provided you rest often.",
        "A clot can reach the lungs (pulmonary embolism or PE).",
        "Ask your kidney doctor (nephrologist) for help.",
        "Use the patient portal to send us a note.",
        "Swelling is called edema.",
        "Do not stop your pills without asking us.",
        "ESKD means that your kidneys have failed.",
        "You may need to be still for the test.",
        "No, you do not need to stop.",
        "You cannot see it, but you can feel it.",
        "Half of people, 50% (1 in 2), get better.",
        "Fill the glass 100% full.",
        "Everyone needs water.",
        "You are tired. Feed your body well.",
        "Use an ID card. It is OK.",
        "She was born in 1950.",
        "Your kidneys make a hormone called EPO (a signal to make blood).",
        "Diuretics, or water pills, take fluid off.",
        "Potassium is a mineral in food.",
        "Edema / swelling is common.",
        "It was found that stretching helps.",
        "The results will be sent to you.",
        "GREEN means go. You may be in the RED or YELLOW zone.",
        "Some people with a fever need to rest.",
        "Older adults should have 8 drinks a day: offer one each hour.",
        "This heals in a few days.",
        "Have plenty of fruit: 3 portions a day.",
        "Eat foods that contain plenty of fiber.",
        "Ask about foods you eat regularly.",
        "Drink small amounts often.",
        "Have a drink such as Ensure or milk.",
        "Don't forget your pills.",
        "A thrombosis or blood clotting is rare.",
        "Ask for potassium citrate, AS Saliva Orthana or Hailey's MO.",
        "Salt is bad for everyone, so you should eat less.",
        "Ask a pharmacist for people who take pills (children should not).",
        "Keep salt to a minimum.",
        "About 1% of the pill passes into the milk.",
        "Coffee is a diuretic - it draws water out of you.",
        "Do not take NSAID pills such as ibuprofen.",
        "Drink in moderation: no more than one glass a day.",
        "Eat fish to lower the risk by up to 20 percent.",
        "Flu is a mild to moderate illness.",
        "Food low in FODMAPs (some sugars) may help.",
        "ACE inhibitors: names that end in 'pril', such as lisinopril.",
        "Be careful: even small amounts of it make you ill.",
        "Seek a seat, and select a song. The NHS will advise you on the DASH diet.",
        "Pee (urinate) before you go to bed.",
        "Your primary care doctor reads the Nutrition Facts label.",
    ],
)
def test_what_is_passed_over(text: str) -> None:
    """Plain sentences get no finding, even with words that look like hard ones."""
    assert found_in(text) == {}


def test_a_rough_grade_is_told_when_its_words_and_sentences_are_mended() -> None:
    """A few sentences with hard words get no grade; without hard words, they get one."""
    hard = "Notify the receptionist regarding medication allergies. " * 20
    assert "plain-hard-word" in found_in(hard)
    assert "plain-grade" not in found_in(hard)
    assert "plain-grade" in found_in(hard.replace("Notify", "Tell").replace("regarding", "about"))


def test_a_message_names_the_words_and_what_to_write() -> None:
    """An author learns which words are meant, and what to write in their place."""
    finding = next(
        f
        for f in plain_language_findings(edition_of(Example("Call prior to your visit.")))
        if f.rule == "plain-hard-word"
    )
    assert "'prior to'" in finding.message
    assert "'before'" in finding.hint
    share = next(
        f
        for f in plain_language_findings(edition_of(Example("It helps 25% of readers.")))
        if f.rule == "plain-percentage"
    )
    assert "'1 in 4 people'" in share.hint
    for written, words in (
        ("GFR", "how well your kidneys work"),
        ("eGFR", "how well your kidneys work"),
        ("BP", "blood pressure"),
    ):
        (short,) = (
            f
            for f in plain_language_findings(edition_of(Example(f"Ask for your {written}.")))
            if f.rule == "plain-abbreviation"
        )
        assert short.hint.startswith(
            f"Write '{words} ({written})' the first time, or only '{words}'."
        )
    assert "'glomerular filtration rate'" in next(
        f.hint for f in plain_language_findings(edition_of(Example("Ask for your GFR.")))
    )


def test_a_term_is_told_once_where_it_first_stands() -> None:
    """An explanation at the second use is too late; one at the first use is enough."""
    late = [
        f.passage.role
        for f in plain_language_findings(
            edition_of(Example("# Edema\nEdema (swelling) hurts.\nEdema goes.", audience="ckd"))
        )
        if f.rule == "plain-term"
    ]
    assert late == [Role.TITLE]
    assert "plain-term" not in found_in(
        "# Swollen legs\nEdema (swelling) hurts.\nEdema goes.\n? When will you call?"
    )


def test_a_section_explains_the_terms_of_its_heading() -> None:
    """A heading may ask about a term that its own section explains; another section is too late."""
    asked = "## Why does potassium matter?\nPotassium is a mineral in food."
    assert "plain-term" not in found_in(asked)
    assert found_in("## Why does potassium matter?\nIt is in food.")["plain-term"] == "potassium"


def test_a_lead_in_is_not_counted_with_each_item() -> None:
    """Short items under a long lead-in are not long sentences."""
    lead = (
        "> If you have one or more of the signs that we talked about on your last visit, call us:"
    )
    items = "\n- Pain in your chest or your arm\n- Pain in your jaw, back or belly"
    assert found_in(lead + items).get("plain-long-sentence") is None
    long = "\n- Pain" + " in your jaw and in your back" * 4
    found = plain_language_findings(edition_of(Example(lead + items + long)))
    (told,) = (finding for finding in found if finding.rule == "plain-long-sentence")
    assert "'Pain in your jaw" in told.message


def test_who_lives_with_a_term_knows_it() -> None:
    """A reader on dialysis needs no explanation of the word; another reader does."""
    assert found_in("Come to dialysis.", "dialysis") == {}
    assert found_in("Come to dialysis.", "general") == {"plain-term": "dialysis"}


def test_a_hard_word_is_told_once_an_edition() -> None:
    """Three uses of a word, in any form, are one finding, so that the list stays short."""
    words = [
        f.words
        for f in plain_language_findings(
            edition_of(Example("Notify us.\nNotify us.\nWe notified them."))
        )
        if f.rule == "plain-hard-word"
    ]
    assert words == ["Notify"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Immediate care helps.", "Write 'quick, right away' instead of 'immediate'."),
        ("Decreased urine", "Write 'less, lower' instead of 'decrease'."),
        ("It is inappropriate.", ""),
    ],
)
def test_a_plainer_word_fits_into_the_sentence(text: str, hint: str) -> None:
    """'Right now wound care' does not, and 'wrong behavior' is harsh."""
    found = plain_language_findings(edition_of(Example(text)))
    assert [f.hint for f in found if f.rule == "plain-hard-word"] == ([hint] if hint else [])


def test_another_language_gets_no_english_rule() -> None:
    """Rules made of English words find nothing in Spanish by accident."""
    reader_text = edition_of(Example("No notify: DO NOT administer prior to 25% CKD."))
    assert list(plain_language_findings(reader_text))
    assert (
        list(
            plain_language_findings(
                ReaderText(None, reader_text.reader, reader_text.passages, "es")
            )
        )
        == []
    )


def one(blocks: list[object], **more: object) -> ReaderText:
    """Return the edition of a handout with one section, for a reader of ckd."""
    least = {
        "id": "a",
        "title": "Salt",
        "audiences": ["general", "ckd"],
        "language": "en",
        "version": "2026-01-01",
        "purpose": "p",
    }
    sections = [{"id": "s", "title": "What is salt?", "blocks": blocks}]
    data = {
        **least,
        "message": "Eat less salt.",
        "review": {"status": "draft"},
        "sections": sections,
        **more,
    }
    handout = Handout.model_validate(data)
    reader = ReaderContext(("ckd",), {})
    return ReaderText(handout, reader, passages(handout, reader))


def test_a_list_counts_as_its_reader_gets_it() -> None:
    """Nine items in the file are a long list only for a reader who gets all nine."""
    short = [
        *({"text": f"Item {number}."} for number in range(8)),
        {"text": "Last.", "only": ["general"]},
    ]
    long = [{"text": f"Item {number}."} for number in range(9)]
    assert "plain-long-list" not in {
        f.rule for f in plain_language_findings(one([{"list": short}, {"notes": 3}]))
    }
    assert "plain-long-list" in {
        f.rule for f in plain_language_findings(one([{"list": long}, {"notes": 3}]))
    }


def test_a_list_of_names_may_be_longer() -> None:
    """Fifteen names of a few words are looked through; nine sentences are too many."""
    names = [f"fresh fruit {number}" for number in range(15)]
    for items, long in (
        (names, False),
        ([*names, "nuts"], True),
        (["Eat less."] * 8, False),
        (["Eat less."] * 9, True),
    ):
        found = {f.rule for f in plain_language_findings(one([{"list": items}, {"notes": 3}]))}
        assert ("plain-long-list" in found) is long, items


def test_two_lists_of_one_block_kind_are_two_lists() -> None:
    """Items of different lists are not added up."""
    lists = [{"list": [f"Item {number}." for number in range(5)]} for _ in range(2)]
    assert "plain-long-list" not in {
        f.rule for f in plain_language_findings(one([*lists, {"notes": 3}]))
    }


def test_an_entry_that_reads_as_the_opposite_of_its_column_is_named() -> None:
    """An entry without 'Do not' beside one with it is told, with what to write."""
    advice = {
        "do": ["Wash your feet.", "Do not put lotion between your toes."],
        "do_not": ["Do not sleep on it.", {"text": "Take ibuprofen for foot pain."}],
    }
    told = {
        finding.words: (finding.message, finding.hint)
        for finding in plain_language_findings(one([{"do_dont": advice}, {"notes": 3}]))
        if finding.rule == "plain-mixed-forms"
    }
    assert set(told) == {"Do not put lotion between your toes.", "Take ibuprofen for foot pain."}
    message, hint = told["Take ibuprofen for foot pain."]
    assert "begins like 'Do not sleep on it.'" in message
    assert "Write 'Do not take ibuprofen for foot pain.'" in hint
    alike = {"do": ["Wash your feet."], "do_not": ["Sleep on it.", "Take ibuprofen for foot pain."]}
    assert "plain-mixed-forms" not in {
        finding.rule for finding in plain_language_findings(one([{"do_dont": alike}, {"notes": 3}]))
    }


def test_lines_for_notes_without_a_word_count_as_notes() -> None:
    """A block without words of its own counts; one for another reader does not."""
    assert kinds(one([{"notes": 3}])) == {"notes"}
    assert "plain-no-teach-back" not in {
        f.rule for f in plain_language_findings(one([{"text": "Walk."}, {"notes": 3}]))
    }
    assert "plain-no-teach-back" in {
        f.rule
        for f in plain_language_findings(
            one([{"text": "Walk."}, {"notes": 3, "only": ["general"]}])
        )
    }


def test_reading_order_is_that_of_the_paper() -> None:
    """A red flag is read where a section places it, and the card last.

    An explanation that is read earlier counts.
    """
    flags = [
        {"id": "f", "tier": "visit", "text": "Edema in both feet"},
        {"id": "g", "tier": "now", "text": "Chest pain", "short": "Pain"},
    ]
    explained = [{"text": "Swelling is called edema."}, {"red_flags": ["visit"]}, {"notes": 2}]
    reader_text = one(explained, red_flags=flags, card={"title": "My card"})
    assert [p.text for p in passages_as_read(reader_text)][-3:] == [
        "Edema in both feet",
        "Pain",
        "My card",
    ]
    assert [f.words for f in plain_language_findings(reader_text) if f.rule == "plain-term"] == []
    followed = one([explained[0], {"red_flags": ["now"]}, {"notes": 2}], red_flags=flags)
    assert [f.words for f in plain_language_findings(followed) if f.rule == "plain-term"] == []
    unplaced = one([explained[0], explained[2]], red_flags=flags)
    assert [f.words for f in plain_language_findings(unplaced) if f.rule == "plain-term"] == [
        "Edema"
    ]


def test_a_row_that_says_what_its_first_cell_means_explains_it() -> None:
    """A row explains its mineral in a table of effects, but not in other tables."""
    for heading, found in (("What it does", []), ("Where to buy it", ["Potassium"])):
        table = {
            "table": {
                "columns": ["Mineral", heading],
                "rows": [["Potassium", "It helps your nerves."]],
            }
        }
        assert [
            f.words
            for f in plain_language_findings(one([table, {"notes": 2}]))
            if f.rule == "plain-term"
        ] == found


def test_a_block_of_terms_explains_its_words() -> None:
    """Each word stands beside its meaning; the next section may use it."""
    terms = {"terms": [{"term": "Edema", "meaning": "Swelling from water in the body."}]}
    found = plain_language_findings(one([terms, {"text": "Edema may come back."}, {"notes": 2}]))
    assert [f.words for f in found if f.rule == "plain-term"] == []


def test_the_word_lists_are_as_long_as_they_should_be() -> None:
    """There are at least 150 hard words, and no entry suggests itself."""
    words = builtin_vocabulary()
    hard = {word: entry.say for word, entry in words.hard.values()}
    assert len(hard) >= 150
    assert len({term for term, _ in words.terms.values()}) >= 80
    assert [word for word, say in hard.items() if word.lower() == say.lower()] == []


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("notify", "notified"),
        ("discontinue", "discontinuing"),
        ("permit", "permitted"),
        ("comply with", "complies with"),
    ],
)
def test_endings_are_found_by_themselves(word: str, form: str) -> None:
    """The list holds a word once, and its other forms are found, too."""
    assert form in set(forms(word))


def test_a_clinics_own_list_takes_the_place_of_ours(tmp_path: Path) -> None:
    """A clinic's file of the same name wins; an invalid one is a problem with its place."""
    folder = tmp_path / "content" / "rules" / "words"
    folder.mkdir(parents=True)
    (folder / "plain-words.yaml").write_text("kerfuffle: mess\n", encoding="utf-8")
    own = load_vocabulary(Workspace(tmp_path, builtin_root()))
    assert [
        f.words
        for f in plain_language_findings(
            edition_of(Example("Prior to a kerfuffle.")), vocabulary=own
        )
    ] == ["kerfuffle"]
    (folder / "plain-words.yaml").write_text("kerfuffle: {mean: mess}\n", encoding="utf-8")
    with pytest.raises(
        Exception, match=r"plain-words\.yaml:1:13: the key 'mean' is not known here"
    ):
        load_vocabulary(Workspace(tmp_path, builtin_root()))


@pytest.fixture(scope="module")
def shipped() -> tuple[LoadedHandout, tuple[ReaderText, ...], tuple[int, ...]]:
    """Return the built-in handout, each of its editions, and their target grades."""
    shared = load_shared(ROOT)
    authored = load_handout(handout_files(ROOT)["leg-cramps"], ROOT, shared)
    values = {
        f"clinic.{name}": None for name in ("name", "phone", "after_hours", "dialysis_unit")
    } | {"clinic.emergency": "911"}
    readers = [
        ReaderContext(shared.audiences.lineage(name), values) for name in authored.handout.audiences
    ]
    targets = tuple(
        target_of(authored.handout, shared.audiences, reader.audience) for reader in readers
    )
    return (
        authored,
        tuple(
            ReaderText(authored.handout, reader, passages(authored.handout, reader))
            for reader in readers
        ),
        targets,
    )


def test_the_shipped_handout_meets_its_target_for_every_reader(
    shipped: tuple[LoadedHandout, tuple[ReaderText, ...], tuple[int, ...]],
) -> None:
    """No edition is above its grade: 6 for all, 5 for readers with kidney disease."""
    _, editions, targets = shipped
    assert targets == (6, 5, 5)
    above = [
        f.message
        for reader_text, target in zip(editions, targets, strict=True)
        for f in plain_language_findings(reader_text, target)
        if f.rule == "plain-grade"
    ]
    assert above == []


def test_findings_of_the_shipped_handout_have_their_place(
    shipped: tuple[LoadedHandout, tuple[ReaderText, ...], tuple[int, ...]],
) -> None:
    """A finding is on the line of its words; the general reader meets 'dialysis' unexplained."""
    authored, editions, _ = shipped
    problems = [
        problem_of(finding, authored.file.locate)
        for finding in plain_language_findings(editions[0])
    ]
    lines = Path(authored.file.name).read_text(encoding="utf-8").splitlines()
    dialysis = next(p for p in problems if p.rule == "plain-term" and "'dialysis'" in p.message)
    assert dialysis.location is not None
    assert "on dialysis" in lines[dialysis.location.line - 1]
    assert all(problem.severity is not Severity.ERROR for problem in problems)


def test_all_readers_of_the_shipped_handout_take_a_moment(
    shipped: tuple[LoadedHandout, tuple[ReaderText, ...], tuple[int, ...]],
) -> None:
    """All rules on all editions take about 50 ms; ten times that would be a mistake in a rule."""
    _, editions, targets = shipped
    builtin_vocabulary()
    start = process_time()
    number = sum(
        1
        for reader_text, target in zip(editions, targets, strict=True)
        for _ in plain_language_findings(reader_text, target)
    )
    assert number > 0
    assert process_time() - start < 0.5


def test_a_long_text_without_an_end_does_not_take_long() -> None:
    """No pattern backtracks without limit: ten times the words take about ten times as long."""
    text = "people not no never is be, a of (the or " * 120
    start = process_time()
    assert list(plain_language_findings(edition_of(Example(text))))
    assert process_time() - start < 1


def test_a_long_text_of_labels_alone_is_a_long_paragraph() -> None:
    """It has no sentence at which it could be split."""
    found = plain_language_findings(edition_of(Example("Rest now. " * 80)))
    [hint] = [finding.hint for finding in found if finding.rule == "plain-long-paragraph"]
    assert hint == "Split it, or make a list of it."


def test_a_paragraph_is_long_by_its_words() -> None:
    """Many short sentences are easy to read; more than 150 words are not."""
    for words, told in ((150, False), (153, True)):
        text = "Ask us first. " * (words // 3)
        assert ("plain-long-paragraph" in found_in(text)) is told


@pytest.mark.parametrize(
    ("middle", "begins"),
    [
        ("They come back at night. Your nurse can help you with that at any time.", "Your nurse"),
        ("This is common. Or it may come back. Your nurse can help you.", "Your nurse"),
        ("In these cases, rest. But do not sleep. Your nurse can help you.", "Your nurse"),
        ("Loss of sleep is bad. Noise can also harm. Your nurse can help you.", "Your nurse"),
        ("- Rest: Sit down first. Then stretch your leg. - Sleep: Go to bed. Call us.", ""),
        (
            "Don't drink any alcohol while you are pregnant. No amount is safe. Your nurse can help.",
            "Your nurse",
        ),
        (
            "You may drink tea while you are pregnant. Any amount is safe. Your nurse can help.",
            "Any amount",
        ),
        ("Your nurse can help you. They come back at night.", "Your nurse"),
    ],
)
def test_the_second_half_of_a_paragraph_begins_with_a_sentence_that_stands_alone(
    middle: str, begins: str
) -> None:
    """It does not begin with 'They', nor within a list, nor beside 'also'."""
    text = f"{'It may hurt. ' * 24}{middle}{' It may hurt.' * 24}"
    found = plain_language_findings(edition_of(Example(text)))
    [hint] = [finding.hint for finding in found if finding.rule == "plain-long-paragraph"]
    if begins:
        assert f"its second half may begin with '{begins}" in hint
    else:
        assert hint == "Split it, or make a list of it."


@pytest.mark.parametrize(
    ("share", "people"),
    [
        ("25%", "'1 in 4 people'"),
        ("33%", "'about 1 in 3 people'"),
        ("99.9%", "'999 in 1000 people'"),
    ],
)
def test_a_percentage_is_told_as_a_count_of_people(share: str, people: str) -> None:
    """In the smallest numbers, but never as all people."""
    found = plain_language_findings(edition_of(Example(f"{share} of people get cramps.")))
    [hint] = [finding.hint for finding in found if finding.rule == "plain-percentage"]
    assert hint == f"Add it: {people}."
