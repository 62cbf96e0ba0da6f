"""The places of fields are found on laid-out pages."""

from __future__ import annotations

import pytest

from teachback.errors import TeachbackError
from teachback.pdf import renderer
from teachback.pdf.page_layout import field_openings


def test_a_place_without_its_space_is_refused() -> None:
    """A clinic's template may leave the space out, and a style may set its type to 0."""

    def laid_out(style: str, inner: str) -> renderer.LaidOutDocument:
        page = (
            f"<html lang=en><style>.slot {{ display: inline-block; width: 9mm; {style} }}</style>"
            f"<title>t</title><body><p>Name: <span class=slot data-field=who>{inner}</span>"
        )
        return renderer.lay_out(page, {}, renderer.fonts())

    assert [opening.field for opening in field_openings(laid_out("", "&nbsp;"))] == ["who"]
    for style, inner in (("", ""), ("font-size: 0", "&nbsp;")):
        with pytest.raises(TeachbackError, match="'who' on page 1 has no room for words"):
            list(field_openings(laid_out(style, inner)))
