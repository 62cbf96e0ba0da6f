"""What a page would load, as its browser would read it. Pure.

A clinic's own templates and styles may name anything; a page for a screen must hold all that it shows.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

# A comment, or the name of a file; a name in a comment is none.
CSS_FILE: Final = re.compile(r"""/\*.*?\*/|url\(\s*(["']?)([^"')]+)\1\s*\)""", re.DOTALL | re.IGNORECASE)
# What makes a browser fetch something: these attributes anywhere, and `href` on these elements. A link to follow is none.
_LOADING: Final = frozenset({"src", "srcset", "poster", "data", "background", "xlink:href", "manifest"})
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//|@import", re.IGNORECASE)
_LOADING_HREF: Final = frozenset({"link", "base", "image", "use"})


class _Page(HTMLParser):
    """Gathers what a page would load, as its browser would read it."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.styles: list[str] = []
        self.scripts = False
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        self.scripts = self.scripts or tag == "script"
        for name, value in attrs:
            if name in _LOADING or (name == "href" and tag in _LOADING_HREF):
                self.loaded.append(value or "")
            elif name == "style":
                self.styles.append(value or "")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)


def foreign_loads(page: str, *, whole: bool) -> tuple[str, ...]:
    """Give the names of what a page would fetch from outside the workspace; with `whole`, of all that is not in the page itself."""
    found = _Page()
    found.feed(page)
    found.close()
    names = [*found.loaded, *(["<script"] if found.scripts and whole else [])]
    for styles in found.styles:
        names += [match[2] for match in CSS_FILE.finditer(styles) if match[2]]
        names += ["@import"] if "@import" in CSS_FILE.sub("", styles).lower() else []
    # A name that begins with # is a place in the page itself.
    outside = [name for name in names if name and not name.startswith(("data:", "#"))]
    return tuple(dict.fromkeys(name for name in outside if whole or _ELSEWHERE.match(name)))
