"""Write the tags of a PDF, for screen readers, in place of those that WeasyPrint 70.0 makes.

WeasyPrint's tree passes the validators but reads badly: it is made from boxes, and a box ends with
its line or page. Our tree is made from elements: all boxes of an element belong to one node,
wherever they are. Then `tag_repairs` repairs it. Each part names the fault that it mends, with
WeasyPrint's issue where one is known. tests/pdf/test_tag_writer.py shows each fault in WeasyPrint's
own tree, and fails when the fault is gone.

These private parts of WeasyPrint are used: `weasyprint.pdf.add_tags` and `build_fonts_dictionary`,
which are replaced while a file is written; `Font.to_unicode`, `hash` and `file_content`;
`Stream._tags` (box -> its mark in the page's content), `Stream.stream` (the content's steps),
`Page._page_box`; and of boxes `element`, `element_tag`, `children`, `style`, `link_annotation`,
`colspan`, `rowspan`, `is_header`, `is_footer`.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import pydyf
import weasyprint
import weasyprint.pdf
from weasyprint.formatting_structure import boxes

from teachback.errors import Problem, TeachbackError
from teachback.pdf.tag_repairs import Link, MarkedContent, Node, repair, skipped_levels
from teachback.pdf.text_direction import is_untold
from teachback.pdf.word_shapes import letters_by_glyph
from teachback.units import PT_PER_INCH, PX_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# A box, an element, a page or an object of the file: WeasyPrint and pydyf have no types.
PageThing: TypeAlias = Any
PINNED: Final = "70.0"
# The prefix of the title of an element that holds a field.
FIELD: Final = "record."
SVG: Final = "{http://www.w3.org/2000/svg}"

# HTML -> PDF's standard structure types (ISO 32000-1, 14.8.4). Others become a Div, or a Span
# within a line. Mends: WeasyPrint makes most of these NonStruct, which has no meaning (#2482).
_ROLES: Final = {
    "main": "Part",
    "article": "Art",
    "section": "Sect",
    "aside": "Sect",
    "nav": "Sect",
    "blockquote": "BlockQuote",
    "p": "P",
    "address": "P",
    "summary": "P",
    "h1": "H1",
    "h2": "H2",
    "h3": "H3",
    "h4": "H4",
    "h5": "H5",
    "h6": "H6",
    "ul": "L",
    "ol": "L",
    "dl": "L",
    "li": "LI",
    "dt": "Lbl",
    "dd": "LBody",
    "table": "Table",
    "thead": "THead",
    "tbody": "TBody",
    "tfoot": "TFoot",
    "tr": "TR",
    "th": "TH",
    "td": "TD",
    "caption": "Caption",
    "figcaption": "Caption",
    "img": "Figure",
    f"{SVG}svg": "Figure",
    "span": "Span",
    "strong": "Strong",
    "b": "Strong",
    "em": "Em",
    "i": "Em",
    "code": "Code",
    "q": "Quote",
}
# Names of PDF 2.0 that a newer reader knows, and what they mean to an older one.
_ROLE_MAP: Final = {"Strong": "/Span", "Em": "/Span"}
_NUMBERING: Final = {
    "none": "None",
    "circle": "Circle",
    "square": "Square",
    "decimal": "Decimal",
    "lower-roman": "LowerRoman",
    "upper-roman": "UpperRoman",
    "lower-alpha": "LowerAlpha",
    "upper-alpha": "UpperAlpha",
}
_SCOPES: Final = {
    "row": "/Row",
    "rowgroup": "/Row",
    "col": "/Column",
    "colgroup": "/Column",
    "both": "/Both",
}
# BCP 47, as PDF/UA requires.
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
# The text of a glyph without a letter of its own: PDF/A wants one, and the line says the words.
_NO_LETTER: Final = "\u200b"
_UNSEEN: Final = re.compile(r"[\s\u00ad\u200b]+")
# A font that is chosen, or glyphs that are shown.
_FONT: Final = re.compile(rb"/(\w+) \S+ Tf")
_SHOWN: Final = re.compile(rb"/(\w+) \S+ Tf|\[(.*?)\]\s*TJ")
_GLYPHS: Final = re.compile(rb"<([0-9a-f]+)>")
_PAGINATION: Final = "/Pagination"
_LAYOUT: Final = "/Layout"


class _Fact(NamedTuple):
    """The inherited facts of an element: its place in the source, its language, if it is hidden."""

    order: int
    language: str
    hidden: bool


@dataclass(frozen=True)
class _Tree:
    """The tree of one document, while it is made."""

    pdf: Any
    streams: list[Any]
    heights: list[float]
    facts: dict[Any, _Fact]
    root: Node
    unsure: Mapping[str, Mapping[int, str]]
    nodes: dict[tuple[Any, str], Node] = field(default_factory=dict)
    artifacts: dict[MarkedContent, str] = field(default_factory=dict)
    texts: dict[MarkedContent, str] = field(default_factory=dict)
    untold: set[MarkedContent] = field(default_factory=set)
    problems: dict[Problem, None] = field(default_factory=dict)

    def tell(self, message: str, hint: str) -> None:
        """Add a problem, once."""
        self.problems[Problem(message, hint)] = None


def refuse_other_version() -> None:
    """Raise TeachbackError where another WeasyPrint than the pinned one is installed."""
    if weasyprint.__version__ != PINNED:
        message = (
            f"WeasyPrint {weasyprint.__version__} is installed, "
            f"but the tags that screen readers need are made for {PINNED}"
        )
        raise TeachbackError.of(message, f"Install that version: pip install weasyprint=={PINNED}")


@contextmanager
def own_tags() -> Iterator[None]:
    """Make WeasyPrint write our tags in place of its own, inside this context.

    Raises TeachbackError where another WeasyPrint than the pinned one is installed, or where a page
    cannot be tagged.
    """
    refuse_other_version()
    own, own_fonts = weasyprint.pdf.add_tags, weasyprint.pdf.build_fonts_dictionary
    own_data = pydyf.Stream.data
    unsure: dict[str, Mapping[int, str]] = {}

    def build_fonts(pdf: PageThing, fonts: Mapping[Any, Any], *options: object) -> PageThing:
        unsure.update(_tell_letters(fonts.values()))
        return own_fonts(pdf, fonts, *options)

    weasyprint.pdf.add_tags = partial(_add_tags, unsure)
    weasyprint.pdf.build_fonts_dictionary = build_fonts
    pydyf.Stream.data = property(partial(_ended, own_data.fget))
    try:
        yield
    finally:
        pydyf.Stream.data = own_data
        weasyprint.pdf.add_tags, weasyprint.pdf.build_fonts_dictionary = own, own_fonts


def _ended(own: Callable[[Any], bytes], stream: PageThing) -> bytes:
    """Return a stream as it is written, but not compressed if it would end in a carriage return.

    A newline follows it, and both may be taken for the end of the line: page-validation 0.11 then
    counts a byte too few. One in 256 streams ends so.
    """
    data = own(stream)
    if stream.compress and data.endswith(b"\r\nendstream"):
        stream.compress = False
        data = own(stream)
    return data


def _tell_letters(fonts: Iterable[Any]) -> Iterator[tuple[str, Mapping[int, str]]]:
    """Repair the text layer of fonts that draw a letter in several parts, and yield them.

    Mends: all of a letter is the text of its last part, and the others have none; so an o with a
    dot below is read as nothing and as the whole letter, or as two letters; and a bracket in a text
    from right to left is drawn as its mirror, which is then read as that bracket (no issue found).
    """
    for font in fonts:
        texts = font.to_unicode
        in_parts = any(text == "" or _has_mark(text) for text in texts.values())
        if not in_parts and not any(map(_is_mirrored, texts.values())):
            continue
        own = letters_by_glyph(font.file_content)
        told = dict(texts)
        for glyph, text in told.items():
            letter = unicodedata.normalize("NFD", own.get(glyph, ""))
            parts = unicodedata.normalize("NFD", text)
            if (in_parts and (not text or (letter and letter in parts))) or (
                letter and letter != parts and _is_mirrored(text)
            ):
                texts[glyph] = own.get(glyph, _NO_LETTER)
        if texts != told:
            yield font.hash, texts


def _has_mark(text: str) -> bool:
    """Return whether a text is a letter with a mark, which a font may draw in two parts."""
    return len(text) == 1 and len(unicodedata.normalize("NFD", text)) > 1


def _is_mirrored(text: str) -> bool:
    return len(text) == 1 and unicodedata.mirrored(text) == 1


def _add_tags(
    unsure: Mapping[str, Mapping[int, str]],
    pdf: PageThing,
    document: PageThing,
    _version: object,
    streams: list[Any],
) -> None:
    language = document.metadata.lang or ""
    facts: dict[Any, _Fact] = {}
    html = next(
        box
        for box in document.pages[0]._page_box.children  # noqa: SLF001 -- see above
        if not isinstance(box, boxes.MarginBox)
    )
    _gather(html.element, language, False, facts)  # noqa: FBT003 -- nothing is hidden yet
    tree = _Tree(
        pdf,
        streams,
        [page.height for page in document.pages],
        facts,
        Node("Document", language=language),
        unsure,
    )
    if not document.metadata.title:
        hint = "Give its template a <title>; it is the first thing that is read out."
        tree.tell("the page has no title", hint)
    if not language:
        hint = 'Begin its template with <html lang="{{ edition.language }}">.'
        tree.tell("the page does not say its language", hint)
    marked = [len(stream._tags) for stream in streams]  # noqa: SLF001
    for number, page in enumerate(document.pages):
        _read(tree, page._page_box, tree.root, number)  # noqa: SLF001
    repair(tree.root)
    for before, level, words in skipped_levels(tree.root):
        message = f"the heading '{words[:60]}' has level {level}, but " + (
            f"the one before it has level {before}" if before else "it is the first"
        )
        tree.tell(
            message,
            f"Make it an <h{before + 1}>: people who navigate by headings would search for the "
            "missing level.",
        )
    numbers = [_number_marks(tree, page, count) for page, count in enumerate(marked)]
    if tree.problems:
        raise TeachbackError(*tree.problems)
    _write(tree, numbers)


def _gather(element: PageThing, language: str, hidden: bool, facts: dict[Any, _Fact]) -> None:  # noqa: FBT001
    """Record the inherited facts of each element, also of those without a box of their own.

    Mends: `lang` is dropped on all elements but html; alt="" and aria-hidden="true" are read like
    anything else (no issue found). role="presentation" makes a picture decoration; elsewhere it
    hides no words.
    """
    language = element.get("lang") or language
    hidden = hidden or element.get("aria-hidden") == "true"
    picture = element.tag in {"img", f"{SVG}svg"}
    decorates = picture and (
        element.get("alt") == "" or element.get("role") in {"presentation", "none"}
    )
    facts[element] = _Fact(len(facts), language, hidden or decorates)
    for child in element:
        _gather(child, language, hidden, facts)


def _read(tree: _Tree, box: PageThing, parent: Node, page: int) -> None:
    """Add the content of a box to the tree.

    Mends: an element that continues on the next page or line becomes several: two tables, two
    lists, a link in two halves (#2903); anonymous boxes of list items and cells, some with a mark
    and some without, become elements (no issue found).
    """
    box = getattr(box, "_box", box)  # the placeholder of an absolute box
    if isinstance(box, boxes.TextBox):
        parent.kids += _mark_of(tree, box, page)
        return
    # Mends: text in the margins of pages is marked, but is part of no tree (#1836).
    if isinstance(box, boxes.MarginBox):
        _make_artifact(tree, box, page, _PAGINATION)
        return
    node = parent
    element, tag = box.element, box.element_tag or ""
    if element is not None and tag not in {"html", "body"} and not isinstance(box, boxes.LineBox):
        known = tree.nodes.get((element, tag))
        # Pictures before and after an element come from the styles: they are decoration.
        if tree.facts[element].hidden or (isinstance(box, boxes.ReplacedBox) and "::" in tag):
            _make_artifact(tree, box, page, _LAYOUT)
            return
        if known is not None and _repeats(box, known, page):
            _make_artifact(tree, box, page, _PAGINATION)
            return
        node = known or _node_for(tree, box, parent, page)
    if box.link_annotation:
        _add_link(tree, box.link_annotation, node, element, page)
    if isinstance(box, boxes.ReplacedBox):
        node.kids += _mark_of(tree, box, page)
    for child in getattr(box, "children", ()):
        _read(tree, child, node, page)


def _mark_of(tree: _Tree, box: PageThing, page: int) -> tuple[MarkedContent, ...]:
    """Return the mark of a text or a picture; none where it is not drawn."""
    mark = tree.streams[page]._tags.pop(box, None)  # noqa: SLF001 -- see above
    if mark is None:
        return ()
    content = MarkedContent(page, mark["mcid"])
    if isinstance(box, boxes.TextBox) and box.text.strip():
        tree.texts[content] = box.text
        if box.style["direction"] == "rtl" or is_untold(box.text):
            tree.untold.add(content)
    return (content,)


def _repeats(box: PageThing, known: Node, page: int) -> bool:
    """Return whether a box repeats earlier content.

    Mends: the header row of a table is content on each of its pages (#2903).
    """
    if isinstance(box, boxes.TableRowGroupBox) and (box.is_header or box.is_footer):
        return True
    return known.page != page and box.style["position"] == "fixed"


def _make_artifact(tree: _Tree, box: PageThing, page: int, kind: str) -> None:
    """Take a box and its content out of the tree.

    A link in it becomes plain words, because no tag could own its area.
    """
    todo = [box]
    while todo:
        box = getattr(todo[-1], "_box", todo.pop())
        tree.artifacts.update(dict.fromkeys(_mark_of(tree, box, page), kind))
        if box.link_annotation:
            holder = tree.pdf.objects[int(tree.pdf.page_references[page].split()[0])]
            holder["Annots"].remove(box.link_annotation.reference)
            if not holder["Annots"]:
                del holder["Annots"]
        todo += getattr(box, "children", ())


def _node_for(tree: _Tree, box: PageThing, parent: Node, page: int) -> Node:
    """Create the node of an element on its first box; generated content belongs to its element."""
    element, tag = box.element, box.element_tag
    if "::" in tag and not tag.endswith("::marker"):
        return parent
    # A marker inside the line still belongs to its item.
    parent = tree.nodes.get((element, tag.removesuffix("::marker")), parent)
    role = _role_of(box, tag, parent)
    fact = tree.facts[element]
    node = Node(role, parent, fact.order, fact.language, page, element)
    parent.kids.append(node)
    tree.nodes[element, tag] = node
    if node.language != parent.language:
        node.words["Lang"] = node.language
        if not _LANGUAGE.fullmatch(node.language):
            hint = "Write it like this: es, or pt-BR."
            tree.tell(f"'{node.language}' is not a language code", hint)
    # Mends: a drawn sign has no words (no ActualText), and a short form has no long one (no issue
    # found).
    if element.get("data-actualtext") and role != "Lbl":
        if any(character.isalnum() for character in "".join(element.itertext())):
            message = (
                f"a screen reader would say '{element.get('data-actualtext')[:60]}' instead of the "
                "words"
            )
            tree.tell(message, "data-actualtext is for signs without words; remove it here.")
        node.words["ActualText"] = element.get("data-actualtext")
    # The place of a field: the stamping of records finds it by this name.
    if element.get("data-field"):
        node.words["T"] = FIELD + element.get("data-field")
    if tag == "abbr" and element.get("title"):
        node.words["E"] = element.get("title")
    if role == "Figure":
        _describe_figure(tree, box, node)
    elif role in {"TH", "TD"}:
        spans = (
            {"ColSpan": box.colspan, "RowSpan": box.rowspan}
            if isinstance(box, boxes.TableCellBox)
            else {}
        )
        node.attributes = {
            "O": "/Table",
            **{name: value for name, value in spans.items() if value != 1},
        }
        node.attributes |= {"Scope": _SCOPES.get(element.get("scope"), "")} if role == "TH" else {}
    elif role == "L" and tag != "dl":
        # Mends: no list has its numbering style (no issue found).
        style = box.style["list_style_type"]
        node.attributes = {
            "O": "/List",
            "ListNumbering": "/" + _NUMBERING.get(style if isinstance(style, str) else "", "Disc"),
        }
    return node


def _role_of(box: PageThing, tag: str, parent: Node) -> str:
    """Return the role of an element, by its name and its parent: items outside a list are a Div."""
    if tag.endswith("::marker"):
        return "Lbl"
    if tag == "a":
        return "Link" if box.element.get("href") else "Span"
    if tag in {"li", "dt", "dd"} and parent.role not in {"L", "LI"}:
        return "Div"
    if tag == "div" and parent.role == "L":
        return "LI"
    return _ROLES.get(tag) or ("Span" if isinstance(box, boxes.InlineLevelBox) else "Div")


def _describe_figure(tree: _Tree, box: PageThing, node: Node) -> None:
    """Set the description and the place of a picture.

    Mends: the box is in pixels from the top, where PDF wants points from the bottom; a drawing
    inside the page without a title is no error (no issue found).
    """
    element = box.element
    title = element.find(f"{SVG}title")
    words = (
        element.get("alt") or element.get("aria-label") or (title.text if title is not None else "")
    )
    if not (words or "").strip():
        hint = (
            'Describe it in alt="..." (in a drawing: <title>). '
            'If it is only decoration, write aria-hidden="true".'
        )
        tree.tell(
            f"the picture {element.get('src') or 'drawn in the page'} has no description "
            "for people who cannot see it",
            hint,
        )
    node.words["Alt"] = words or ""
    left, top, height = box.content_box_x(), box.content_box_y(), tree.heights[node.page]
    edges = (left, height - top - box.height, left + box.width, height - top)
    node.attributes = {
        "O": "/Layout",
        "BBox": pydyf.Array(round(edge * PT_PER_INCH / PX_PER_INCH, 4) for edge in edges),
    }


def _add_link(
    tree: _Tree, annotation: PageThing, node: Node, element: PageThing, page: int
) -> None:
    """Add a link's area to its Link element, and set its description.

    Mends: a link is described by its address; the area of <strong> in <a> lies outside the Link
    (#185; no issue for the first).
    """
    link: Node | None = node
    while link is not None and link.role != "Link":
        link = link.parent
    if link is None:
        link = Node("Link", node, node.order, node.language, page, element)
        node.kids.append(link)
    link.kids.append(Link(page, annotation))
    owner = link.element
    picture = owner.find(".//img[@alt]")
    words = (
        owner.get("aria-label")
        or " ".join("".join(owner.itertext()).split())
        or (picture.get("alt") if picture is not None else "")
    )
    if not words:
        message = f"the link to {owner.get('href') or 'nowhere'} has no words"
        tree.tell(message, "Write into it what a reader finds there.")
    annotation["Contents"] = pydyf.String(words)


def _number_marks(tree: _Tree, page: int, count: int) -> dict[int, int]:
    """Turn the marks of artifacts into artifacts in a page's content, and renumber the others.

    Finds: content with `opacity` is drawn as a group, and no tag can refer to a mark in it (no
    issue found).
    """
    steps = tree.streams[page].stream
    numbers: dict[int, int] = {}
    hidden: list[tuple[int, str]] = []
    found = 0
    font = ""
    for index, step in enumerate(steps):
        if isinstance(step, bytes) and (chosen := _FONT.match(step)):
            font = chosen[1].decode()
        if isinstance(step, pydyf.Dictionary) and "MCID" in step and steps[index + 1] == b"BDC":
            found += 1
            content = MarkedContent(page, step["MCID"])
            kind = tree.artifacts.get(content)
            said = _said(tree, content, steps, index, font)
            if kind is not None:
                steps[index - 1], steps[index] = "/Artifact", pydyf.Dictionary({"Type": kind})
                hidden += [(index, said)] if said else []
            else:
                numbers[step["MCID"]] = len(numbers)
                steps[index] = pydyf.Dictionary({"MCID": numbers[step["MCID"]], **_told(said)})
    for index, said in reversed(hidden):
        # Only a Span may have the words.
        steps.insert(steps.index(b"EMC", index), b"EMC")
        steps[index + 2 : index + 2] = ["/Span", pydyf.Dictionary(_told(said)), b"BDC"]
    if found < count or tree.streams[page]._tags:  # noqa: SLF001
        hint = (
            "Remove `opacity` from the page's styles, or compare them with the built-in "
            "ones; a lighter colour does the same."
        )
        tree.tell(f"a screen reader could not find all words of page {page + 1}", hint)
    return numbers


def _said(tree: _Tree, content: MarkedContent, steps: list[Any], start: int, font: str) -> str:
    """Return the words of a line that the text layer does not tell; nothing where it does.

    `font` is the name of the font that was chosen before its `steps`.

    Mends: the text layer has other words for Arabic, Devanagari and more (no issue found).
    """
    words = tree.texts.get(content, "")
    if not words or content in tree.untold or not tree.unsure:
        return words if content in tree.untold else ""
    end = steps.index(b"EMC", start)
    drawn = b" ".join(step for step in steps[start:end] if isinstance(step, bytes))
    read = []
    for name, shown in _SHOWN.findall(drawn):
        font = name.decode() or font
        if shown and font not in tree.unsure:
            return ""
        for string in _GLYPHS.findall(shown):
            codes = range(0, len(string), 4)
            read += [tree.unsure[font].get(int(string[code : code + 4], 16), "") for code in codes]
    return "" if _bare("".join(read)) == _bare(words) else words


def _bare(text: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFD", text))


def _told(said: str) -> dict[str, pydyf.String]:
    return {"ActualText": pydyf.String(said)} if said else {}


def _write(tree: _Tree, numbers: list[dict[int, int]]) -> None:
    """Write the tree into the file, with the other entries that a tagged file must have."""
    pdf = tree.pdf
    parents: list[list[Any]] = [[b"null"] * len(page) for page in numbers]
    links: list[Any] = []
    root = pydyf.Dictionary({"Type": "/StructTreeRoot", "RoleMap": pydyf.Dictionary(_ROLE_MAP)})
    pdf.add_object(root)
    root["K"] = pydyf.Array(
        [_write_node(tree, tree.root, root.reference, numbers, (parents, links))]
    )
    entries = pydyf.Array()
    for key, references in enumerate([*(pydyf.Array(page) for page in parents), *links]):
        entries += [key, references]
    tree_of_parents = pydyf.Dictionary({"Nums": entries})
    pdf.add_object(tree_of_parents)
    root["ParentTree"], root["ParentTreeNextKey"] = tree_of_parents.reference, len(entries) // 2
    pdf.catalog["StructTreeRoot"] = root.reference
    pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
    pdf.catalog["MarkInfo"] = pydyf.Dictionary({"Marked": "true"})


def _write_node(
    tree: _Tree,
    node: Node,
    parent: bytes,
    numbers: list[dict[int, int]],
    used: tuple[list[list[Any]], list[Any]],
) -> bytes:
    parents, links = used
    element = pydyf.Dictionary(
        {
            "Type": "/StructElem",
            "S": f"/{node.role}",
            "P": parent,
            **{key: pydyf.String(text) for key, text in node.words.items()},
        }
    )
    tree.pdf.add_object(element)
    reference: bytes = element.reference
    kids = pydyf.Array()
    home: int | None = None
    for kid in node.kids:
        if isinstance(kid, Node):
            kids.append(_write_node(tree, kid, reference, numbers, used))
        elif isinstance(kid, Link):
            kids.append(
                pydyf.Dictionary(
                    {
                        "Type": "/OBJR",
                        "Obj": kid.annotation.reference,
                        "Pg": tree.pdf.page_references[kid.page],
                    }
                )
            )
            kid.annotation["StructParent"] = len(parents) + len(links)
            links.append(reference)
        else:
            number = numbers[kid.page][kid.number]
            parents[kid.page][number] = reference
            home = kid.page if home is None else home
            page = tree.pdf.page_references[kid.page]
            kids.append(
                number
                if kid.page == home
                else pydyf.Dictionary({"Type": "/MCR", "Pg": page, "MCID": number})
            )
    if home is not None:
        element["Pg"] = tree.pdf.page_references[home]
    if kids:
        element["K"] = kids
    if node.attributes:
        element["A"] = pydyf.Dictionary(node.attributes)
    return reference
