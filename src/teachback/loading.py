"""What a page would load, as its browser would read it. Pure.

A clinic's own templates and styles may name anything; a page may show only the workspace's own pictures and fonts, and one for a
screen must hold them.
"""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# A comment, or the name of a file; a name in a comment is none.
CSS_FILE: Final = re.compile(r"""/\*.*?\*/|url\(\s*(["']?)([^"')]+)\1\s*\)""", re.DOTALL | re.IGNORECASE)
# What makes a browser fetch something: these attributes anywhere, and `href` on these elements. A link to follow is none.
_LOADING: Final = frozenset({"src", "srcset", "poster", "data", "background", "xlink:href", "manifest"})
_LOADING_HREF: Final = frozenset({"image", "use"})
# Elements that load or run something, or hold another page: none of them belongs on paper.
_REFUSED: Final = frozenset(
    {"script", "link", "base", "object", "embed", "iframe", "frame", "audio", "video", "foreignobject", "feimage"},
)
# Folders whose files a page may show, by the kind of file.
_SERVED: Final = {".ttf": ("styles/fonts/",)}
_PICTURES: Final = ("styles/", "content/")
_PICTURE_KINDS: Final = frozenset({".svg", ".png", ".jpg", ".jpeg"})


def served(name: str, files: Collection[str]) -> str | None:
    """Give the name in the workspace of a file that a page may show; None for any other. `name` is what a URL has after the host."""
    plain = unquote(name)
    suffix = posixpath.splitext(plain)[1].lower()
    folders = _SERVED.get(suffix, _PICTURES if suffix in _PICTURE_KINDS else ())
    return plain if plain in files and plain.startswith(folders) and folders else None


def shown_on_paper(files: Collection[str]) -> Callable[[str], bool]:
    """Give the test for names in a page that stands in styles/, as pages for paper do: a file that may be shown."""
    return lambda name: (
        not re.match(r"[a-z][a-z0-9+.-]*:|/", name, re.IGNORECASE)
        and served(posixpath.normpath(posixpath.join("styles", name)), files) is not None
    )


class _Page(HTMLParser):
    """Gathers what a page would load, as its browser would read it."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.styles: list[str] = []
        self.elements: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag in _REFUSED:
            # As the template writes it, so that it is found there.
            self.elements.append((self.get_starttag_text() or f"<{tag}")[: len(tag) + 1])
            return
        if tag == "meta" and ("http-equiv", "refresh") in [(name, (value or "").lower()) for name, value in attrs]:
            self.elements.append('http-equiv="refresh"')
        for name, value in attrs:
            if name.startswith("on"):
                # A script in an attribute.
                self.elements.append(name)
            if name in _LOADING or (name == "href" and tag in _LOADING_HREF):
                self.loaded.append(value or "")
            elif name == "style" or "url(" in (value or "").lower():
                self.styles.append(value or "")
            elif name == "rel" and "attachment" in (value or "").lower():
                self.elements.append("attachment")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)


def foreign_loads(page: str, allowed: Callable[[str], bool]) -> tuple[str, ...]:
    """Give the names of what a page would load and may not, and the elements (`<object`) that load; `allowed` knows the names it may."""
    found = _Page()
    found.feed(page)
    found.close()
    names = found.loaded
    for styles in found.styles:
        names += [match[2] for match in CSS_FILE.finditer(styles) if match[2]]
        bare = CSS_FILE.sub("", styles).lower()
        names += [word for word in ("@import", "local(") if word in bare]
    # A name that begins with # is a place in the page itself.
    outside = [name for name in names if name and not name.startswith("#") and not allowed(name)]
    return tuple(dict.fromkeys((*outside, *found.elements)))
