"""Provide a handout with every kind of field in every kind of place, and helpers to stamp it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.content.loader import read_handouts
from teachback.files.workspace import handout_files
from teachback.merge.stamping.edition_templates import card_template, handout_template
from teachback.printing.job_composer import JobOrder, compose_job, print_context

if TYPE_CHECKING:
    from teachback.content.handout import Handout
    from teachback.files.workspace import Workspace
    from teachback.html.composer import Design
    from teachback.merge.stamping.pdf_template import Template
    from teachback.printing.jobs import Job

FIELDS = """\
fields:
  - {name: patient, label: Prepared for, required: true, width_mm: 70}
  - {name: visit, label: "on", type: date, width_mm: 45}
  - {name: nurse, label: by, width_mm: 60}
  - {name: fluid, label: Fluid limit, type: number, width_mm: 16}
  - {name: weight, label: Weight}
  - {name: phone, label: Phone, type: phone}
  - {name: side, label: Side, type: choice, choices: [left, right]}
personal: [patient, visit, {field: nurse, only: [ckd]}]
red_flags:
"""
BLOCKS = """\
      - text: Your fluid limit is {record.fluid} liters a day. **Your next visit is on \
{record.visit}** with us.
      - my_numbers: [{label: Weight, field: weight}, {label: Blood pressure}]
      - list: ["Call {record.phone} first", "It is your {record.side} leg", "Ask {record.nurse}"]
"""
FILLED = (
    TINY.replace("red_flags:\n", FIELDS).replace(
        "{title: When to get help}",
        "{title: When to get help, lines: [{label: Name, field: patient}]}",
    )
    + BLOCKS
)
# Letters that occur in names, in words that are no names: places, and text that looks like code.
NAMES = (
    "\u0141ód\u017a d\u2019Évreux",
    "Tiếng Việt ở Huế",
    "Щёлково, Київ",
    "Côte-d'Or {record.visit}",
    "=HYPERLINK(A1) **x** <b>",
    "\u015eanl\u0131urfa, \u0130\u011fd\u0131r",
    "Cúil an tSúdaire",
    "Θεσσαλονίκη",
    "Plzeň Ĳssel Žďár",
    "Ọ̀yọ́ Ògbómọ̀ṣọ́",
)


@dataclass(frozen=True)
class Composed:
    """A handout that was read and composed for one reader."""

    handout: Handout
    design: Design
    jobs: list[Job]

    def template(self, *values: str, kind: str = "handout") -> Template:
        """Return the Template for records with these values."""
        job = next(job for job in self.jobs if job.kind == kind)
        make = handout_template if kind == "handout" else card_template
        return make(job, self.design.files, frozenset(values))


def composed(
    workspace: Workspace,
    stem: str = "tiny",
    audience: str = "ckd",
    **flags: Any,  # noqa: ANN401 -- flags of any kind
) -> Composed:
    """Compose the handout and the card of one reader; there must be no problem."""
    reading = read_handouts(workspace, {stem: handout_files(workspace)[stem]})
    assert {
        name: [str(problem) for problem in found] for name, found in reading.problems.items()
    } == {}
    context = print_context(workspace, reading, resolve(flags, workspace))
    jobs = [
        compose_job(context, JobOrder(stem, (audience,), kind, ("pdf",)))
        for kind in ("handout", "card")
    ]
    return Composed(reading.authored[stem].handout, context.design, jobs)
