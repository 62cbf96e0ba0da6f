"""An edition in two languages says all of both, row by row, and each half is in its language."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from io import BytesIO
from itertools import cycle, islice
from typing import TYPE_CHECKING

import pikepdf
import pytest
from settings_from_flags import resolve
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION, translated

from teachback.content.loader import read_handouts
from teachback.content.workspace_content import load_shared
from teachback.editions.edition_code import edition_code, is_valid_code
from teachback.files.workspace import builtin_root, handout_files
from teachback.pdf.page_reader import read_words
from teachback.pdf.renderer import Fonts, lay_out
from teachback.printing.design import open_design
from teachback.printing.job_composer import JobOrder, compose_job, editions_by_code, print_context
from teachback.printing.job_printer import do_job
from teachback.proofing.expected_text import (
    Frame,
    comparison_key,
    facing_sentences,
    handout_sentences,
)
from teachback.proofing.text_checks import screen_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from teachback.editions.edition import Edition
    from teachback.files.workspace import Workspace
    from teachback.printing.jobs import Job

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.slow

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'
# Every kind of block, in words that differ in each language.
EVERY_KIND = (
    TINY.replace(
        "red_flags:\n",
        "personal: [{field: who}]\n"
        "fields:\n"
        "  - {name: who, label: Name of reader}\n"
        "  - {name: side, label: Which leg, type: choice, choices: [left, right]}\n"
        "red_flags:\n",
    ).replace(
        "text: Chest pain}\n",
        "text: Chest pain, do: [{text: Sit down}]}\n"
        "  - {id: swollen, tier: today, text: Swollen leg, why: It may be a clot}\n"
        "  - {id: itch, tier: visit, text: Itchy skin}\n",
    )
    + """\
      - lead: Lead of a list
        list: [{text: Apples, list: [{text: Green apples}]}, {text: Pears}]
      - steps: [{text: Stand up, figure: images/a.svg, alt: A leg}, {text: Walk about}]
      - checklist: [{text: Shoes on}, {text: Keys taken}]
      - summary: [{text: Drink enough}, {text: Sleep enough}]
      - table: {caption: Foods, columns: [Food, Why], rows: [[Bread, It fills], [Rice, It is soft]]}
      - table: {columns: [Kind, Morning, Evening], rows: [[Pill, One of them, Two of them]]}
      - table: {fill_in: true, caption: Weights, columns: [Day of week, Pounds], rows: [[Monday, ""]]}
      - {callout: advice, title: Before you start, text: Ask the nurse, list: [{text: About salt}]}
      - reasons:
          - {title: Too little water, points: [{text: It thickens}], notes: [{callout: tip, text: Sip}]}
      - myths: [{myth: Tea is bad, answer: It is not}, {myth: Milk is bad, verdict: Half true, answer: Some of it}]
      - my_numbers: [{label: My weight, hint: Without shoes}]
      - teach_back: [{text: When do you call}, {text: Whom do you call}]
      - {notes: 2, prompt: Things to ask}
      - {figure: images/a.svg, alt: A hand, caption: This is a hand}
      - figures: [{figure: images/a.svg, alt: A nose, caption: This is a nose}, {figure: images/a.svg, alt: An ear}]
      - quote: Better early than late
      - heading: More of it
      - red_flags: [visit]
      - zones: [{zone: green, title: All is well, signs: [{text: You sleep}], do: [{text: Go on}]}, {zone: red}]
      - do_dont: {do: [{text: Rest}], do_not: [{text: Run}]}
      - compare: {choose: [{text: Beans}], limit: [{text: Cheese}], avoid: [{text: Crisps}]}
      - choices: [{if: You are thirsty, then: Drink something}]
      - terms: [{term: Clot, meaning: Thick blood}, {term: Vein, meaning: A pipe}]
      - {link: "https://example.org/a", title: Read about it}
      - log: {caption: My week, columns: [{label: Hours slept, unit: in hours}, {label: Steps}], row_headings: [Tuesday, Friday]}
      - schedule: {caption: My pills, times: [Breakfast, Supper], rows: [{medicine: White one}], blank_rows: 1}
      - {mark: images/a.svg, alt: Two legs, sides: [Left one, Right one]}
      - sign_off: [{label: Nurse on duty}]
      - personal: [side]
      - contact: [phone, after_hours]
"""
)


def composed(
    clinic: Workspace, *forms: str, size: str = "standard", language: str = "es"
) -> tuple[Job, Mapping[str, Path]]:
    """Return the composed job of the two-language edition of `tiny`, and the files it may name."""
    name = f"tiny.{language}"
    reading = read_handouts(clinic, {name: handout_files(clinic)[name]})
    assert not reading.problems, reading.problems
    settings = resolve({"language": f"{language}+en", "size": size}, clinic)
    context = print_context(clinic, reading, settings)
    return compose_job(context, JobOrder(name, ("ckd",), "handout", forms)), context.files


@pytest.fixture
def every_kind(workspace: Make) -> Workspace:
    """Return a workspace with a handout of every kind of block, and its translation."""
    return translated(EVERY_KIND, workspace, {"content/images/a.svg": PICTURE})


@pytest.mark.parametrize("size", ["standard", pytest.param("large", marks=pytest.mark.long)])
def test_every_kind_of_block_is_proved_on_paper(every_kind: Workspace, size: str) -> None:
    """No sentence is lost, none is added, and they are read row by row, each in its language."""
    job, files = composed(every_kind, "pdf", size=size)
    done = do_job(job, files)
    assert done.problems == ()
    (printed,) = done.printed
    read = comparison_key(" ".join(read_words(printed.data)))
    rows = ["SChest Spain", "Chest pain", "SApples", "SGreen Sapples", "Apples", "Green apples"]
    rows += ["SPears", "SBread", "SIt Sfills", "Bread", "It fills", "SRice", "SMonday", "Monday"]
    at = 0
    for words in rows:
        at = read.index(comparison_key(words), at) + len(comparison_key(words))
    with pikepdf.open(BytesIO(printed.data)) as pdf:
        assert str(pdf.Root.Lang) == "es"
        languages = [
            str(element.Lang)
            for element in pdf.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") and "/Lang" in element
        ]
    assert languages.count("en") > 50


def test_languages_that_run_against_each_other_are_proved(
    workspace: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each half runs its own way, in its own font; tables stand below each other."""
    monkeypatch.syspath_prepend(str(builtin_root() / "packaging/fonts/arabic"))
    letters = cycle("\u0633\u0627\u0642\u0643\u0644\u0645")
    clinic = translated(
        EVERY_KIND,
        workspace,
        {"content/images/a.svg": PICTURE},
        "ar",
        lambda word: "".join(islice(letters, len(word))),
    )
    job, files = composed(clinic, "pdf", "html", language="ar")
    done = do_job(job, files)
    assert done.problems == ()
    halves = re.findall(r'<div class="half" lang="(\w+)" dir="(\w+)">', job.screen)
    assert len(halves) > 80
    assert halves == [("ar", "rtl"), ("en", "ltr")] * (len(halves) // 2)
    assert 'class="twin' not in job.screen
    printed = next(file for file in done.printed if file.form == "pdf")
    with pikepdf.open(BytesIO(printed.data)) as pdf:
        fonts = {str(font.BaseFont) for font in pdf.objects if _is_font(font)}
    assert {name.partition("+")[2].partition("-Bold")[0] for name in fonts} == {
        "Teachback-Arabic",
        "Atkinson-Hyperlegible",
    }


def _is_font(item: object) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"


def test_each_sign_of_a_zone_has_one_mark_in_each_language(every_kind: Workspace) -> None:
    """Its half brings a dot, so the list itself has none."""
    job, files = composed(every_kind, "pdf")
    lists = [
        box
        for page in lay_out(job.handout, files, Fonts()).document.pages
        for box in page._page_box.descendants()  # noqa: SLF001 -- it has no public name
        if box.element_tag == "ul" and "flags" in (box.element.get("class") or "")
    ]
    assert len(lists) > 2
    for box in lists:
        markers = [part for part in box.descendants() if part.element_tag == "li::marker"]
        assert [part.text for part in markers if hasattr(part, "text")] == []


def test_every_kind_of_block_is_proved_on_a_screen(every_kind: Workspace) -> None:
    """The page for a phone says the same in the same order; each half names its language."""
    job, _ = composed(every_kind, "html")
    assert list(screen_problems(job.screen, job.expected[0])) == []
    halves = re.findall(r'<div class="half" lang="(\w+)" dir="ltr">', job.screen)
    assert len(halves) > 80
    assert halves == ["es", "en"] * (len(halves) // 2)


def test_a_half_that_a_template_leaves_out_is_found(every_kind: Workspace) -> None:
    """The proof knows what to expect from the editions, not from the page."""
    job, _ = composed(every_kind, "html")
    for words in (
        "Chest pain",
        "SChest Spain",
        "Rice",
        "Steps",
        "Nobody".replace("Nobody", "Supper"),
    ):
        found = list(screen_problems(job.screen.replace(words, ""), job.expected[0]))
        assert found, words
    turned = job.screen.replace("SPears", "@").replace("Pears", "SPears").replace("@", "Pears")
    assert list(screen_problems(turned, job.expected[0]))


def test_its_sentences_are_those_of_both_editions(every_kind: Workspace) -> None:
    """The rows hold each sentence of either language once, in the order of that language."""
    editions = of_tiny(every_kind)
    both = [edition for edition in editions.values() if edition.facing]
    assert both
    words = load_shared(every_kind).words
    for edition in both:
        assert edition.facing
        clinic = load_shared(every_kind).clinic
        frame, other = (Frame(words[language], clinic, "CODE") for language in ("es", "en"))
        rows = [part.words for part in facing_sentences(edition, frame, edition.facing, other)]
        alone = [part.words for part in handout_sentences(edition, frame)]
        facing = [part.words for part in handout_sentences(edition.facing, other)]
        assert len(alone) > 100
        assert Counter(rows) == Counter([*alone, *facing])


def of_tiny(clinic: Workspace) -> dict[str, Edition]:
    """Return each edition of the translation of `tiny` by its code."""
    reading = read_handouts(clinic, {"tiny.es": handout_files(clinic)["tiny.es"]})
    return editions_by_code(reading, "tiny.es", open_design(clinic))


def test_it_has_a_code_of_its_own_that_the_other_language_changes(workspace: Make) -> None:
    """The code names both languages, and changes with a word of either."""
    clinic = workspace({TRANSLATION: SPANISH_TINY})
    codes = {
        edition.languages: code
        for code, edition in of_tiny(clinic).items()
        if edition.audience == "ckd"
    }
    assert set(codes) == {"es", "es+en"}
    assert codes["es+en"].startswith("T-CKD-ES-EN-")
    assert is_valid_code(codes["es+en"])
    edition = next(edition for edition in of_tiny(clinic).values() if edition.facing)
    assert edition.facing
    other = replace(edition, facing=replace(edition.facing, title=edition.title))
    assert edition_code(edition, "") != edition_code(other, "")
    assert edition_code(edition, "") != edition_code(replace(edition, facing=None), "")
