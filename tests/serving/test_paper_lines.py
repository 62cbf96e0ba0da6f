"""Each line on paper knows the line of the file in which it is written."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.content.loader import read_handouts
from teachback.files.workspace import handout_files
from teachback.pdf.page_layout import TextPlace, text_places
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.page_fitting import lay_out_with_styles
from teachback.serving.live_pages import LiveOrder, printed_texts
from teachback.serving.paper_lines import PrintedText, differences, paper_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

DAY = dt.date(2026, 11, 29)
WORDY = (
    (
        TINY.replace("title: A tiny handout", "title: {general: Salt, ckd: Salt and your kidneys}")
        .replace("text: Chest pain}", "text: Chest pain for 10 minutes, short: Chest pain}")
        .replace("{title: When to get help}", "{title: When to call, statements: [I have CKD]}")
    )
    + """\
      - text: >-
          Call {clinic.phone} when you are **not sure**. Salt makes you thirsty, and then your body keeps
          more water than your heart can pump. So look at the label of each food before you buy it, and
          choose the one with less salt.
      - list: ["Salt", "Salt in bread", "Bread"]
      - table:
          columns: [Food, "Salt, in mg"]
          rows:
            - [Bread, Much]
            - [Soup, Much]
"""
)


def boxes(*words: str) -> list[TextPlace]:
    """Return boxes of words, each on a line of its own."""
    return [TextPlace(one, 1, 20.0, 10.0 * n, 50.0, 5.0) for n, one in enumerate(words)]


def found(*words: str, texts: list[str]) -> list[tuple[str, int]]:
    """Return each line that has a text, with the number of that text."""
    sources = [PrintedText(text, n + 1, 1) for n, text in enumerate(texts)]
    return [(line.words, line.text) for line in paper_lines(boxes(*words), sources, {"": texts})]


def test_every_text_of_a_page_is_found_in_the_file(
    workspace: Callable[..., Workspace],
) -> None:
    """Lines of a reader's text, of a list, a table and a text of several lines have their places."""
    clinic = workspace({"content/handouts/tiny.yaml": WORDY})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, resolve({}, clinic))
    job = compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("pdf",)))
    _, layout = lay_out_with_styles("", job, context.files)
    rows = WORDY.splitlines()
    sources = {reading.authored["tiny"].file.name: rows}
    order = LiveOrder("tiny", 1, reading.authored["tiny"], sources, DAY, "ckd")
    texts = printed_texts(order, reading.shared)
    lines = paper_lines(tuple(text_places(layout)), texts, sources)
    assert {line.text for line in lines} == set(range(len(texts)))
    written = {line.words: rows[line.line - 1].strip() for line in lines}
    assert written["Salt and your kidneys"].startswith("title:")
    assert written["Chest pain for 10 minutes"].startswith("- {id: chest")
    assert written["Bread"] in ("- [Bread, Much]", '- list: ["Salt", "Salt in bread", "Bread"]')
    assert written["Salt, in mg"] == 'columns: [Food, "Salt, in mg"]'
    (last,) = (row for words, row in written.items() if words.endswith("less salt."))
    assert last.startswith(("more water", "choose the one"))
    assert all(
        line.left > 0 and line.left + line.width < context.settings.paper.box.width
        for line in lines
    )
    assert not any("Your clinic" in line.words for line in lines)


def test_a_short_text_is_not_found_inside_a_longer_one() -> None:
    """The same word as a text of its own, and in others, belongs to each of them."""
    texts = ["Salt", "Less salt is better", "Bread", "Bread"]
    lines = found("Less salt is", "better", "Bread", "Salt", "Bread", "Salty", texts=texts)
    assert lines[:2] == [("Less salt is", 1), ("better", 1)]
    assert ("Salt", 0) in lines
    assert sorted(text for words, text in lines if words == "Bread") == [2, 3]
    assert "Salty" not in dict(lines)


def test_a_word_of_the_template_takes_no_text_of_the_file() -> None:
    """Of two equal words on paper, the text has the one that is near what is written near it."""
    texts = ["First words here", "Good to know", "Last words here"]
    lines = found(
        "First words here", "Good to know:", "Last words here", "Good to know:", texts=texts
    )
    assert [text for _, text in lines] == [0, 1, 2]


def test_a_text_whose_words_all_belong_to_other_texts_has_no_line() -> None:
    """Its words are on paper, but shorter texts, which are written near them, have them all."""
    lines = found("a b c", "x", "a b c", texts=["a", "c", "b", "a b c"])
    assert [words for words, _ in lines] == ["a b c", "a b c"]
    assert 3 not in {text for _, text in lines}


@given(st.lists(st.sampled_from("abcde")), st.lists(st.sampled_from("abcde")))
def test_differences_are_all_that_one_version_has_and_the_other_has_not(
    before: list[str], after: list[str]
) -> None:
    """Without what changed and what is gone, both versions are the same text."""
    changed, gone = differences(before, after)
    same = [text for number, text in enumerate(after) if number not in changed]
    rest = list(before)
    for text in same:
        rest.remove(text)
    assert len(rest) <= len(changed) + len(gone)
    assert all(number <= len(after) for number, _ in gone)
    assert (changed, gone) == ((), ()) or before != after


def test_a_changed_text_is_no_text_that_is_gone() -> None:
    """One text in the place of another is a change; what has no successor is gone."""
    assert differences(["a", "b", "c"], ["a", "x", "c"]) == ((1,), ())
    assert differences(["a", "b", "c"], ["a", "c"]) == ((), ((1, "b"),))
    assert differences(["a"], ["a", "b"]) == ((1,), ())
