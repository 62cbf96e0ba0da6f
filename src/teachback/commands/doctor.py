"""Check what is installed, what is missing, and how to get it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from teachback import __version__
from teachback.errors import TeachbackError
from teachback.files.font_packages import packaged_fonts
from teachback.files.stray_files import stray_files
from teachback.files.workspace import Workspace, find, folders, handout_files, is_workspace, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARIES = (
    "click",
    "PyYAML",
    "pydantic",
    "Jinja2",
    "markdown-it-py",
    "babel",
    "fonttools",
    "weasyprint",
    "pikepdf",
    "pypdfium2",
    "pillow",
    "segno",
    "zxing-cpp",
    "uharfbuzz",
    "icalendar",
)
# By extra: a library that it installs, and what it is for.
EXTRAS = {
    "cluster": ("distributed", "`teachback merge --cluster`"),
    "serve": ("starlette", "`teachback serve`"),
    "verdict": ("onnxruntime", "a better verdict of the clinical rules"),
}
# By extra that brings fonts: what it is for.
FONT_EXTRAS = {
    "arabic": "handouts in Arabic",
    "devanagari": "names in Hindi",
    "korean": "handouts in Korean",
    "zh-hans": "handouts in Chinese, simplified",
    "zh-hant": "handouts in Chinese, traditional",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class InstallationCheck:
    """One thing that was checked: whether it is there, and what to do if not."""

    name: str
    found: str
    ok: bool = True
    needed: bool = True
    remedy: str = ""


def examine(workspace: Workspace) -> tuple[InstallationCheck, ...]:
    """Check everything that printing needs. Nothing is changed."""
    return tuple(_findings(workspace))


def _findings(workspace: Workspace) -> Iterator[InstallationCheck]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield InstallationCheck("Teachback", __version__)
    yield InstallationCheck(
        "Python", version, sys.version_info >= (3, 11), remedy="Install Python 3.11 or newer."
    )
    for name in LIBRARIES:
        try:
            yield InstallationCheck(name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield InstallationCheck(name, "not installed", ok=False, remedy=f"pip install {name}")
    present = {name.split("/")[2] for name in packaged_fonts()}
    extras = [
        *(
            (name, use, importlib.util.find_spec(module) is not None)
            for name, (module, use) in EXTRAS.items()
        ),
        *((name, use, name in present) for name, use in FONT_EXTRAS.items()),
    ]
    for name, use, found in extras:
        yield InstallationCheck(
            f"extra {name}",
            "installed" if found else "not installed",
            found,
            needed=False,
            remedy=f"Only for {use}: pip install 'teachback[{name}]'",
        )
    yield _pango()
    found = is_workspace(workspace.root)
    yield InstallationCheck(
        "workspace",
        shown(workspace.root) if found else "none: this folder is not in one",
        ok=found,
        needed=False,
        remedy="Change to the folder of yours, or make one: teachback init my-clinic",
    )
    for problem in stray_files(workspace):
        yield InstallationCheck(
            "file",
            f"{problem.location}: {problem.message}",
            ok=False,
            needed=False,
            remedy=problem.hint,
        )
    yield InstallationCheck("handouts", str(len(handout_files(workspace))))
    fonts = [
        path.name for folder in folders(workspace, "styles/fonts") for path in folder.glob("*.ttf")
    ]
    yield InstallationCheck(
        "fonts",
        ", ".join(sorted(set(fonts))) or "none",
        bool(fonts),
        remedy="Put the program's styles/fonts/ back.",
    )
    clinic = find(workspace, "content/clinic.yaml")
    is_own = (
        clinic is not None
        and clinic.is_relative_to(workspace.root)
        and workspace.root != workspace.builtin
    )
    yield InstallationCheck(
        "clinic",
        shown(clinic)
        if is_own and clinic
        else "none of your own: lines to write on are printed instead of names and numbers",
        ok=is_own,
        needed=False,
        remedy="teachback init DIR makes a workspace with a clinic.yaml to fill in.",
    )
    browser = next((name for name in BROWSERS if shutil.which(name)), None)
    yield InstallationCheck(
        "browser",
        browser or "none",
        browser is not None,
        needed=False,
        remedy="Only the tests of the HTML pages use one: apt-get install chromium",
    )


def _pango() -> InstallationCheck:
    """Load what lays pages out: Pango, and WeasyPrint in the version that the program needs."""
    try:
        importlib.import_module("teachback.pdf.renderer")
        importlib.import_module("teachback.pdf.tag_writer").refuse_other_version()
    except TeachbackError as error:
        return InstallationCheck(
            "Pango", error.problems[0].message, ok=False, remedy=error.problems[0].hint
        )
    except (ImportError, AttributeError) as error:
        return InstallationCheck(
            "Pango",
            f"WeasyPrint, which uses it, cannot be loaded: {error}",
            ok=False,
            remedy="Install Teachback again, with its libraries.",
        )
    try:
        ffi = importlib.import_module("weasyprint.text.ffi")
        version = str(ffi.ffi.string(ffi.pango.pango_version_string()).decode())
    except (ImportError, AttributeError):
        version = "loaded"
    return InstallationCheck("Pango", version)
