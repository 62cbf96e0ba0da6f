"""Find the versions that must be equal on all machines of a cluster, for equal bytes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import zlib
from typing import Final

from teachback import __version__
from teachback.files.workspace import package_root

# The libraries that affect the bytes of a file, or whether two machines understand each other.
LIBRARIES: Final = (
    "babel",
    "cloudpickle",
    "dask",
    "distributed",
    "lxml",
    "pikepdf",
    "pydantic",
    "uharfbuzz",
)


def versions() -> dict[str, str]:
    """Return the versions that must be equal on all machines for equal bytes."""
    source = hashlib.sha256()
    for path in sorted(package_root().rglob("*.py")):
        source.update(path.read_bytes())
    found_versions = {
        "Teachback": f"{__version__} ({source.hexdigest()[:8]})",
        "Python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }
    for name in LIBRARIES:
        try:
            found_versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found_versions[name] = "none"
    return found_versions
