"""Load the entry points of a package when they are first asked for.

A build with nothing to do imports packages, but must load neither pydantic nor Jinja2 nor
WeasyPrint.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def finder(package: str, entry_points: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the function that finds the entry points of a package (PEP 562).

    `entry_points` has the module of each by its name. The function raises AttributeError for any
    other name.
    """

    def find(name: str) -> Any:  # noqa: ANN401 -- any entry point
        if name not in entry_points:
            message = f"module '{package}' has no attribute '{name}'"
            raise AttributeError(message)
        return getattr(import_module(f"{package}.{entry_points[name]}"), name)

    return find
