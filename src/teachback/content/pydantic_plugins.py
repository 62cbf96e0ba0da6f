"""Keep pydantic from searching for plugins of other programs.

The command sets PYDANTIC_DISABLE_PLUGINS. To read that setting, pydantic still imports what it
would search with: importlib.metadata, and with it the e-mail parser, which takes a twentieth of a
check's time.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Final

from pydantic.version import VERSION

LOADER: Final = "pydantic.plugin._loader"
# In these versions, `get_plugins` is all that is asked of the loader. Other versions load their
# own.
_KNOWN: Final = ("2.14.",)


def unplug() -> bool:
    """Replace pydantic's plugin loader by one without plugins; return whether that was done.

    It is done only if plugins are disabled by the setting, the loader is not loaded yet, and the
    version is known. Must be called before the first model is made.
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
