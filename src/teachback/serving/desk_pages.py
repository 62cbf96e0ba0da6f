"""Hold the desk's own pages and their files in memory, from the built-in folder `web/`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jinja2

from teachback.files.workspace import builtin_root, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEDIA_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
_FROM_STYLES: Final = ("tokens.css", "fonts/*.ttf", "icons/*.svg")


@dataclass(frozen=True)
class DeskPages:
    """The pages as templates, their words, and their other files with their media types.

    `prefix` is the address of the files. It changes whenever one of them does.
    """

    templates: jinja2.Environment
    words: Mapping[str, Any]
    files: Mapping[str, tuple[bytes, str]]
    prefix: str

    def page(self, name: str, **values: object) -> str:
        """Return a page as HTML."""
        template = self.templates.get_template(f"{name}.html")
        return template.render(words=self.words, assets=self.prefix, **values)


def open_desk_pages() -> DeskPages:
    """Read all files of the folder `web/`, and those of `styles/` that its pages use.

    So a server whose program is replaced on the disk still serves the pages that fit it.
    """
    web, styles = builtin_root() / "web", builtin_root() / "styles"
    files = {
        path.relative_to(root).as_posix(): (read_bytes(path), _MEDIA_TYPES[path.suffix])
        for root, patterns in ((styles, _FROM_STYLES), (web, ("**/*",)))
        for pattern in patterns
        for path in sorted(root.glob(pattern))
        if path.suffix in _MEDIA_TYPES
    }
    words = web / "words" / "en.yaml"
    pages = {path.name: read_bytes(path).decode() for path in web.glob("*.html")}
    digest = hashlib.sha256()
    for name, (data, _) in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return DeskPages(
        jinja2.Environment(
            loader=jinja2.DictLoader(pages), autoescape=True, undefined=jinja2.StrictUndefined
        ),
        read_yaml(read_bytes(words), shown(words)).data,
        files,
        f"/assets/{digest.hexdigest()[:16]}",
    )
