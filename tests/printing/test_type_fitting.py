"""A card takes the largest type at which all of it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.content.loader import read_handouts
from teachback.errors import TeachbackError
from teachback.files.workspace import Workspace, handout_files
from teachback.html.composer import at_size
from teachback.pdf.page_layout import sides_that_fit
from teachback.pdf.renderer import fonts, lay_out
from teachback.printing import type_fitting
from teachback.printing.card_run import CardOrder, card_run, find_stock
from teachback.printing.card_stock import load_stocks
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.jobs import CARDS
from teachback.printing.type_fitting import card_room, fitted, fitted_or_larger
from teachback.units import CARD, CARD_STEPS, CARD_TEXT, Box

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.slow


# Enough words for a search that begins at small type, and few enough for large type.
SOME = "".join(
    f"  - {{id: sign-{n}, tier: now, card: true, text: A sign that is a line long}}\n"
    for n in range(2)
)


def tries(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Return a list that gets the sizes of type of each card that is laid out from now on."""
    tried: list[tuple[float, float]] = []
    real = type_fitting._try  # noqa: SLF001 -- no public name

    def counted(page: str, box: Box, sizes: tuple[float, float], *given: Any) -> Any:  # noqa: ANN401 -- as the function
        tried.append(sizes)
        return real(page, box, sizes, *given)

    monkeypatch.setattr(type_fitting, "_try", counted)
    return tried


@pytest.mark.parametrize("stem", ["leg-cramps", "tiny", "some"])
def test_both_sides_of_a_card_grow_until_the_next_step_does_not_fit(
    stem: str, builtin: Workspace, workspace: Callable[..., Workspace]
) -> None:
    """A full card has small type, and one with few words has large type, to the last step."""
    some = TINY.replace("id: tiny", "id: some").replace("card: {title", f"{SOME}card: {{title")
    clinic = workspace({"content/handouts/some.yaml": some})
    where = builtin if stem == "leg-cramps" else clinic
    reading = read_handouts(where, {stem: handout_files(where)[stem]})
    context = print_context(where, reading, resolve({}, where))
    job = compose_job(context, JobOrder(stem, ("ckd",), "card", ("pdf",)))
    front, back = fitted(job, 0, CARD, context.files).sizes
    assert (front > CARD_TEXT + 3) == (stem != "leg-cramps")
    for side, sizes in enumerate(((front + 0.5, back), (front, back + 0.5))):
        if max(sizes) <= CARD_STEPS[-1]:
            layout = lay_out(at_size(job.cards[0], CARD, [sizes]), context.files, fonts())
            assert not sides_that_fit(layout)[side]


@pytest.mark.parametrize("height", [38, 46])
def test_a_card_that_is_higher_by_what_is_missing_fits(height: float, builtin: Workspace) -> None:
    """To a millimetre, so nobody shortens more words than needed; half of it is too little."""
    reading = read_handouts(builtin, {"leg-cramps": handout_files(builtin)["leg-cramps"]})
    context = print_context(builtin, reading, resolve({}, builtin))
    job = compose_job(context, JobOrder("leg-cramps", ("ckd",), "card", ("pdf",)))
    missing = card_room(job, 0, Box(CARD.width, height), context.files).missing_mm
    assert 0 < missing < CARD.height - height
    rooms = [
        card_room(job, 0, Box(CARD.width, height + more), context.files).missing_mm
        for more in (missing / 2, missing + 1)
    ]
    assert rooms[0] > 0
    assert rooms[1] == 0


def test_a_fault_of_a_style_is_not_measured_as_a_lack_of_room(
    builtin: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it shows in larger type only, it is still told."""
    reading = read_handouts(builtin, {"leg-cramps": handout_files(builtin)["leg-cramps"]})
    context = print_context(builtin, reading, resolve({}, builtin))
    job = compose_job(context, JobOrder("leg-cramps", ("ckd",), "card", ("pdf",)))
    real = type_fitting._try  # noqa: SLF001 -- no public name

    def faulty(page: str, box: Box, sizes: tuple[float, float], *given: Any) -> Any:  # noqa: ANN401 -- as the function
        if max(sizes) > CARD_STEPS[0]:
            raise TeachbackError.of("a style is wrong", "")
        return real(page, box, sizes, *given)

    monkeypatch.setattr(type_fitting, "_try", faulty)
    with pytest.raises(TeachbackError, match="a style is wrong"):
        card_room(job, 0, CARD, context.files)


def test_a_card_that_no_stock_takes_is_not_tried_on_every_stock(
    workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit on a larger card is not laid out on a smaller one; no stock is named."""
    long = f"  - {{id: long, tier: now, card: true, text: {'A sign of a whole line. ' * 150}}}\n"
    clinic = workspace(
        {"content/handouts/tiny.yaml": TINY.replace("card: {title", f"{long}card: {{title")}
    )
    reading, settings, stocks = (
        read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]}),
        resolve({}, clinic),
        load_stocks(clinic),
    )
    run = card_run(find_stock("avery-5371", stocks), [0], settings, stocks, CardOrder())
    context = print_context(clinic, reading, settings, run)
    job = compose_job(context, JobOrder("tiny", ("ckd",), "card", (CARDS,)))
    tried = tries(monkeypatch)
    with pytest.raises(TeachbackError) as refused:
        fitted(job, 0, run.box, context.files)
    assert "It would fit on" not in refused.value.problems[0].hint
    assert len(set(run.others.values())) > 5
    assert 1 < len(tried) < 8


def test_few_words_on_one_side_find_their_type_in_few_tries(
    workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its code beside them, a front has no room for the largest type."""
    clinic = workspace()
    settings, stocks = resolve({}, clinic), load_stocks(clinic)
    run = card_run(find_stock("avery-5395", stocks), [0], settings, stocks, CardOrder())
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, settings, run)
    job = compose_job(context, JobOrder("tiny", ("ckd",), "card", (CARDS,)))
    assert job.one_sided
    tried = tries(monkeypatch)
    front, _ = fitted(job, 0, run.box, context.files).sizes
    assert CARD_TEXT < front < CARD_STEPS[-1]
    assert 1 < len(tried) < 8


def test_a_card_that_was_printed_before_is_laid_out_once(
    builtin: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the steps of the earlier print; where they do not fit, it takes smaller ones."""
    reading = read_handouts(builtin, {"leg-cramps": handout_files(builtin)["leg-cramps"]})
    context = print_context(builtin, reading, resolve({}, builtin))
    job = compose_job(context, JobOrder("leg-cramps", ("ckd",), "card", ("pdf",)))
    first = fitted(job, 0, CARD, context.files)
    tried = tries(monkeypatch)
    again = fitted_or_larger(job, None, context.files, first.steps)
    assert again.fit.steps == first.steps
    assert tried == [first.sizes]
    front, back = first.steps
    larger = fitted_or_larger(job, None, context.files, (front + 1, back))
    assert larger.fit.steps == first.steps
