"""No other program's plug-in sees our models."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from teachback.content import pydantic_plugins

_PROGRAM = """
import sys, teachback.content.base_model as model
owner = model.PartReview.model_validate({'owner': ' A '}).owner
loader = sys.modules['pydantic.plugin._loader']
print(owner, tuple(loader.get_plugins()), hasattr(loader, 'entry_points'), 'email.message' in sys.modules)
"""


def _said(plugins: str | None) -> str:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"
    }
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path)} | (
        {"PYDANTIC_DISABLE_PLUGINS": plugins} if plugins else {}
    )
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_where_no_plug_ins_are_wanted_none_is_looked_for() -> None:
    """Models work, there are no plug-ins, and nothing was loaded that could find any."""
    assert _said("__all__") == "A () False False"


def test_where_all_is_not_refused_pydantic_looks_as_it_does() -> None:
    """Whoever uses our models in a program of their own decides about plug-ins themselves."""
    assert _said(None).endswith("True True")
    assert _said("one,other").endswith("True True")


@pytest.mark.parametrize(
    ("version", "put"), [("2.14.9", True), ("2.11.0", False), ("3.0.0", False)]
)
def test_a_version_that_nobody_knows_loads_its_own(
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    put: bool,  # noqa: FBT001 -- what is expected
) -> None:
    """What another version asks its loader for may be something else."""
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "__all__")
    monkeypatch.delitem(sys.modules, pydantic_plugins.LOADER, raising=False)
    monkeypatch.setattr(pydantic_plugins, "VERSION", version)
    assert pydantic_plugins.unplug() is put
    assert (pydantic_plugins.LOADER in sys.modules) is put
    monkeypatch.delitem(sys.modules, pydantic_plugins.LOADER, raising=False)
