"""The record of a build knows when the program itself has changed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from teachback.files.workspace import package_root
from teachback.merge.cluster import worker_versions
from teachback.printing import fingerprints

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_change_in_any_package_of_the_program_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build prints again, and machines of a cluster with another program are told apart."""
    copy = tmp_path / "teachback"
    shutil.copytree(package_root(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprints, "package_root", lambda: copy)
    monkeypatch.setattr(worker_versions, "package_root", lambda: copy)
    versions = {(fingerprints.program_fingerprint(), worker_versions.versions()["Teachback"])}
    packages = [path.parent for path in sorted(copy.rglob("__init__.py"))]
    assert len(packages) > 12
    for package in packages:
        module = max(package.glob("*.py"))
        module.write_text(module.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        versions.add((fingerprints.program_fingerprint(), worker_versions.versions()["Teachback"]))
    assert (
        len({build for build, _ in versions})
        == len({cluster for _, cluster in versions})
        == len(packages) + 1
    )
