"""What the commands ask of the world around them: the folder they were started in, and the day."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

from teachback.errors import Problem, UsageError
from teachback.workspace import Workspace, open_workspace


def today() -> dt.date:
    """Give the day it is where the clinic is."""
    return dt.datetime.now(tz=dt.UTC).astimezone().date()


def new_second() -> dt.datetime:
    """Wait for the next whole second, and return it in UTC. So no two calls give the same second, one after the other."""
    time.sleep(1 - time.time() % 1)
    return dt.datetime.now(tz=dt.UTC).replace(microsecond=0)


def here() -> Workspace:
    """Give the workspace of the current folder. Raises UsageError when the folder is gone, TeachbackError for links that lead out."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        raise UsageError(Problem("the folder you are in is not there any more", "Change to another folder.")) from None
    return open_workspace(folder)
