"""Write the tags of a PDF, for screen readers, in place of those that WeasyPrint 70.0 makes.

WeasyPrint's tree passes the validators but reads badly: it is made from boxes, and a box ends with
its line or page. Our tree is made from elements: all boxes of an element belong to one node,
wherever they are. Then `tag_repairs` repairs it. Each part names the fault that it mends, with
WeasyPrint's issue where one is known. tests/pdf/test_tag_writer.py shows each fault in WeasyPrint's
own tree, and fails when the fault is gone.

These private parts of WeasyPrint are used: `weasyprint.pdf.add_tags` and `build_fonts_dictionary`,
which are replaced while a file is written; `Font.to_unicode`, `hash` and `file_content`;
`Stream._tags` (box -> its mark in the page's content), `Stream.stream` (the content's operations),
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

from teachback.content.inline_markup import RECORD
from teachback.errors import Problem, TeachbackError
from teachback.pdf.tag_repairs import Link, MarkedContent, Node, repair, skipped_levels
from teachback.pdf.text_direction import needs_shaping
from teachback.pdf.word_shapes import letters_by_glyph
from teachback.units import PT_PER_INCH, PX_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# A box, an element, a page or an object of the file. WeasyPrint and pydyf have no types.
Untyped: TypeAlias = Any
PINNED: Final = "70.0"
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
# The text of a glyph without a letter of its own. PDF/A requires one; the line has the words.
_NO_LETTER: Final = "\u200b"
_INVISIBLE: Final = re.compile(r"[\s\u00ad\u200b]+")
# A font that is chosen.
_FONT: Final = re.compile(rb"/(\w+) \S+ Tf")
# A font that is chosen, or glyphs that are shown.
_SHOWN: Final = re.compile(rb"/(\w+) \S+ Tf|\[(.*?)\]\s*TJ")
_GLYPHS: Final = re.compile(rb"<([0-9a-f]+)>")
_PAGINATION: Final = "/Pagination"
_LAYOUT: Final = "/Layout"


class _ElementFacts(NamedTuple):
    """The place of an element in the source, its language, and if it is hidden."""

    order: int
    language: str
    hidden: bool


@dataclass(frozen=True)
class _Tree:
    """The tree of one document, while it is made.

    `repaired_fonts` are the fonts whose text layer was repaired: by their hash, the text of each
    glyph. `texts` are the words of marked content, and `untold` is that which no text layer tells.
    """

    pdf: Any
    streams: list[Any]
    heights: list[float]
    facts: dict[Any, _ElementFacts]
    root: Node
    repaired_fonts: Mapping[str, Mapping[int, str]]
    nodes: dict[tuple[Any, str], Node] = field(default_factory=dict)
    artifacts: dict[MarkedContent, str] = field(default_factory=dict)
    texts: dict[MarkedContent, str] = field(default_factory=dict)
    untold: set[MarkedContent] = field(default_factory=set)
    problems: dict[Problem, None] = field(default_factory=dict)

    def report(self, message: str, hint: str) -> None:
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
    their_tags, their_fonts = weasyprint.pdf.add_tags, weasyprint.pdf.build_fonts_dictionary
    their_data = pydyf.Stream.data
    repaired_fonts: dict[str, Mapping[int, str]] = {}

    def build_fonts(pdf: Untyped, fonts: Mapping[Any, Any], *options: object) -> Untyped:
        repaired_fonts.update(_repaired_texts(fonts.values()))
        return their_fonts(pdf, fonts, *options)

    weasyprint.pdf.add_tags = partial(_add_tags, repaired_fonts)
    weasyprint.pdf.build_fonts_dictionary = build_fonts
    pydyf.Stream.data = property(partial(_stream_data, their_data.fget))
    try:
        yield
    finally:
        pydyf.Stream.data = their_data
        weasyprint.pdf.add_tags, weasyprint.pdf.build_fonts_dictionary = their_tags, their_fonts


def _stream_data(their_data: Callable[[Any], bytes], stream: Untyped) -> bytes:
    """Return a stream as it is written, but not compressed if it would end in a carriage return.

    A newline follows it, and a reader may take both for the end of the line: page-validation 0.11
    then counts a byte too few. One in 256 streams ends so.
    """
    data = their_data(stream)
    if stream.compress and data.endswith(b"\r\nendstream"):
        stream.compress = False
        data = their_data(stream)
    return data


def _repaired_texts(fonts: Iterable[Any]) -> Iterator[tuple[str, Mapping[int, str]]]:
    """Repair the text layer of fonts that draw a letter in several parts, and yield these fonts.

    Mends: all of a letter is the text of its last part, and the others have none, so an o with a
    dot below is read as nothing and as the whole letter, or as two letters; a bracket in a text
    from right to left is drawn as its mirror, which is then read as that bracket (no issue found).
    """
    for font in fonts:
        texts = font.to_unicode
        in_parts = any(text == "" or _has_accent(text) for text in texts.values())
        if not in_parts and not any(map(_is_mirrored, texts.values())):
            continue
        letters = letters_by_glyph(font.file_content)
        original = dict(texts)
        for glyph, text in original.items():
            letter = unicodedata.normalize("NFD", letters.get(glyph, ""))
            parts = unicodedata.normalize("NFD", text)
            if (in_parts and (not text or (letter and letter in parts))) or (
                letter and letter != parts and _is_mirrored(text)
            ):
                texts[glyph] = letters.get(glyph, _NO_LETTER)
        if texts != original:
            yield font.hash, texts


def _has_accent(text: str) -> bool:
    """Return whether a text is a letter with an accent, which a font may draw in two parts."""
    return len(text) == 1 and len(unicodedata.normalize("NFD", text)) > 1


def _is_mirrored(text: str) -> bool:
    return len(text) == 1 and unicodedata.mirrored(text) == 1


def _add_tags(
    repaired_fonts: Mapping[str, Mapping[int, str]],
    pdf: Untyped,
    document: Untyped,
    _version: object,
    streams: list[Any],
) -> None:
    language = document.metadata.lang or ""
    facts: dict[Any, _ElementFacts] = {}
    html = next(
        box
        for box in document.pages[0]._page_box.children  # noqa: SLF001 -- see above
        if not isinstance(box, boxes.MarginBox)
    )
    _gather_facts(html.element, language, False, facts)  # noqa: FBT003 -- nothing is hidden yet
    tree = _Tree(
        pdf,
        streams,
        [page.height for page in document.pages],
        facts,
        Node("Document", language=language),
        repaired_fonts,
    )
    if not document.metadata.title:
        hint = "Give its template a <title>; it is the first thing that is read out."
        tree.report("the page has no title", hint)
    if not language:
        hint = 'Begin its template with <html lang="{{ edition.language }}">.'
        tree.report("the page does not say its language", hint)
    marked = [len(stream._tags) for stream in streams]  # noqa: SLF001
    for number, page in enumerate(document.pages):
        _add_box(tree, page._page_box, tree.root, number)  # noqa: SLF001
    repair(tree.root)
    for before, level, words in skipped_levels(tree.root):
        message = f"the heading '{words[:60]}' has level {level}, but " + (
            f"the one before it has level {before}" if before else "it is the first"
        )
        tree.report(
            message,
            f"Make it an <h{before + 1}>: people who navigate by headings would search for the "
            "missing level.",
        )
    numbers = [_number_marks(tree, page, count) for page, count in enumerate(marked)]
    if tree.problems:
        raise TeachbackError(*tree.problems)
    _write(tree, numbers)


def _gather_facts(
    element: Untyped,
    language: str,
    hidden: bool,  # noqa: FBT001 -- passed on as it is
    facts: dict[Any, _ElementFacts],
) -> None:
    """Record the facts of each element, also of those without a box of their own.

    Mends: `lang` is dropped on all elements but html; alt="" and aria-hidden="true" are read like
    anything else (no issue found). role="presentation" makes a picture decoration; elsewhere it
    hides no words.
    """
    language = element.get("lang") or language
    hidden = hidden or element.get("aria-hidden") == "true"
    is_picture = element.tag in {"img", f"{SVG}svg"}
    is_decoration = is_picture and (
        element.get("alt") == "" or element.get("role") in {"presentation", "none"}
    )
    facts[element] = _ElementFacts(len(facts), language, hidden or is_decoration)
    for child in element:
        _gather_facts(child, language, hidden, facts)


def _add_box(tree: _Tree, box: Untyped, parent: Node, page: int) -> None:
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
        # A picture before or after an element comes from the styles, so it is decoration.
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
        _add_box(tree, child, node, page)


def _mark_of(tree: _Tree, box: Untyped, page: int) -> tuple[MarkedContent, ...]:
    """Return the marked content of a text or a picture: one, or none where it is not drawn."""
    mark = tree.streams[page]._tags.pop(box, None)  # noqa: SLF001 -- see above
    if mark is None:
        return ()
    content = MarkedContent(page, mark["mcid"])
    if isinstance(box, boxes.TextBox) and box.text.strip():
        tree.texts[content] = box.text
        if box.style["direction"] == "rtl" or needs_shaping(box.text):
            tree.untold.add(content)
    return (content,)


def _repeats(box: Untyped, known: Node, page: int) -> bool:
    """Return whether a box repeats earlier content.

    Mends: the header row of a table is content on each of its pages (#2903).
    """
    if isinstance(box, boxes.TableRowGroupBox) and (box.is_header or box.is_footer):
        return True
    return known.page != page and box.style["position"] == "fixed"


def _make_artifact(tree: _Tree, box: Untyped, page: int, kind: str) -> None:
    """Take a box and its content out of the tree.

    A link in it becomes plain words, because no tag could own its area.
    """
    todo = [box]
    while todo:
        box = todo.pop()
        box = getattr(box, "_box", box)  # the placeholder of an absolute box
        tree.artifacts.update(dict.fromkeys(_mark_of(tree, box, page), kind))
        if box.link_annotation:
            page_object = tree.pdf.objects[int(tree.pdf.page_references[page].split()[0])]
            page_object["Annots"].remove(box.link_annotation.reference)
            if not page_object["Annots"]:
                del page_object["Annots"]
        todo += getattr(box, "children", ())


def _node_for(tree: _Tree, box: Untyped, parent: Node, page: int) -> Node:
    """Create the node of an element on its first box; generated content belongs to its element."""
    element, tag = box.element, box.element_tag
    if "::" in tag and not tag.endswith("::marker"):
        return parent
    # A marker inside the line still belongs to its item.
    parent = tree.nodes.get((element, tag.removesuffix("::marker")), parent)
    role = _role_of(box, tag, parent)
    facts = tree.facts[element]
    node = Node(role, parent, facts.order, facts.language, page, element)
    parent.kids.append(node)
    tree.nodes[element, tag] = node
    _add_words(tree, node, tag)
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
        if role == "TH":
            node.attributes["Scope"] = _SCOPES.get(element.get("scope"), "")
    elif role == "L" and tag != "dl":
        # Mends: no list has its numbering style (no issue found).
        style = box.style["list_style_type"]
        node.attributes = {
            "O": "/List",
            "ListNumbering": "/" + _NUMBERING.get(style if isinstance(style, str) else "", "Disc"),
        }
    return node


def _add_words(tree: _Tree, node: Node, tag: str) -> None:
    """Set the language of a node where it changes, and the words that its element has for readers.

    Mends: a drawn sign has no words (no ActualText), and a short form has no long one (no issue
    found).
    """
    element = node.element
    if node.parent is not None and node.language != node.parent.language:
        node.words["Lang"] = node.language
        if not _LANGUAGE.fullmatch(node.language):
            hint = "Write it like this: es, or pt-BR."
            tree.report(f"'{node.language}' is not a language code", hint)
    actual_text = element.get("data-actualtext")
    if actual_text and node.role != "Lbl":
        if any(map(str.isalnum, "".join(element.itertext()))):
            message = f"a screen reader would say '{actual_text[:60]}' instead of the words"
            tree.report(message, "data-actualtext is for signs without words; remove it here.")
        node.words["ActualText"] = actual_text
    # The stamping of records finds the place of a field by this name.
    if element.get("data-field"):
        node.words["T"] = RECORD + element.get("data-field")
    if tag == "abbr" and element.get("title"):
        node.words["E"] = element.get("title")


def _role_of(box: Untyped, tag: str, parent: Node) -> str:
    """Return the role of an element, by its name and its parent."""
    if tag.endswith("::marker"):
        return "Lbl"
    if tag == "a":
        return "Link" if box.element.get("href") else "Span"
    if tag in {"li", "dt", "dd"} and parent.role not in {"L", "LI"}:
        return "Div"
    if tag == "div" and parent.role == "L":
        return "LI"
    return _ROLES.get(tag) or ("Span" if isinstance(box, boxes.InlineLevelBox) else "Div")


def _describe_figure(tree: _Tree, box: Untyped, node: Node) -> None:
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
        tree.report(
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


def _add_link(tree: _Tree, annotation: Untyped, node: Node, element: Untyped, page: int) -> None:
    """Add the area of a link to its Link element, and describe it by its words.

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
    anchor = link.element
    picture = anchor.find(".//img[@alt]")
    words = (
        anchor.get("aria-label")
        or " ".join("".join(anchor.itertext()).split())
        or (picture.get("alt") if picture is not None else "")
    )
    if not words:
        message = f"the link to {anchor.get('href') or 'nowhere'} has no words"
        tree.report(message, "Write into it what a reader finds there.")
    annotation["Contents"] = pydyf.String(words)


def _number_marks(tree: _Tree, page: int, count: int) -> dict[int, int]:
    """Turn the marks of artifacts into artifacts in a page's content, and renumber the others.

    `count` is how many marks WeasyPrint made. Return the new number of each mark by its old one.

    Finds: content with `opacity` is drawn as a group, and no tag can refer to a mark in it (no
    issue found).
    """
    steps = tree.streams[page].stream
    numbers: dict[int, int] = {}
    # The artifacts that need their words, by the index of the step that begins them.
    worded: list[tuple[int, str]] = []
    found = 0
    font = ""
    for index, step in enumerate(steps):
        if isinstance(step, bytes) and (chosen := _FONT.match(step)):
            font = chosen[1].decode()
        if isinstance(step, pydyf.Dictionary) and "MCID" in step and steps[index + 1] == b"BDC":
            found += 1
            content = MarkedContent(page, step["MCID"])
            kind = tree.artifacts.get(content)
            words = _untold_words(tree, content, steps, index, font)
            if kind is not None:
                steps[index - 1], steps[index] = "/Artifact", pydyf.Dictionary({"Type": kind})
                worded += [(index, words)] if words else []
            else:
                numbers[step["MCID"]] = len(numbers)
                properties = {"MCID": numbers[step["MCID"]], **_actual_text(words)}
                steps[index] = pydyf.Dictionary(properties)
    for index, words in reversed(worded):
        # Only a Span may have the words.
        steps.insert(steps.index(b"EMC", index), b"EMC")
        steps[index + 2 : index + 2] = ["/Span", pydyf.Dictionary(_actual_text(words)), b"BDC"]
    if found < count or tree.streams[page]._tags:  # noqa: SLF001
        hint = (
            "Remove `opacity` from the page's styles, or compare them with the built-in "
            "ones; a lighter colour does the same."
        )
        tree.report(f"a screen reader could not find all words of page {page + 1}", hint)
    return numbers


def _untold_words(
    tree: _Tree, content: MarkedContent, steps: list[Any], start: int, font: str
) -> str:
    """Return the words of a line that the text layer does not tell, or "" where it does.

    `font` is the name of the font that was chosen before the line, which begins at `start`.

    Mends: the text layer has other words for Arabic, Devanagari and more (no issue found).
    """
    words = tree.texts.get(content, "")
    if not words or content in tree.untold or not tree.repaired_fonts:
        return words if content in tree.untold else ""
    end = steps.index(b"EMC", start)
    drawn = b" ".join(step for step in steps[start:end] if isinstance(step, bytes))
    layer = ""
    for name, shown in _SHOWN.findall(drawn):
        font = name.decode() or font
        if shown and font not in tree.repaired_fonts:
            return ""
        for string in _GLYPHS.findall(shown):
            texts = tree.repaired_fonts[font]
            codes = (string[index : index + 4] for index in range(0, len(string), 4))
            layer += "".join(texts.get(int(code, 16), "") for code in codes)
    return "" if _letters_of(layer) == _letters_of(words) else words


def _letters_of(text: str) -> str:
    """Return a text without blanks, its letters decomposed."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFD", text))


def _actual_text(words: str) -> dict[str, pydyf.String]:
    return {"ActualText": pydyf.String(words)} if words else {}


def _write(tree: _Tree, numbers: list[dict[int, int]]) -> None:
    """Write the tree into the file, with the other entries that a tagged file must have."""
    pdf = tree.pdf
    # The references of the elements that own each mark of each page, and each link.
    parents: list[list[Any]] = [[b"null"] * len(page) for page in numbers]
    links: list[Any] = []
    root = pydyf.Dictionary({"Type": "/StructTreeRoot", "RoleMap": pydyf.Dictionary(_ROLE_MAP)})
    pdf.add_object(root)
    root["K"] = pydyf.Array([_write_node(tree, tree.root, root.reference, numbers, parents, links)])
    entries = pydyf.Array()
    for key, references in enumerate([*(pydyf.Array(page) for page in parents), *links]):
        entries += [key, references]
    parent_tree = pydyf.Dictionary({"Nums": entries})
    pdf.add_object(parent_tree)
    root["ParentTree"], root["ParentTreeNextKey"] = parent_tree.reference, len(entries) // 2
    pdf.catalog["StructTreeRoot"] = root.reference
    pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
    pdf.catalog["MarkInfo"] = pydyf.Dictionary({"Marked": "true"})


def _write_node(
    tree: _Tree,
    node: Node,
    parent: bytes,
    numbers: list[dict[int, int]],
    parents: list[list[Any]],
    links: list[Any],
) -> bytes:
    """Write a node and what is below it; add their marks and links to `parents` and `links`.

    Return the reference of the node.
    """
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
    # The page of the first mark. A mark on another page names its own.
    home: int | None = None
    for kid in node.kids:
        if isinstance(kid, Node):
            kids.append(_write_node(tree, kid, reference, numbers, parents, links))
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
