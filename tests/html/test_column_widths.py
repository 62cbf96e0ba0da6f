"""Tables to fill in have columns as wide as what is written there."""

from __future__ import annotations

from teachback.content.inline_markup import Span
from teachback.editions.edition import EditionLog, LogHeading
from teachback.html.composer import column_widths


def test_a_heading_that_is_a_line_to_write_on_has_a_width() -> None:
    """`label: "{clinic.phone}"` is such a line where the clinic has no number."""
    line = Span("clinic.phone", blank=True, number=True)
    log = EditionLog((LogHeading((line,), None), LogHeading((Span("Day"),), None)), 3, (), None)
    assert column_widths(log) == ("50.00%", "50.00%")
