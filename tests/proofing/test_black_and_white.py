"""A proof measures how pages print in black and white, and warns of what prints badly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import THREE, TINY, ZONES

from teachback.commands.build import build
from teachback.pdf.page_reader import read_pages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from teachback.files.workspace import Workspace
    from teachback.proofing.black_and_white import Measures

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]


def proofs(
    clinic: Workspace, today: dt.date, **flags: object
) -> tuple[dict[str, Measures], list[str]]:
    """Build the tiny handout with --proof, and return the measures by kind, and the warnings."""
    settings = resolve(
        {
            "handouts": ("tiny",),
            "audience": ("ckd",),
            "proof": True,
            "output": str(clinic.root / "out"),
            **flags,
        },
        clinic,
    )
    built = build(settings, clinic, today)
    assert not built.failed
    return {
        name.partition("/")[2].partition("-")[0]: measures
        for name, measures in built.proofs.items()
    }, [problem.message for problem in built.problems]


def test_a_proof_measures_the_printed_pages(
    workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """The smallest type, contrasts, ink and borders of tiers are measured on the pictures."""
    measured, warnings = proofs(workspace({"content/handouts/tiny.yaml": THREE}), today)
    assert warnings == []
    handout, card = measured["handout"], measured["card"]
    assert (round(handout.smallest, 1), round(card.smallest, 1)) == (12.0, 9.0)
    # The badge's blue: 9.5:1 by WCAG's formula in colour, 11:1 in the grey that a printer makes of
    # it.
    assert (round(handout.color, 1), round(handout.grey, 1)) == (9.5, 11.0)
    assert 0.01 < handout.ink < 0.08
    borders = {tier.tier: tier.border for tier in handout.tiers}
    assert borders["now"] == pytest.approx((1.0, 3.0), abs=0.3)
    assert borders["today"] == pytest.approx((1.0, 1.4), abs=0.3)
    assert borders["visit"][0] == pytest.approx(0.6, abs=0.15)


@pytest.mark.parametrize(
    ("size", "tiers"),
    [
        ("standard", ["today", "now", "visit"]),
        ("large", ["now", "today", "today", "now", "visit"]),
    ],
)
def test_a_zone_has_the_border_of_the_tier_that_it_shows(
    workspace: Callable[..., Workspace], today: dt.date, size: str, tiers: list[str]
) -> None:
    """So no two tiers look alike in grey, and each looks the same wherever it stands."""
    clinic = workspace({"content/handouts/tiny.yaml": THREE + ZONES})
    measured, warnings = proofs(clinic, today, size=size, kind=("handout",))
    assert warnings == []
    text_visibilities = measured["handout"].tiers
    assert [look.tier for look in text_visibilities] == tiers
    solid = {"now": 3.0, "today": 1.4}
    for look in text_visibilities:
        share, width = look.border
        assert share == pytest.approx(1.0 if look.tier in solid else 0.6, abs=0.15)
        assert width == pytest.approx(solid.get(look.tier, width), abs=0.3)


def test_pages_in_colour_are_proved_in_grey_and_break_where_those_in_black_do(
    workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """Contrast, ink and borders hold on the tints. Each line is where it is in black."""
    clinic = workspace({"content/handouts/tiny.yaml": THREE})
    black, _ = proofs(clinic, today)
    colour, warnings = proofs(clinic, today, ink="colour")
    assert warnings == []
    assert sorted(colour) == ["card", "handout"]
    for kind, measured in colour.items():
        assert measured.smallest == black[kind].smallest
        assert min(measured.color, measured.grey) >= 7
        assert black[kind].ink < measured.ink < black[kind].ink + 0.05
    pairs = list(zip(colour["handout"].tiers, black["handout"].tiers, strict=True))
    assert [tier.tier for tier, _ in pairs] == ["now", "today", "visit"]
    for tier, black_tier in pairs:
        assert tier.border == pytest.approx(black_tier.border, abs=0.15)
    for name in ("handout-ckd-en-letter", "card-ckd-en"):
        pages = [
            [[(run.words, run.bounds) for run in page.runs] for page in read_pages(data, 60)]
            for data in (
                (clinic.root / f"out/tiny/{name}{ink}.pdf").read_bytes() for ink in ("", "-colour")
            )
        ]
        assert pages[0]
        assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("style", "warning"),
    [
        (
            ".message { color: #666666 }",
            (
                "handout of tiny for ckd: 'One message.' on page 1 has a contrast of 5.7:1; "
                "text is easy to read from 7:1"
            ),
        ),
        (
            "section { background: #bbbbbb; height: 150mm }",
            "handout of tiny for ckd: ink covers 1",
        ),
        (
            ".tier-visit, .tier-today { border: 3pt solid #111 }",
            "handout of tiny for ckd: in grey, the tiers 'now' and 'today' have the same border",
        ),
        (
            ".tier .tier-icon { background: none }",
            "handout of tiny for ckd: in grey, the tiers 'today' and 'visit' have the same icon",
        ),
    ],
)
def test_a_proof_warns_of_what_prints_badly_in_black_and_white(
    workspace: Callable[..., Workspace], today: dt.date, style: str, warning: str
) -> None:
    """It is printed with a warning."""
    _, warnings = proofs(
        workspace({"content/handouts/tiny.yaml": THREE, "styles/clinic.css": style}),
        today,
        kind=("handout",),
    )
    assert [message for message in warnings if message.startswith(warning)], warnings


def test_faint_words_of_a_drawing_are_named_with_its_file(
    workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """A word of a drawing is named whole, though each of its letters is drawn by itself."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 60">'
        '<text x="5" y="40" font-size="30" font-family="Atkinson Hyperlegible" fill="#{}">'
        "Artery</text></svg>"
    )
    block = "      - {figure: images/arm one.svg, alt: 'A drawing that says: Artery'}\n"
    for grey, words in (("666666", "has a contrast of 5.7:1"), ("888888", "has a contrast of 3.5")):
        files = {
            "content/handouts/tiny.yaml": TINY + block,
            "content/images/arm one.svg": drawing.format(grey),
        }
        clinic = workspace(files)
        flags = {"handouts": ("tiny",), "audience": ("ckd",), "proof": True}
        settings = resolve({**flags, "output": str(clinic.root / "out")}, clinic)
        messages = [problem.message for problem in build(settings, clinic, today).problems]
        named = f"handout of tiny for ckd: 'Artery' in content/images/arm one.svg on page 1 {words}"
        assert [message for message in messages if message.startswith(named)], messages
