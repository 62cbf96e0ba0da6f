"""A translation holds texts only, and each text is compared with the English it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from languages import language_files
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION

from teachback.content.loader import load_handout
from teachback.content.translation import handout_texts, with_texts
from teachback.content.workspace_content import load_shared
from teachback.errors import Severity, TeachbackError
from teachback.files.stray_files import stray_files
from teachback.files.workspace import handout_files, starter_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.content.handout_loader import LoadedHandout
    from teachback.errors import Problem
    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

ENGLISH = "content/handouts/tiny.yaml"
NOTE = '\n      - callout: warning\n        text: Call us.\n      - text: "Rest: it helps."\n'
LONGER = TINY.rstrip() + NOTE
LONGER_SPANISH = (
    f"{SPANISH_TINY}  one/blocks/2/text: {{en: Call us., es: Llámenos.}}\n"
    '  one/blocks/3: {en: "Rest: it helps.", es: "Descanse: ayuda."}\n'
).replace("one/blocks/2/text", "one/blocks/2")


def loaded(clinic: Workspace, stem: str = "tiny.es") -> LoadedHandout:
    """Return a handout of a workspace, read and checked."""
    return load_handout(handout_files(clinic)[stem], clinic, load_shared(clinic))


def refused(clinic: Workspace) -> tuple[Problem, ...]:
    """Return why the translation of the tiny handout cannot be read."""
    with pytest.raises(TeachbackError) as caught:
        loaded(clinic)
    return caught.value.problems


def test_it_is_the_handout_with_other_words(workspace: Make) -> None:
    """Tiers, cards, order and readers are those of the English file."""
    clinic = workspace({TRANSLATION: SPANISH_TINY})
    english, spanish = loaded(clinic, "tiny").handout, loaded(clinic).handout
    assert (spanish.language, spanish.audiences) == ("es", ("general", "ckd"))
    assert (spanish.title, spanish.purpose) == (
        "Una hoja pequeña",
        "Mostrar lo mínimo que puede ser una hoja",
    )
    assert spanish.red_flags == (
        english.red_flags[0].model_copy(update={"text": "Dolor de pecho"}),
    )
    assert str(loaded(clinic).file.locate(("red_flags", 0, "text"))).endswith("tiny.yaml:9:36")
    place = str(loaded(clinic).file.locate(("red_flags", 0, "tier")))
    assert place.endswith("content/handouts/tiny.yaml:10:23")


def test_each_shipped_text_has_a_key_of_its_own(workspace: Make) -> None:
    """No two texts of a handout share a key, and each can be replaced at its path."""
    clinic = workspace()
    shared = load_shared(clinic)
    files = starter_files(clinic)
    assert len(files) > 5
    for path in files.values():
        handout = load_handout(path, clinic, shared).handout
        texts = tuple(handout_texts(handout))
        assert len({text.key for text in texts}) == len(texts) > 30
        assert with_texts(handout, {text.path: text.text for text in texts}) == handout
        other = with_texts(handout, {text.path: f"{text.text}!" for text in texts})
        assert all(text.text.endswith("!") for text in handout_texts(other))


def test_a_part_with_the_id_card_has_other_keys_than_the_card(workspace: Make) -> None:
    """Its heading is not that of the card, in any language."""
    english = TINY.replace("- id: one", "- id: card")
    spanish = SPANISH_TINY.replace("  one/", "  sections/1/")
    handout = loaded(workspace({ENGLISH: english, TRANSLATION: spanish})).handout
    assert handout.card
    assert (handout.card.title, handout.sections[0].title) == (
        "Cuándo pedir ayuda",
        "¿Qué es esto?",
    )
    keys = [text.key for text in handout_texts(handout)]
    assert len(set(keys)) == len(keys)


def test_all_faults_of_a_file_are_reported_at_once(workspace: Make) -> None:
    """Unknown and doubled keys, an empty text, and one without its English have their places."""
    faulty = (
        SPANISH_TINY.replace("chest/text:", "chess/text:")
        .replace("{en: One message., es:", "{es:")
        .replace("{en: What is this?, es:", "{en: What is this?, fr: Quoi?, es:")
    )
    reported = [
        (str(problem.location).rpartition("/")[2], problem.message)
        for problem in refused(workspace({TRANSLATION: faulty}))
    ]
    assert ("tiny.yaml:8:12", "this does not say the English that it was made from") in reported
    assert ("tiny.yaml:11:38", "the key 'fr' is not known") in reported
    # With the same English, the misspelt key is the one that is meant.
    assert not any("chess" in message for _, message in reported)
    faulty = faulty.replace("en: Chest pain", "en: Chess pain")
    assert ("tiny.yaml:9:15", "the handout has no text `chess/text`") in [
        (str(problem.location).rpartition("/")[2], problem.message)
        for problem in refused(workspace({TRANSLATION: faulty}))
    ]
    empty = SPANISH_TINY.replace("es: Un mensaje.", 'es: ""')
    [problem] = refused(workspace({TRANSLATION: empty}))
    assert problem.message == "this text is empty"
    double = f"{SPANISH_TINY}  title: {{en: A tiny handout, es: Otra}}\n"
    [problem] = refused(workspace({TRANSLATION: double}))
    assert (problem.location or [None, 0])[1] == 14


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("translates: tiny", "translates: tinny", "but it translates 'tinny'"),
        ("language: es", "language: fr", "the language is 'fr'"),
        ("es: Un mensaje.", "es: 'Un {clinic.fone}.'", "the placeholder {clinic.fone}"),
        ("es: Un mensaje.", "es: Un **mensaje.", "**"),
        ("es: Un mensaje.", "es: Un 消息.", "is in none of the fonts"),
    ],
)
def test_texts_are_checked_as_those_of_a_handout(
    workspace: Make, old: str, new: str, message: str
) -> None:
    """Names, marks, placeholders and letters are as wrong here as there."""
    problems = refused(workspace({TRANSLATION: SPANISH_TINY.replace(old, new)}))
    assert any(message in problem.message for problem in problems)
    assert all("translations/es/tiny.yaml" in str(problem.location) for problem in problems)


def test_a_missing_text_refuses_the_readers_who_would_read_it(workspace: Make) -> None:
    """The other readers keep their edition; never does English stand in for Spanish."""
    lines = [line for line in SPANISH_TINY.splitlines() if "1@ckd" not in line]
    authored = loaded(workspace({TRANSLATION: "\n".join(lines)}))
    assert authored.handout.audiences == ("general",)
    [notice] = [n for n in authored.notices if n.problem.severity is Severity.ERROR]
    assert notice.audience == "ckd"
    assert "`one/blocks/1@ckd` is not translated, so 'es' is not printed for ckd" in (
        notice.problem.message
    )
    lines = [line for line in SPANISH_TINY.splitlines() if "message" not in line]
    [problem] = refused(workspace({TRANSLATION: "\n".join(lines)}))
    assert "`message` is not translated" in problem.message


def test_words_in_a_drawing_wait_for_the_translation_of_its_text(workspace: Make) -> None:
    """The readers who get the drawing get no edition yet; the others do, without a fault."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="40" viewBox="0 0 100 40">'
        '<text x="5" y="20" font-size="12">Cup</text></svg>'
    )
    figure = """\
  - id: two
    title: Picture
    blocks:
      - figure: images/cup.svg
        alt: A Cup of tea
        only: [ckd]
      - text: Words.
"""
    words = """\
  two/title: {en: Picture, es: Foto}
  two/blocks/2: {en: Words., es: Palabras.}
"""
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": TINY + figure,
            "content/images/cup.svg": drawing,
            TRANSLATION: SPANISH_TINY + words,
        }
    )
    loaded = load_handout(handout_files(clinic)["tiny.es"], clinic, load_shared(clinic))
    assert loaded.handout.audiences == ("general",)
    assert [
        each.audience for each in loaded.notices if "two/blocks/1/alt" in str(each.problem)
    ] == ["ckd"]


@pytest.mark.parametrize(
    "changed",
    [
        ("text: Chest pain", "text: Chest pressure", "`chest/text`"),
        ("title: When to get help", "title: When to call", "`card/title`"),
        ("text: Call us.", "text: Call us now.", "`one/blocks/2`"),
    ],
)
def test_a_grave_text_that_changed_refuses_the_edition(
    workspace: Make, changed: tuple[str, str, str]
) -> None:
    """A red flag, the card and a warning must say what the English says now."""
    old, new, key = changed
    english = LONGER.replace(old, new)
    assert english != LONGER
    [problem] = refused(workspace({ENGLISH: english, TRANSLATION: LONGER_SPANISH}))
    assert f"the English of {key}" in problem.message
    assert "so 'es' is not printed for general and ckd" in problem.message


def test_another_text_that_changed_makes_a_draft_of_the_older_version(workspace: Make) -> None:
    """The page says which version it follows; spaces and line breaks do not count."""
    english = TINY.replace("For kidneys here.", "For your kidneys here.").replace(
        "version: 2026-11-22", "version: 2026-12-24"
    )
    authored = loaded(workspace({ENGLISH: english, TRANSLATION: SPANISH_TINY}))
    assert authored.approval.stale == ("ckd",)
    assert str(authored.handout.version) == "2026-11-22"
    [warning] = [n for n in authored.notices if n.problem.severity is Severity.WARNING]
    assert "the English of 1 text for ckd has changed since the version of 2026-11-22" in (
        warning.problem.message
    )
    same = TINY.replace("message: One message.", "message:\n  One\n  message.")
    authored = loaded(workspace({ENGLISH: same, TRANSLATION: SPANISH_TINY}))
    assert authored.approval.stale == ()


def test_a_moved_text_keeps_its_translation_by_the_same_english(workspace: Make) -> None:
    """A warning says so, and its key can be mended."""
    moved = TINY.replace("  - id: one\n", "  - id: two\n")
    authored = loaded(workspace({ENGLISH: moved, TRANSLATION: SPANISH_TINY}))
    assert authored.handout.sections[0].title == "¿Qué es esto?"
    messages = [
        n.problem.message for n in authored.notices if n.problem.severity is Severity.WARNING
    ]
    assert any("the text `one/title` is now `two/title`" in message for message in messages)
    assert len(messages) == 3


def test_two_entries_that_change_places_keep_their_translations(workspace: Make) -> None:
    """A place number alone never decides: the English beside the translation does."""
    block = "      - list: [Sit down., Stand up.]\n"
    entries = (
        "  one/blocks/2/list/1: {en: Sit down., es: Siéntese.}\n"
        "  one/blocks/2/list/2: {en: Stand up., es: Levántese.}\n"
    )
    turned = "      - list: [Stand up., Sit down.]\n"
    clinic = workspace({ENGLISH: TINY + turned, TRANSLATION: SPANISH_TINY + entries})
    last = loaded(clinic).handout.sections[0].blocks[-1]
    assert [item.text for item in vars(last)["items"]] == ["Levántese.", "Siéntese."]
    clinic = workspace({ENGLISH: TINY + block, TRANSLATION: SPANISH_TINY + entries})
    assert not [n for n in loaded(clinic).notices if n.problem.severity is Severity.WARNING]


def test_a_flag_may_have_shorter_words_in_one_language(workspace: Make) -> None:
    """English needs none; they translate the full words of the flag."""
    short = f"{SPANISH_TINY}  chest/short: {{en: Chest pain, es: Dolor}}\n"
    authored = loaded(workspace({TRANSLATION: short}))
    assert authored.handout.red_flags[0].short == "Dolor"
    english = TINY.replace("text: Chest pain}", "text: Chest pressure}")
    messages = [p.message for p in refused(workspace({ENGLISH: english, TRANSLATION: short}))]
    assert any("`chest/short`" in message for message in messages)


def test_a_handout_written_in_the_language_takes_the_place_of_a_translation(
    workspace: Make,
) -> None:
    """`ID.es.yaml` stays for what is written, not translated."""
    own = TINY.replace("language: en", "language: es")
    clinic = workspace({TRANSLATION: SPANISH_TINY, "content/handouts/tiny.es.yaml": own})
    assert handout_files(clinic)["tiny.es"].parent.name == "handouts"


def test_a_translation_between_languages_that_no_rule_reads_is_a_draft_for_that(
    workspace: Make,
) -> None:
    """English made from Spanish is read itself; French made from Spanish is not checked at all."""
    spanish = TINY.replace("language: en", "language: es")
    for language, unchecked in (("en", False), ("fr", True)):
        text = SPANISH_TINY.replace("language: es", f"language: {language}")
        text = text.replace(", es: ", f", {language}: ").replace("{en: ", "{es: ")
        files = {**language_files("fr"), ENGLISH: spanish}
        clinic = workspace({**files, f"content/translations/{language}/tiny.yaml": text})
        authored = loaded(clinic, f"tiny.{language}")
        assert authored.approval.unchecked == unchecked
        assert (authored.checked is authored) == (not unchecked)
        assert any("no rule can read" in n.problem.message for n in authored.notices) == unchecked


def test_a_translation_in_no_language_folder_is_reported(workspace: Make) -> None:
    """It would be ignored without a word."""
    clinic = workspace({"content/translations/tiny.yaml": SPANISH_TINY, TRANSLATION: SPANISH_TINY})
    assert [str(problem.location).rpartition("content/")[2] for problem in stray_files(clinic)] == [
        "translations/tiny.yaml"
    ]
