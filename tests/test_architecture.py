"""Imports point down, and each outside library has one module."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "teachback"

# Each module may import those of the layers below its own, and those named beside it in its own layer.
LAYERS: list[dict[str, set[str]]] = [
    {"errors": set(), "units": set(), "unplugged": set()},
    {
        "marks": {"characters"},
        "model": set(),
        "fields": {"model"},
        "document": {"model", "fields"},
        "locales": set(),
        "shaping": {"workspace"},
        "characters": set(),
        "ends": set(),
        "apart": set(),
        "textfile": {"characters"},
        "yamlfile": {"characters", "textfile"},
        "yamledit": {"textfile", "characters", "yamlfile"},
        "workspace": set(),
        "stray": {"workspace"},
        "fonts": {"workspace"},
        "picture": {"characters"},
        "stamper": set(),
        "charset": set(),
        "misread": set(),
        "csvfile": set(),
        "sheetfile": {"sheetlook"},
        "sheetlook": set(),
        "disk": {"workspace"},
        "archive": {"disk", "textfile", "workspace"},
        "style": set(),
        "text_match": set(),
        "generated_text": set(),
        "screen_style": {"color", "generated_text"},
        "loading": {"generated_text", "screen_style"},
        "confined": set(),
        "pool": {"confined"},
        "stock": {"model"},
        "impose": {"stock"},
        "color": set(),
        "tagtree": set(),
        "syllable": set(),
        "lexicon": {"characters"},
        "clauses": {"characters", "ends"},
        "signs": set(),
        "stance": {"signs"},
        "pattern": set(),
        "judging": {"clauses", "lexicon", "pattern", "stance"},
        "leaning": {"clauses", "judging", "lexicon"},
    },
    {
        "audience": set(),
        "clinic": set(),
        "source": set(),
        "words": set(),
        "schema": set(),
        "validation": set(),
        "settings": set(),
        "record": set(),
        "values": set(),
        "rows": {"crew"},
        "crew": set(),
        "between": set(),
    },
    {
        "approval": set(),
        "edition": set(),
        "reach": set(),
        "raster": set(),
        "pdf": {"tags"},
        "tags": set(),
        "laid": {"pdf"},
        "plan": set(),
        "scaffold": set(),
        "reading": set(),
        "seen": {"laid", "reading"},
        "vocabulary": set(),
        "places": {"reach"},
        "stamp": set(),
        "listing": {"stamp"},
        "bundle": {"listing", "stamp"},
        "admit": set(),
    },
    {
        "choose": set(),
        "passage": set(),
        "compare": {"passage"},
        "code": set(),
        "html": {"sandbox", "qr"},
        "chart": set(),
        "sandbox": set(),
        "qr": {"code"},
        "content": {"reach"},
        "sheets": set(),
        "cutting": set(),
        "bundling": set(),
        "since": {"compare", "passage"},
        "said": set(),
        "audit": set(),
        "order": set(),
        "clusterlink": {"order"},
        "survey": set(),
        "stampwork": {"privatefile", "survey"},
        "privatefile": set(),
    },
    {"readback": set(), "expect": set(), "rulebook": set(), "rulefile": set(), "sentence": set(), "ledger": set(), "parcel": set()},
    {"proof": set(), "safety": set(), "tally": set(), "wiping": set(), "cluster": set()},
    {"typed": set(), "job": set(), "grade": set(), "wording": set(), "clinical": set(), "merging": set()},
    {"across": set(), "indate": set(), "explained": set(), "added": set()},
    {"fitting": set(), "plain": set()},
    {"press": set(), "calibration": set()},
    {
        "compose": set(),
        "stampable": {"specimen"},
        "specimen": set(),
        "cardrun": set(),
        "identify": set(),
        "approve": set(),
        "selfcheck": set(),
    },
    {"keeping": set()},
    {"duelist": set()},
    {"guard": set()},
    {"rules": set()},
    {"check": set(), "earlier": set()},
    {"report": set()},
    {"staffpages": set(), "sheetproof": set()},
    {"cover": set()},
    {
        "sarif": set(),
        "build": set(),
        "catalog": set(),
        "comparing": set(),
        "reporting": set(),
        "doctor": set(),
        "deal": set(),
        "calibrate": set(),
        "engine": set(),
    },
    {"reprint": set()},
    {"tell": set(), "rim": set()},
    {"answering": set(), "mergecmd": set()},
    {"cli": set()},
    {"__main__": set()},
]
# Outside library -> the module that may import it, or two.
OUTSIDE = {
    "click": "cli tell answering mergecmd", "weasyprint": "pdf tags", "pydyf": "tags", "jinja2": "html sandbox", "markupsafe": "html staffpages", "babel": "locales", "yaml": "yamlfile",
    "fontTools": "fonts", "pypdfium2": "raster reading", "markdown_it": "marks", "PIL": "picture seen", "pikepdf": "sheets cutting bundling", "uharfbuzz": "shaping",
    "tinyhtml5": "loading", "tinycss2": "loading generated_text screen_style", "segno": "qr", "zxingcpp": "qr", "dask": "clusterlink", "distributed": "clusterlink",
}  # fmt: skip
PYDANTIC = {
    "clinical",
    "rulefile",
    "model",
    "fields",
    "stock",
    "document",
    "audience",
    "clinic",
    "source",
    "words",
    "validation",
    "content",
    "vocabulary",
    "unplugged",
}
# A build with nothing to do imports these and nothing heavier.
LIGHT = {
    "__main__",
    "cli",
    "answering",
    "mergecmd",
    "rim",
    "tell",
    "plan",
    "build",
    "record",
    "settings",
    "textfile",
    "characters",
    "workspace",
    "stray",
    "errors",
    "units",
    "impose",
    "archive",
    "disk",
}


def imports(path: Path, *, at_start: bool = False) -> set[str]:
    """Give what a module imports by name; with `at_start` only what is imported when it is loaded."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))

    def walk(nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "teachback")
            elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" and at_start:
                walk(node.orelse)
            elif not (at_start and isinstance(node, ast.FunctionDef)):
                for field in ("body", "orelse", "finalbody"):
                    walk(getattr(node, field, []) or [])
                for handler in getattr(node, "handlers", []):
                    walk(handler.body)

    walk(tree.body)
    return found


def modules() -> dict[str, Path]:
    """Give every module of the program but the package itself."""
    found = {path.stem: path for path in SOURCE.glob("*.py") if path.stem != "__init__"}
    assert len(found) > 20
    return found


def test_every_module_has_its_layer() -> None:
    """A new module is put into a layer, or this fails."""
    assert {name for layer in LAYERS for name in layer} == set(modules())


def test_imports_point_down() -> None:
    """A module imports from lower layers only, and from none beside it but those that are named."""
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    wrong = []
    for name, path in modules().items():
        for imported in imports(path):
            if not imported.startswith("teachback."):
                continue
            other = imported.split(".")[1]
            if other in level and level[other] >= level[name] and other not in LAYERS[level[name]][name]:
                wrong.append(f"{name} imports {other}")
    assert sorted(set(wrong)) == []


def test_each_outside_library_is_imported_by_one_module() -> None:
    """Whoever wants a library's help asks the module that owns it."""
    seen = set()
    for name, path in modules().items():
        for imported in imports(path):
            library = imported.split(".")[0]
            if library in OUTSIDE:
                assert name in OUTSIDE[library].split(), f"{name} imports {library}"
                seen.add(library)
            elif library in {"pydantic", "pydantic_core"}:
                assert name in PYDANTIC, f"{name} imports pydantic"
            else:
                assert library == "teachback" or library in sys.stdlib_module_names, f"{name} imports {library}"
    assert seen == set(OUTSIDE)


def test_what_a_build_with_nothing_to_do_imports_is_light() -> None:
    """The modules on its way load none of the others when they are imported."""
    for name in LIGHT:
        ours = {other.split(".")[1] for other in imports(modules()[name], at_start=True) if other.startswith("teachback.")}
        assert ours <= LIGHT | {"__version__"}, name


def test_no_template_chooses_by_audience() -> None:
    """An edition holds no choice any more, so no template asks who reads."""
    templates = list((SOURCE.parents[1] / "templates").rglob("*.html"))
    assert templates
    for template in templates:
        text = template.read_text(encoding="utf-8")
        assert "{% if edition.audience" not in text
        assert "audience ==" not in text
