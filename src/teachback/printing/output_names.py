"""Name the printed file of an edition: kind, reader, language, paper or stock, size, ink. Pure.

Such as `leg-cramps/handout-ckd-en-letter.pdf`. What is left out of a name is as usual: standard
type, the full text, the clinic's ink. A picture has the number of its page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from teachback.printing.jobs import CARDS_PRESS, ON_STOCK, SHEET
from teachback.units import Depth, TypeSize

if TYPE_CHECKING:
    from teachback.printing.jobs import Job, Printed
    from teachback.printing.settings import Settings


def output_name(handout: str, job: Job, printed: Printed, language: str, settings: Settings) -> str:
    """Return the name of a printed file below the output folder.

    `handout` is the id of the handout, whose folder it is in, and `language` names both languages
    where the file has two.
    """
    if job.run and printed.run and printed.form in ON_STOCK:
        is_ordered = printed.form != SHEET
        is_named = is_ordered or settings.stock or printed.run.stock != job.run.stock
        parts = [
            "cards" if is_ordered else job.kind,
            job.audience,
            language,
            printed.run.stock if is_named else str(settings.paper),
            settings.asked_ink(printed.form),
            "press" if printed.form == CARDS_PRESS else "",
        ]
        ending = "pdf"
    else:
        is_handout = job.kind == "handout"
        parts = [
            job.kind,
            job.audience,
            language,
            str(settings.paper) if is_handout and printed.form != "html" else "",
            str(settings.size) if is_handout and settings.size is TypeSize.LARGE else "",
            str(settings.depth) if is_handout and settings.depth is Depth.BRIEF else "",
            settings.asked_ink(printed.form),
            str(printed.page or ""),
        ]
        ending = printed.form
    return f"{handout}/{'-'.join(filter(None, parts))}.{ending}"
