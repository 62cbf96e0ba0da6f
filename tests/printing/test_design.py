"""The edition code covers what an edition's pages show, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.content.loader import read_handouts
from teachback.errors import TeachbackError
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.printing.design import check_design, has_own_design, open_design
from teachback.printing.job_composer import JobOrder, compose_job, editions_by_code, print_context

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Workspace]

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9">'
    '<path d="M0 0h{}v9z"/></svg>'
)
FIGURE = (
    "      - {figure: images/leg.svg, alt: A leg}\n"
    "      - {figure: images/ckd.svg, alt: A kidney, only: [ckd]}\n"
)
FILES = {
    "content/handouts/tiny.yaml": TINY + FIGURE,
    "content/clinic.yaml": 'emergency: "911"\nname: A clinic\nlogo: images/logo.svg\n',
    "templates/blocks/quote.html": "{# images/named.svg #}\n",
    **{
        f"content/images/{name}.svg": PICTURE.format(5)
        for name in ("leg", "ckd", "logo", "named", "unused")
    },
}


def codes(workspace: Workspace) -> dict[str, str]:
    """Return the code of each audience of the tiny handout."""
    reading = read_handouts(workspace, {"tiny": handout_files(workspace)["tiny"]})
    editions = editions_by_code(reading, "tiny", open_design(workspace))
    return {edition.audience: code for code, edition in editions.items()}


@pytest.mark.parametrize(
    ("changed", "audiences"),
    [
        ({"content/images/unused.svg": PICTURE.format(7)}, set()),
        ({"content/images/g.svg": PICTURE.format(7)}, set()),
        ({"content/images/leg.svg": PICTURE.format(7)}, {"general", "ckd"}),
        ({"content/images/ckd.svg": PICTURE.format(7)}, {"ckd"}),
        ({"content/images/logo.svg": PICTURE.format(7)}, {"general", "ckd"}),
        ({"content/images/named.svg": PICTURE.format(7)}, {"general", "ckd"}),
        ({"templates/blocks/quote.html": "{# images/named.svg #} \n"}, {"general", "ckd"}),
        ({"styles/clinic.css": "h1 { color: #000 }\n"}, {"general", "ckd"}),
    ],
    ids=("unused", "g", "leg", "ckd", "logo", "named", "template", "style"),
)
def test_only_a_picture_a_style_or_a_template_that_pages_use_changes_their_code(
    changed: dict[str, str], audiences: set[str], workspace: Make
) -> None:
    """A picture that no page shows, in the folder or new in it, changes no edition's code."""
    before = codes(workspace(FILES))
    after = codes(workspace({**FILES, **changed}))
    assert set(before) == {"general", "ckd"}
    assert {audience for audience in before if before[audience] != after[audience]} == audiences


def test_a_template_that_puts_the_name_of_a_picture_together_is_refused(workspace: Make) -> None:
    """The code could not cover that picture, so a change to it would go unseen."""
    template = (builtin_root() / "templates/blocks/text.html").read_text(encoding="utf-8")
    image = '<img alt="" src="{{ picture("images/" ~ "unused" ~ ".svg") }}">'
    clinic = workspace({**FILES, "templates/blocks/text.html": template + image})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, resolve({}, clinic))
    with pytest.raises(TeachbackError, match=r"puts the name of the picture content/images/unus"):
        compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("pdf",)))


def test_a_web_page_among_the_pictures_is_no_part_of_the_design(workspace: Make) -> None:
    """A clinic may keep a page that it has saved from the web, in whatever encoding it has."""
    clinic = workspace({"content/images/leg.svg": PICTURE.format(5)})
    (clinic.root / "content/images/saved.html").write_bytes(b"caf\xe9, leg.svg")
    design = open_design(clinic)
    assert "content/images/saved.html" in design.files
    assert check_design(design, clinic) == ()
    assert not has_own_design(design)
