"""What the commands ask of the world around them: the folder they were started in, and the day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from teachback.errors import Problem, UsageError
from teachback.workspace import Workspace, open_workspace


def today() -> dt.date:
    """Give the day it is where the clinic is."""
    return dt.datetime.now(tz=dt.UTC).astimezone().date()


def here() -> Workspace:
    """Give the workspace of the current folder. Raises UsageError when the folder is gone, TeachbackError for links that lead out."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        raise UsageError(Problem("the folder you are in is not there any more", "Change to another folder.")) from None
    return open_workspace(folder)
