"""An edition code reveals typing mistakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.edition_code import (
    ALPHABET,
    CODE,
    check_character,
    edition_code,
    is_valid_code,
    nearest_codes,
    normalize_code,
)
from teachback.editions.selection import Reader, choose
from teachback.files.workspace import handout_files
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

BODIES = st.builds(
    lambda head, last: f"{head}-{last}",
    st.sampled_from(["LC-CKD-EN", "LC-GENERAL-EN", "BYV-NO-DIALYSIS-ES", "X-A-ZH-HANS"]),
    st.text(ALPHABET, min_size=6, max_size=6),
)


@given(BODIES, st.data())
def test_one_wrong_character_in_the_last_part_is_found(body: str, data: st.DataObject) -> None:
    """Any other character in place of any of the last seven is found."""
    code = body + check_character(body)
    assert is_valid_code(code)
    place = data.draw(st.integers(len(code) - 7, len(code) - 1))
    other = data.draw(st.sampled_from([c for c in ALPHABET if c != code[place]]))
    assert not is_valid_code(code[:place] + other + code[place + 1 :])


@given(BODIES, st.data())
def test_two_neighbours_that_changed_places_are_found(body: str, data: st.DataObject) -> None:
    """Two swapped neighbours are found, if they differ."""
    code = body + check_character(body)
    place = data.draw(st.integers(len(code) - 7, len(code) - 2))
    one, two = code[place], code[place + 1]
    assert is_valid_code(code[:place] + two + one + code[place + 2 :]) == (one == two)


def test_letters_that_look_alike_are_never_printed() -> None:
    """The last part has no similar letters, and the check character needs exactly 23."""
    assert len(ALPHABET) == len(set(ALPHABET)) == 23
    assert not set("0O1IL2Z5S8BUV") & set(ALPHABET)


def test_a_code_is_found_in_the_words_of_a_page() -> None:
    """Text that only resembles a code is not found."""
    page = (
        "Version: Nov 22, 2026 LC-CKD-EN-7F3A9CX Page 1 of 6, call 555-0100-22, LC-CKD-EN-7F3A9CXX"
    )
    assert CODE.findall(page) == ["LC-CKD-EN-7F3A9CX"]


def test_what_people_type_is_read_as_the_code_is_written() -> None:
    """Small letters, spaces and other dashes are normalised."""
    assert normalize_code("  lc ckd\u2013en_7f3a9cx ") == "LC-CKD-EN-7F3A9CX"


def test_the_nearest_code_is_named_first() -> None:
    """Misread letters count less than other letters, and only similar codes are named."""
    known = ["LC-CKD-EN-DF3A9CX", "LC-CKD-EN-MMMMMMM", "BYV-GENERAL-EN-7F3A9CX"]
    assert nearest_codes("LC-CKD-EN-OF3A9CX", known)[0] == "LC-CKD-EN-DF3A9CX"
    assert nearest_codes("nothing at all", known) == ()


@dataclass(frozen=True)
class Before:
    """A block of a text, as an earlier version of the program knew it."""

    text: str


@dataclass(frozen=True)
class After:
    """The same block, renamed, and with a field that other texts use."""

    text: str
    items: tuple[str, ...] = ()


def test_the_code_of_a_text_outlives_changes_of_the_program(
    workspace: Callable[..., Workspace],
) -> None:
    """A renamed class, or a new field that a text does not use, does not change its code."""
    clinic = workspace()
    shared = load_shared(clinic)
    handout = load_handout(handout_files(clinic)["tiny"], clinic, shared).handout
    reader = Reader(shared.audiences.lineage("ckd"), {})
    edition = choose(handout, reader, badge="b", size=TypeSize.STANDARD, sources=shared.sources)

    def code(*blocks: object) -> str:
        section = replace(edition.sections[0], blocks=blocks)  # type: ignore[arg-type]
        return edition_code(replace(edition, sections=(section,)), "design")

    assert code(Before("Walk.")) == code(After("Walk."))
    others = {
        code(After("Run.")),
        code(After("Walk.", ("Far",))),
        code(After("Walk.", ("Far", "On"))),
    }
    assert len({code(After("Walk.")), *others}) == 4
