"""Parse XML from elsewhere into elements that know their lines, and write elements. Pure.

Entities and document types are refused: a few of them unpack to gigabytes, and others name files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from teachback.errors import Location, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A text of a handout nests a few levels, and a Word table some twenty.
MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 200_000


@dataclass
class XmlElement:
    """An element: its tag ("namespace name"), attributes, line and contents.

    `contents` are texts and elements in their order.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    contents: list[str | XmlElement] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name without its namespace."""
        return self.tag.rpartition(" ")[2]

    @property
    def children(self) -> Iterator[XmlElement]:
        """The elements directly inside."""
        return (content for content in self.contents if isinstance(content, XmlElement))

    def all_inside(self) -> Iterator[XmlElement]:
        """Yield all elements inside, in the order in which they begin."""
        for child in self.children:
            yield child
            yield from child.all_inside()

    def text(self) -> str:
        """Return all text inside."""
        return "".join(
            content if isinstance(content, str) else content.text() for content in self.contents
        )


def read_xml(data: bytes, name: str) -> XmlElement:
    """Return the root of an XML file in UTF-8.

    Raises TeachbackError with the place of the fault when the file is broken, has a document type
    or another encoding, or is too large.
    """
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    root = XmlElement("", {}, 0)
    open_elements = [root]
    count = 0

    def refuse(message: str, hint: str) -> None:
        place = Location(name, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        raise TeachbackError.of(message, hint, place)

    def doctype(*_: object) -> None:
        refuse("a document type (<!DOCTYPE ...>) is not read", "Delete that line.")

    def declared(_: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "us-ascii"}:
            refuse(f"the file is in the encoding {encoding}", "Save it as UTF-8.")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_elements) > MAX_DEPTH or count > MAX_ELEMENTS:
            refuse("this has too many tags", "Is it the right file?")
        element = XmlElement(tag, attributes, parser.CurrentLineNumber)
        open_elements[-1].contents.append(element)
        open_elements.append(element)

    def add(text: str) -> None:
        open_elements[-1].contents.append(text)

    parser.StartDoctypeDeclHandler = doctype
    parser.XmlDeclHandler = declared
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = add
    try:
        parser.Parse(data, True)  # noqa: FBT003 -- expat takes no names
    except expat.ExpatError as error:
        message = f"this is not XML: {expat.ErrorString(error.code)}"
        place = Location(name, error.lineno, error.offset + 1)
        hint = "Save it again in the program that wrote it."
        raise TeachbackError.of(message, hint, place) from None
    return next(root.children)


def tagged(name: str, *contents: str, **attributes: str) -> str:
    """Return an element as text. `contents` are markup."""
    attribute_text = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    inner = "".join(contents)
    return f"<{name}{attribute_text}>{inner}</{name}>" if inner else f"<{name}{attribute_text}/>"
