"""Read and write the packages of office programs: a zip file of parts (ECMA-376, part 2). Pure."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Mapping

# In unpacked bytes. A handout as a table in Word has about 400 KB.
MOST_PART: Final = 20_000_000
MOST_PACKAGE: Final = 100_000_000
MOST_ENTRIES: Final = 2_000
# One day for all parts, so that the same content is the same bytes. Zip cannot hold an earlier one.
_DAY: Final = (1980, 1, 1, 0, 0, 0)


def read_package(raw: bytes, name: str) -> dict[str, bytes]:
    """Return the XML parts of a package by name; the others are empty.

    Raises TeachbackError for a file that is none, has a password, or is too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            fault = _fault(parts)
            if not fault:
                return {
                    part.filename: archive.read(part) if _is_xml(part.filename) else b""
                    for part in parts
                }
    except Exception:  # noqa: BLE001 -- zipfile raises anything; none of it is quoted
        fault = "the file is incomplete or damaged"
    hint = "Is it the right file? Open it in the program that wrote it, and save it again."
    raise TeachbackError.of(fault, hint, Location(name))


def _fault(parts: list[zipfile.ZipInfo]) -> str:
    if any(part.flag_bits & 1 for part in parts):
        return "the file has a password"
    if (
        len(parts) > MOST_ENTRIES
        or sum(part.file_size for part in parts) > MOST_PACKAGE
        or any(part.file_size > MOST_PART for part in parts if _is_xml(part.filename))
    ):
        return "the file is too large when it is unpacked"
    if len({part.filename.casefold() for part in parts}) < len(parts):
        return "the file holds a part twice"
    return ""


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels"))


def write_package(parts: Mapping[str, str]) -> bytes:
    """Return a package with these parts, by name; the same parts make the same bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, _DAY), text.encode(), zipfile.ZIP_DEFLATED, compresslevel=9
            )
    return data.getvalue()


def relations(links: Mapping[str, str]) -> str:
    """Return the part that links a part to others: target -> kind."""
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    inner = "".join(
        f'<Relationship Id="rId{number}" Type="{kinds}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(links.items(), start=1)
    )
    return f'{XML_HEAD}<Relationships xmlns="{space}">{inner}</Relationships>'


def content_types(types: Mapping[str, str]) -> str:
    """Return the part that names the type of each part: name -> type."""
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    inner = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items()
    )
    return (
        f'{XML_HEAD}<Types xmlns="{space}"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{inner}</Types>'
    )


XML_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
