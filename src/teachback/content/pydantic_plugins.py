"""No other program's plug-in sees our models, and none is looked for.

The command says so by pydantic's own setting, PYDANTIC_DISABLE_PLUGINS. Yet to find out about that setting, pydantic imports what it
would look for plug-ins with: importlib.metadata, and with it all that reads e-mail, which is a twentieth of a check's time.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Final

from pydantic.version import VERSION

LOADER: Final = "pydantic.plugin._loader"
# The versions of which we know that all they ask their loader for is `get_plugins`; any other loads its own.
_KNOWN: Final = ("2.14.",)


def unplug() -> bool:
    """Put a loader that knows no plug-ins in the place of pydantic's own, and say whether that was done.

    It is done where no plug-ins are wanted at all, so that pydantic's own would say the same, where that is not loaded yet, and
    for a version that we know. To be called before the first model is made.
    """
    if (
        os.environ.get("PYDANTIC_DISABLE_PLUGINS") != "__all__"
        or LOADER in sys.modules
        or not VERSION.startswith(_KNOWN)
    ):
        return False
    loader = ModuleType(LOADER, "Knows no plug-ins.")
    loader.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules[LOADER] = loader
    return True
