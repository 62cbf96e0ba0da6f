"""Composed pages say whose they are, for whom, and which number their reader calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.content.loader import read_handouts
from teachback.files.workspace import Workspace, handout_files
from teachback.printing.design import open_design
from teachback.printing.job_composer import (
    JobOrder,
    compose_job,
    editions_by_code,
    print_context,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.printing.jobs import Job

    Make = Callable[..., Workspace]

HANDOUT = TINY.replace("[general, ckd]", "[general, ckd, dialysis]").replace(
    "tier: now", "tier: today"
)


def composed(workspace: Workspace, audience: str, kind: str, ink: str | None = None) -> Job:
    """Compose a page of the tiny handout for one audience."""
    reading = read_handouts(workspace, {"tiny": handout_files(workspace)["tiny"]})
    context = print_context(workspace, reading, resolve({"ink": ink}, workspace))
    return compose_job(context, JobOrder("tiny", (audience,), kind, ("pdf", "html")))


@pytest.mark.parametrize("kind", ["card", "handout"])
def test_an_ink_that_is_asked_for_wins_over_that_of_the_clinic(kind: str, workspace: Make) -> None:
    """Only paper has an ink; the edition code and the page for a screen are the same in each."""
    inks = {}
    colour = "ink: colour\n"
    for ink, clinic in ((None, ""), ("colour", ""), (None, colour), ("black", colour)):
        changed = workspace({"content/clinic.yaml": f'emergency: "911"\n{clinic}'})
        inks[ink, clinic] = composed(changed, "ckd", kind, ink)
    black, asked, clinics, back = inks.values()
    assert asked == clinics
    assert black == back
    assert (black.code, black.screen) == (asked.code, asked.screen)
    assert (black.handout, black.cards) != (asked.handout, asked.cards)


def test_icons_in_colour_are_drawn_in_the_accent_of_the_clinic(workspace: Make) -> None:
    """Without a colour of the clinic, it is that of the styles. In black they stay as they are."""
    (card,) = composed(workspace(), "ckd", "card", "colour").cards
    assert "url(icons/square.svg?ink=134b5f)" in card
    accented = workspace({"content/clinic.yaml": 'emergency: "911"\ncolors: {accent: "#6b2d5c"}\n'})
    assert (
        "url(icons/square.svg?ink=6b2d5c)" in composed(accented, "ckd", "handout", "colour").handout
    )
    assert "url(icons/square.svg)" in composed(accented, "ckd", "handout").handout


def words(html: str) -> str:
    """Return the words of a page."""
    return re.sub(r"(\s|<[^>]*>)+", " ", html.partition("<main>")[2])


@pytest.mark.parametrize(
    ("audience", "phones", "number"),
    [
        ("ckd", "phone: 555-0100\ndialysis_unit: 555-0177\n", "555-0100"),
        ("dialysis", "phone: 555-0100\ndialysis_unit: 555-0177\n", "555-0177"),
        ("dialysis", "phone: 555-0100\n", "555-0100"),
        ("dialysis", "dialysis_unit: 555-0177\n", "555-0177"),
        ("ckd", "dialysis_unit: 555-0177\n", ""),
    ],
)
@pytest.mark.parametrize("kind", ["card", "handout"])
def test_beside_call_us_today_is_the_number_that_the_reader_calls(
    audience: str, phones: str, number: str, kind: str, workspace: Make
) -> None:
    """A dialysis reader calls the unit, or the day phone of a clinic that has no unit's number."""
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": HANDOUT,
            "content/clinic.yaml": f'emergency: "911"\n{phones}',
        }
    )
    job = composed(clinic, audience, kind)
    page = words(job.handout + "".join(job.cards))
    (beside,) = re.findall(r"Call us today:? (?:at )?(\S*)", page)
    assert (beside if beside.startswith("555") else "") == number
    assert (number or "555-0177") in {
        part.words for part in job.expected[0].sentences
    } or not number


def test_an_audience_calls_the_number_of_the_one_that_it_extends(workspace: Make) -> None:
    """A clinic's own audience on dialysis calls the unit without saying so again."""
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": HANDOUT.replace("dialysis]", "dialysis, home]"),
            "content/clinic.yaml": 'emergency: "911"\nphone: 555-0100\ndialysis_unit: 555-0177\n',
            "content/audiences.yaml": (
                "general: {name: g, badge: {en: G}}\nckd: {name: c, badge: {en: C}}\n"
                "dialysis: {name: d, badge: {en: D}, extends: ckd, calls: dialysis_unit}\n"
                "home: {name: h, badge: {en: At home}, extends: dialysis}\n"
            ),
        }
    )
    assert "Call us today: 555-0177" in words(composed(clinic, "home", "card").cards[0])


@pytest.mark.parametrize(
    ("audience", "badge"), [("ckd", "Kidney disease (CKD)"), ("dialysis", "On dialysis")]
)
@pytest.mark.parametrize("name", ["Riverside Kidney Clinic", ""])
def test_the_front_of_a_card_says_whose_it_is_and_for_whom(
    audience: str, badge: str, name: str, workspace: Make
) -> None:
    """The badge has its short words where the audience has some; no name is a line to write on."""
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": HANDOUT,
            "content/clinic.yaml": f'emergency: "911"\nname: "{name}"\n'.replace('""', ""),
        }
    )
    job = composed(clinic, audience, "card")
    front = words(job.cards[0].partition('class="card back"')[0])
    assert front.split()[: len(badge.split())] == badge.split()
    assert (name or "Your clinic") in front
    assert [part.words for part in job.expected[0].sentences[:2]] == [badge, name or "Your clinic"]


def test_an_audience_without_a_short_version_has_its_other_editions(workspace: Make) -> None:
    """Else none of them could be found by its code, nor kept in the archive."""
    brief = "      - {text: In short., brief: true, only: [general]}\n"
    clinic = workspace({"content/handouts/tiny.yaml": TINY + brief})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    editions = editions_by_code(reading, "tiny", open_design(clinic)).values()
    depths = {audience: set[str]() for audience in ("general", "ckd")}
    for edition in editions:
        depths[edition.audience].add(edition.depth)
    assert depths == {"general": {"full", "brief"}, "ckd": {"full"}}
