"""Make the settings of a test from flags, as the command line does."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from teachback.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.files.workspace import Workspace
    from teachback.printing.settings import Settings

# Fields that no setting has: `build` and `card` add them.
_ADDED = {"handouts", "force", "release", "strict", "proof"}


def resolve(
    flags: Mapping[str, Any], workspace: Workspace, environment: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings that flags choose; a flag that is None was not given.

    Only the variables of `environment` are set.
    """
    typed = [
        word
        for name in flags.keys() - _ADDED
        for value in (flags[name] if isinstance(flags[name], tuple) else (flags[name],))
        if value is not None
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    with patch.dict(os.environ, environment or {}, clear=True):
        settings = options.resolve(typed, workspace)
    return replace(settings, **{name: flags[name] for name in flags.keys() & _ADDED})
