"""Repair the tree of tags that a screen reader follows. Pure.

`tag_writer` fills the tree from WeasyPrint's boxes. Each function of `REPAIRS` repairs one thing.
Its docstring names the fault of WeasyPrint 70.0, with WeasyPrint's issue where one is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_INLINE: Final = frozenset({"Span", "Strong", "Em", "Code", "Quote", "Link"})
_GROUPING: Final = frozenset({"Document", "Part", "Art", "Sect", "Div", "BlockQuote"})


class MarkedContent(NamedTuple):
    """A piece of a page's content: the page, and WeasyPrint's number for it there."""

    page: int
    number: int


class Link(NamedTuple):
    """The area of a link on a page."""

    page: int
    annotation: Any


@dataclass(eq=False)
class Node:
    """One element of the tree, as it will be written.

    `order` is its place in the source, `language` the language of its text, and `page` (from 0) the
    page where it begins. `words` are the texts for a screen reader besides its kids: Lang, Alt,
    ActualText, T, E. `attributes` are those of its role.
    """

    role: str
    parent: Node | None = None
    order: int = 0
    language: str = ""
    page: int = 0
    element: Any = None
    kids: list[Kid] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


Kid = Node | MarkedContent | Link


def repair(node: Node) -> None:
    """Repair a whole tree, from its leaves up."""
    for kid in node.kids:
        if isinstance(kid, Node):
            repair(kid)
    for step in REPAIRS:
        step(node)


def skipped_levels(root: Node) -> Iterator[tuple[int, int, str]]:
    """Yield headings that skip a level: the level before (0 at first), their level, their words."""
    level = 0
    todo = [root]
    while todo:
        node = todo.pop()
        if node.role[0] == "H" and node.role[1:].isdigit():
            before, level = level, int(node.role[1:])
            if level > before + 1:
                yield before, level, " ".join("".join(node.element.itertext()).split())
        todo += [kid for kid in reversed(node.kids) if isinstance(kid, Node)]


def _drop_empty(node: Node) -> None:
    """Remove elements without content, except cells, which count.

    Mends: lines to write on and rules stay in the tree (no issue found).
    """
    node.kids = [
        kid
        for kid in node.kids
        if not isinstance(kid, Node)
        or kid.kids
        or kid.role in {"TD", "TH"}
        or "ActualText" in kid.words
    ]


def _dissolve_spans(node: Node) -> None:
    """Replace Spans without words of their own by their content.

    Mends: each line of text is a Span, which means nothing (no issue found).
    """
    if any(isinstance(kid, Node) and kid.role == "Span" for kid in node.kids):
        kids: list[Kid] = []
        for kid in node.kids:
            kids += (
                kid.kids
                if isinstance(kid, Node) and kid.role == "Span" and not kid.words
                else [kid]
            )
        node.kids = kids


def _sort_by_source(node: Node) -> None:
    """Sort kids by their order in the source.

    Mends: CSS `order` and reversed boxes put the tags in the order of the page (no issue found).
    """
    if node.role != "Table" and all(isinstance(kid, Node) for kid in node.kids):
        node.kids.sort(key=lambda kid: kid.order if isinstance(kid, Node) else 0)


def _mend_list_items(node: Node) -> None:
    """Put the content of a list item into an LBody.

    Mends: <li><p>..., and a marker inside the line, give an LI without LBody (no issue found).
    """
    if node.role == "LI" and not all(
        isinstance(kid, Node) and kid.role in {"Lbl", "LBody"} for kid in node.kids
    ):
        labels = [kid for kid in node.kids if isinstance(kid, Node) and kid.role == "Lbl"]
        rest = [kid for kid in node.kids if kid not in labels]
        node.kids = (
            [*labels, Node("LBody", node, node.order, node.language, node.page, kids=rest)]
            if rest
            else [*labels]
        )


def _mend_lists(node: Node) -> None:
    """Put everything in a list into items, a term together with its explanation.

    Mends: terms and their explanations are list items of their own (#2482).
    """
    if node.role != "L" or all(
        isinstance(kid, Node) and kid.role in {"LI", "Caption"} for kid in node.kids
    ):
        return
    kids: list[Kid] = []
    item: Node | None = None
    for kid in node.kids:
        if isinstance(kid, Node) and kid.role in {"LI", "Caption", "L"}:
            kids.append(kid)
            item = None
            continue
        is_label = isinstance(kid, Node) and kid.role == "Lbl"
        if item is None or is_label:
            item = Node("LI", node, node.order, node.language, node.page)
            kids.append(item)
        body = (
            kid
            if isinstance(kid, Node) and kid.role in {"Lbl", "LBody"}
            else Node("LBody", item, kids=[kid])
        )
        item.kids.append(body)
    node.kids = kids


def _mend_text_without_paragraph(node: Node) -> None:
    """Put words directly inside a group into a paragraph.

    Mends: words directly inside a Div or Sect belong to no paragraph (no issue found).
    """
    if node.role not in _GROUPING:
        return
    kids: list[Kid] = []
    for kid in node.kids:
        if isinstance(kid, Node) and kid.role not in _INLINE:
            kids.append(kid)
            continue
        last = kids[-1] if kids else None
        if not (isinstance(last, Node) and last.role == "P" and last.parent is None):
            # It has no parent, to tell it from a paragraph of the page itself.
            last = Node("P", None, node.order, node.language, node.page)
            kids.append(last)
        last.kids.append(kid)
    only = kids[0] if len(kids) == 1 else None
    if node.role == "Div" and isinstance(only, Node) and only.role == "P" and only.parent is None:
        node.role, kids = "P", only.kids
    node.kids = kids


def _mend_headers(node: Node) -> None:
    """Set the scope of header cells.

    Mends: a header cell has no scope, or only for the first column that it spans (#2508).
    """
    if node.role == "TR":
        cells = [kid for kid in node.kids if isinstance(kid, Node)]
        scope = "/Row" if any(cell.role == "TD" for cell in cells) else "/Column"
        for cell in cells:
            if cell.role == "TH":
                cell.attributes["Scope"] = cell.attributes["Scope"] or scope


REPAIRS: Final[tuple[Callable[[Node], None], ...]] = (
    _drop_empty,
    _dissolve_spans,
    _sort_by_source,
    _mend_list_items,
    _mend_lists,
    _mend_text_without_paragraph,
    _mend_headers,
)
