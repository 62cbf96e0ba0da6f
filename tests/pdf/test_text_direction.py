"""The order of letters in a line with two directions is that of the Unicode algorithm."""

from __future__ import annotations

import ctypes
import ctypes.util
import random

import pytest

from teachback.pdf.text_direction import begins_rtl, directed_runs, needs_shaping

ALEF, BET, BEH = "\u05d0", "\u05d1", "\u0628"
# As they are painted, from left to right.
PAINTED = {
    (f"{ALEF}{BET} 12", True): f"12 {BET}{ALEF}",
    (f"{ALEF}{BET} 12", False): f"12 {BET}{ALEF}",
    # A range with an en dash is turned round, one with a hyphen is not.
    (f"{ALEF} 10\u201320", True): f"20\u201310 {ALEF}",
    (f"{ALEF} 10-20", True): f"10-20 {ALEF}",
    (f"{BEH} 10-20", True): f"20-10 {BEH}",
    (f"{ALEF} (abc) {BET}.", True): f".{BET} (abc) {ALEF}".translate({40: 41, 41: 40}),
    ("abc 5 mg.", True): ".abc 5 mg",
    (f"a ({ALEF}) b", False): f"a ({ALEF}) b",
    (f"{ALEF} 5%", True): f"5% {ALEF}",
    ("", True): "",
}


def painted(text: str, *, rtl: bool) -> list[int]:
    """Return the indexes of the letters of a line from left to right."""
    return [
        index
        for run in directed_runs(text, rtl=rtl)
        for index in (
            range(run.end - 1, run.start - 1, -1) if run.rtl else range(run.start, run.end)
        )
    ]


@pytest.mark.parametrize(("line", "shown"), PAINTED.items())
def test_a_line_is_painted_in_the_order_of_its_directions(
    line: tuple[str, bool], shown: str
) -> None:
    """Numbers keep their order; brackets and stops go with the words beside them."""
    text, rtl = line
    order = "".join(text[index] for index in painted(text, rtl=rtl))
    assert order == shown or order.translate({40: 41, 41: 40}) == shown


def test_the_order_is_that_of_the_library_that_sets_the_pages() -> None:
    """FriBidi, which Pango uses, agrees on 2,000 made-up lines of letters, numbers and signs."""
    name = ctypes.util.find_library("fribidi")
    assert name, "Pango cannot be installed without FriBidi"
    library = ctypes.CDLL(name)

    def order(text: str, *, rtl: bool) -> list[int]:
        count = len(text)
        letters = (ctypes.c_uint32 * count)(*map(ord, text))
        kinds, brackets = (ctypes.c_uint32 * count)(), (ctypes.c_uint32 * count)()
        levels, places = (ctypes.c_int8 * count)(), (ctypes.c_int * count)(*range(count))
        base = ctypes.c_uint32(0x111 if rtl else 0x110)
        library.fribidi_get_bidi_types(letters, count, kinds)
        library.fribidi_get_bracket_types(letters, count, kinds, brackets)
        assert library.fribidi_get_par_embedding_levels_ex(
            kinds, brackets, count, ctypes.byref(base), levels
        )
        library.fribidi_reorder_line(0, kinds, count, 0, base, levels, None, places)
        return list(places)

    # FriBidi pairs no bracket that an accent stands behind, so there are none.
    letters = f"ab{ALEF}{BET}{BEH}12\u0664\u0665 ..,,-\u2013+%$()[]\u00ab\u00bb:/'\u200f\u200e   "
    source = random.Random(17)  # noqa: S311 -- the same lines each time
    for _ in range(1_000):
        text = "".join(source.choices(letters, k=source.randint(1, 14)))
        for rtl in (True, False):
            assert painted(text, rtl=rtl) == order(text, rtl=rtl), ascii(text)


def test_marks_that_embed_a_direction_are_refused() -> None:
    """Their order is not proved, so a line with them is none."""
    with pytest.raises(ValueError, match="marks of direction"):
        directed_runs(f"{ALEF} \u2066a\u2069", rtl=True)


def test_the_first_letter_tells_the_direction_of_a_name() -> None:
    """Signs and digits before it do not."""
    assert begins_rtl(f"12. {ALEF} a")
    assert not begins_rtl(f"a {ALEF}")
    assert not begins_rtl("12")


def test_scripts_are_known_whose_words_a_text_layer_cannot_tell() -> None:
    """Letters that join or change places; Latin, Cyrillic and Chinese ones do not."""
    assert all(map(needs_shaping, (ALEF, BEH, "\u0915", "\u0e01", "a \ufefb")))
    assert not any(map(needs_shaping, ("abc", "\u1ecd", "\u0434", "\u5317", "\ud55c", "")))
