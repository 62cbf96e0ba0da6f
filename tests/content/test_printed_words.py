"""The words files: a value that is filled in is separate from the words beside it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve

from teachback.checking.checker import check
from teachback.commands.build import build
from teachback.content.audiences import Audiences
from teachback.content.languages import missing_font
from teachback.content.loader import read_handouts
from teachback.content.printed_words import Words, words_problems
from teachback.content.validation_errors import validated
from teachback.content.workspace_content import load_shared
from teachback.errors import Severity, TeachbackError
from teachback.files.merged_files import read_entries
from teachback.files.workspace import builtin_root, handout_files
from teachback.files.yaml_reader import YamlFile, read_yaml
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.proofing.text_checks import screen_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace
    from teachback.printing.jobs import Job

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.usefixtures("one_process")


WORDS = (builtin_root() / "content/words/en.yaml").read_text(encoding="utf-8")
ARABIC = (builtin_root() / "content/words/ar.yaml").read_text(encoding="utf-8")
NAME = "content/words/en.yaml"
SHIPPED = sorted(path.stem for path in (builtin_root() / "content/words").glob("*.yaml"))
TODAY = dt.date(2026, 11, 28)


def reported(workspace: Make, key: str, text: str) -> list[str]:
    """Return what is reported when one of the English words, on one line, is another text."""
    old = next(line for line in WORDS.splitlines() if line.strip().startswith(f"{key}: "))
    new = f"{old.partition(':')[0]}: {text}"
    number = WORDS.splitlines().index(old) + 1
    shared = load_shared(workspace({NAME: WORDS.replace(f"{old}\n", f"{new}\n", 1)}))
    return [
        problem.message
        for problem in shared.unfinished.get("en", ())
        if problem.location
        and (Path(problem.location.file).name, problem.location.line) == ("en.yaml", number)
    ]


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("now", "Do not call {emergency} now", "not call"),
        ("now", "Don't call {emergency}", "Don't call"),
        ("today", "You need not call us today", "not call"),
        ("visit", "There is no need to tell us", "no need to tell"),
        ("not_sure", "Not sure? Do not call {emergency}.", "not call"),
        ("not_sure", "Not sure? Wait before you call {emergency}.", "before you call"),
    ],
)
def test_words_over_red_flags_do_not_keep_a_reader_from_calling(
    workspace: Make, key: str, text: str, found: str
) -> None:
    """They are on every page and card, above the signs of an emergency."""
    message = f"'{found}' turns round what a reader with a red flag is to do"
    assert reported(workspace, key, f'"{text}"') == [message]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("today", "Call us today, before 5 pm"),
        ("not_sure", "Not sure? Call {emergency} without delay."),
        ("visit", "Tell us before your next visit"),
        ("now", "Do not wait: call {emergency} now"),
        ("not_sure", "Cannot reach us? Call {emergency}."),
    ],
)
def test_words_over_red_flags_may_say_when_to_call(workspace: Make, key: str, text: str) -> None:
    """A time or a haste is no advice against the call."""
    assert reported(workspace, key, f'"{text}"') == []


@pytest.mark.parametrize(
    ("key", "text", "name"),
    [
        ("now", "Call 1{emergency}0 now", "emergency"),
        ("now", "Call{emergency} now", "emergency"),
        ("version", "Version 1{date}", "date"),
        ("version", "Version{date}", "date"),
        ("version", "Version 1.{date}", "date"),
        ("this_code", "'Tell us its code: X{code}7'", "code"),
        ("page", "Page {page}{pages}", "page"),
        ("reviewed", "Reviewed by {reviewer}{date}", "reviewer"),
    ],
)
def test_what_is_filled_in_stands_apart(workspace: Make, key: str, text: str, name: str) -> None:
    """A number in the words would run into the number that is filled in."""
    assert reported(workspace, key, text) == [f"a space is missing beside {{{name}}}"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("now", "'Call now: {emergency}!'"),
        ("page", "'{page}/{pages}'"),
        ("page", "'\u7b2c{page}\u9875\uff0c\u5171{pages}\u9875'"),
        ("version", "'Version ({date})'"),
        ("due", "'{date}: review is due'"),
    ],
)
def test_words_may_touch_punctuation_and_letters_without_capitals(
    workspace: Make, key: str, text: str
) -> None:
    """Chinese, for example, has no space beside a number.

    Messages about letters that the fonts lack are ignored here.
    """
    assert [message for message in reported(workspace, key, text) if "fonts" not in message] == []


DRAFT = "this text must say in words that nobody has reviewed the handout"
SAME = "this says the same as `reviewed`, but a draft was not reviewed"
TURNED = "{pages} comes before {page} here"


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("draft", "'.'", DRAFT),
        ("card_draft", "'1'", DRAFT),
        ("draft", "Reviewed by on", SAME),
        ("draft", "'Reviewed by: on!'", SAME),
        ("draft", "Reviewed by Dr. Smith", SAME),
        ("card_draft", "REVIEWED BY a clinician", SAME),
        ("page", "Page {pages} of {page}", TURNED),
        ("part", "'List {pages} of {page}'", TURNED),
        ("from_to", "'{last} to {first}'", "{last} comes before {first} here"),
    ],
)
def test_words_do_not_turn_round_what_is_fixed(
    workspace: Make, key: str, text: str, message: str
) -> None:
    """A draft is called a draft, and a page number comes before the total."""
    assert reported(workspace, key, text) == [message]


@pytest.mark.parametrize(
    ("language", "key", "text", "messages"),
    [
        (
            "en",
            "draft",
            "Checked by our nurses",
            ["this perhaps does not say that the handout is a draft"],
        ),
        (
            "en",
            "card_draft",
            "Checked by our nurses",
            ["this perhaps does not say that the handout is a draft"],
        ),
        ("en", "draft", "Not yet read by a clinician", []),
        ("en", "draft", "This is a draft.", []),
        ("es", "draft", "Borrador", []),
        ("es", "page", "'De {pages}, la {page}'", [TURNED]),
    ],
)
def test_what_only_a_reader_of_the_language_can_judge_is_a_warning(
    workspace: Make, language: str, key: str, text: str, messages: list[str]
) -> None:
    """It is a warning of `check`, and nothing is refused."""
    lines = [
        f"{key}: {text}" if line.startswith(f"{key}: ") else line for line in WORDS.splitlines()
    ]
    own = "\n".join(lines).replace(
        "language: English", f"language: {'English' if language == 'en' else 'Spanish'}"
    )
    clinic = workspace({f"content/words/{language}.yaml": f"{own}\n"})
    name = f"words/{language}.yaml"
    warnings = [
        problem
        for problem in check((), (), clinic, TODAY).problems
        if problem.location and name in problem.location.file
    ]
    assert [(problem.message, problem.severity) for problem in warnings] == [
        (message, Severity.WARNING) for message in messages
    ]
    built = build(resolve({"handouts": ("tiny",), "format": ("html",)}, clinic), clinic, TODAY)
    assert not built.failed


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Klingon!", "'Klingon!' is not a language tag, so no handout can be written in it"),
        ("es", "this language name, 'English', is that of content/words/en.yaml already"),
        ("ar", "this language name, 'English', is that of content/words/en.yaml already"),
    ],
)
def test_words_that_cannot_be_used_are_reported_and_do_not_stop_other_languages(
    workspace: Make, name: str, message: str
) -> None:
    """Handouts in English are printed, and a check warns of the file."""
    clinic = workspace({f"content/words/{name}.yaml": WORDS})
    shared = load_shared(clinic)
    assert "en" in shared.words
    assert name not in shared.words
    problems = check((), (), clinic, TODAY).problems
    assert message in [problem.message for problem in problems]


def test_the_lock_of_an_editor_is_no_language(workspace: Make) -> None:
    """Some editors keep a hidden file beside the one that is open."""
    shared = load_shared(workspace({"content/words/.#en.yaml": "someone"}))
    assert [tag for tag in (*shared.words, *shared.unfinished) if tag.startswith(".")] == []


@pytest.mark.parametrize("language", [tag for tag in SHIPPED if tag != "en"])
def test_the_words_of_each_shipped_language_are_whole_and_say_that_they_are_a_draft(
    language: str,
) -> None:
    """No key is missing, no sentence was left in English, and each reader has a badge.

    Whether a font for the language is installed does not matter here.
    """
    path = builtin_root() / "content/words" / f"{language}.yaml"
    text = path.read_text(encoding="utf-8")
    opening = " ".join(text.partition("language:")[0].replace("#", " ").split())
    assert "A draft: no qualified translator has checked them." in opening
    file = read_yaml(path.read_bytes(), path.name)
    assert list(words_problems(validated(Words, file), language)) == []
    english = {text for _, text in read_yaml(WORDS.encode(), "en.yaml").scalars() if " " in text}
    assert "Call us today" in english
    assert [text for _, text in file.scalars() if text in english] == []
    path = builtin_root() / "content/audiences.yaml"
    audiences = validated(Audiences, read_yaml(path.read_bytes(), path.name)).root
    assert "dialysis" in audiences
    for audience in audiences.values():
        assert audience.badge[language] != audience.badge["en"]
        assert audience.short[language] != audience.short["en"]


def test_a_clinic_offers_an_interpreter_in_the_languages_that_it_names(workspace: Make) -> None:
    """Each handout has the line of each language, tagged; it is proved, and its code covers it."""
    plain = composed(workspace())
    assert 'class="language-help"' not in plain.screen
    clinic = {
        "content/clinic.yaml": 'emergency: "911"\ninterpreter: 555-0100\nlanguage_help: [es]\n'
    }
    job = composed(workspace(clinic))
    line = re.search(r'<p class="language-help" lang="es" dir="ltr">(.*)</p>', job.screen)
    assert line
    assert "No le cuesta nada" in line[1]
    assert "555-0100" in line[1]
    assert list(screen_problems(job.screen, job.expected[0])) == []
    assert list(screen_problems(job.screen.replace(line[0], ""), job.expected[0]))
    assert job.code != plain.code


def test_a_language_without_words_for_it_stops_the_print(workspace: Make) -> None:
    """The problem is at the language in clinic.yaml, and names those that there are."""
    text = 'emergency: "911"\nlanguage_help: [es, xx]\n'
    with pytest.raises(TeachbackError) as caught:
        load_shared(workspace({"content/clinic.yaml": text}))
    (problem,) = caught.value.problems
    assert problem.message == "there are no words for `language_help` in 'xx'"
    assert problem.location
    assert (problem.location.line, problem.location.column) == (2, 21)
    assert "There are: en, es" in problem.hint


@pytest.mark.parametrize(
    ("own", "read"),
    [
        ({}, set()),
        ({"content/words/ar.yaml": ARABIC}, set(SHIPPED)),
        ({"content/languages.yaml": "de:\n  name: German\n"}, set(SHIPPED)),
    ],
)
def test_the_words_of_the_program_are_read_when_a_page_needs_them(
    workspace: Make, own: dict[str, str], read: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words that a clinic has changed, or may print in other fonts, are compared with all others."""
    opened: list[str] = []

    def noted(place: Workspace, name: str) -> YamlFile:
        opened.append(name)
        return read_entries(place, name)

    monkeypatch.setattr("teachback.content.workspace_content.read_entries", noted)
    shared = load_shared(workspace(own))
    assert {Path(name).stem for name in opened if "/words/" in name} == read
    assert shared.words["es"].language == "Espa\u00f1ol"
    assert "content/words/es.yaml" in opened


def composed(clinic: Workspace) -> Job:
    """Return the page of the tiny handout for a screen."""
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, resolve({}, clinic))
    return compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("html",)))


def test_all_words_that_come_with_the_program_can_be_printed(builtin: Workspace) -> None:
    """What is missing is a font that the clinic adds."""
    shared = load_shared(builtin)
    assert set(shared.words) | set(shared.unfinished) == set(SHIPPED)
    assert shared.unfinished == {
        language: (missing_font(shared.languages.of(language)),) for language in shared.unfinished
    }
