"""Share one press room between the tests of the desk: to start one takes seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from desk_server import AskedPressRoom
from handout_with_fields import FILLED
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.errors import Location
from teachback.files.workspace import Workspace, builtin_root
from teachback.merge.record_shapes import CellMeaning

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with a handout of every kind of field, and one that is broken."""
    root = tmp_path_factory.mktemp("desk") / "clinic"
    folder = root / "content" / "handouts"
    folder.mkdir(parents=True)
    (folder / "tiny.yaml").write_text(FILLED, encoding="utf-8")
    (folder / "broken.yaml").write_text(TINY.replace("purpose", "porpoise"), encoding="utf-8")
    return Workspace(root, builtin_root())


@pytest.fixture(scope="session")
def room(clinic: Workspace) -> Iterator[AskedPressRoom]:
    """Start a press room with an archive, in whose lists "Kidney" stands for the audience ckd."""
    settings = replace(resolve({}, clinic), archive=clinic.root.parent / "archive")
    place = Location("teachback.toml", 1, 1)
    started = AskedPressRoom(clinic, settings, CellMeaning("audience", "Kidney", "ckd", place))
    yield started
    started.close()
