"""A translation that comes with the program belongs to the program's own handout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiny_handout import TINY

from teachback.files.workspace import handout_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace


def test_a_clinics_own_handout_of_a_built_in_name_has_no_built_in_translation(
    workspace: Callable[..., Workspace],
) -> None:
    """Without a handout of its own, a clinic has the program's one and its Spanish."""
    assert {"leg-cramps", "leg-cramps.es"} <= handout_files(workspace({})).keys()
    own = workspace(
        {"content/handouts/leg-cramps.yaml": TINY.replace("id: tiny", "id: leg-cramps")}
    )
    assert "leg-cramps" in handout_files(own)
    assert "leg-cramps.es" not in handout_files(own)
