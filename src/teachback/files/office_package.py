"""Read and write the packages of office programs: a zip file of parts (ECMA-376, part 2). Pure."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Mapping

# In unpacked bytes. A handout as a table in Word has about 400 KB.
MAX_PART: Final = 20_000_000
MAX_PACKAGE: Final = 100_000_000
MAX_PARTS: Final = 2_000
# The same time for all parts, so that the same content is the same bytes. Zip has no earlier one.
_TIMESTAMP: Final = (1980, 1, 1, 0, 0, 0)


def read_package(raw: bytes, name: str) -> dict[str, bytes]:
    """Return the XML parts of a package by name; the others are empty.

    Raises TeachbackError for a file that is no package, has a password, or is too large.
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
        len(parts) > MAX_PARTS
        or sum(part.file_size for part in parts) > MAX_PACKAGE
        or any(part.file_size > MAX_PART for part in parts if _is_xml(part.filename))
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
                zipfile.ZipInfo(name, _TIMESTAMP),
                text.encode(),
                zipfile.ZIP_DEFLATED,
                compresslevel=9,
            )
    return data.getvalue()


def relations(links: Mapping[str, str]) -> str:
    """Return the part with the relations of a part to others: target -> kind."""
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    kind_prefix = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    elements = "".join(
        f'<Relationship Id="rId{number}" Type="{kind_prefix}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(links.items(), start=1)
    )
    return f'{XML_HEAD}<Relationships xmlns="{namespace}">{elements}</Relationships>'


def content_types(types: Mapping[str, str]) -> str:
    """Return the part that names the type of each part: name -> type."""
    namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    elements = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items()
    )
    return (
        f'{XML_HEAD}<Types xmlns="{namespace}"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{elements}</Types>'
    )


XML_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
