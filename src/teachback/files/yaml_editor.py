"""Change a few values in a YAML file without touching any other byte.

Nothing is dumped. Only the places that the parser marked are replaced.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any, Final

from teachback.files.text_decoding import decode
from teachback.files.yaml_reader import may_precede_a_remark, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from teachback.files.yaml_reader import YamlNode

# Plain words that need no quotes, in block or flow style. Everything else is quoted.
_PLAIN: Final = re.compile(r"[^\W\d_][\w.'-]*(?: [\w.'-]+)*|\d{4}-\d{2}-\d{2}|[0-9a-f]{16}")
# Plain words that need no quotes behind the key of a block.
_SENTENCE: Final = re.compile(r"[^\W\d_](?:[^:#\n]|:(?! )|(?<! )#)*[^:\s]")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def with_values(
    raw: bytes, name: str, key: str, values: Mapping[str, str | Mapping[str, str]]
) -> bytes:
    """Return a file's bytes with values set in the mapping at the top-level `key`.

    Missing keys are added at the end of the mapping. Key order, comments, block or flow style, line
    ends and all other bytes are kept. A value that is a mapping is written on one line. Raises
    TeachbackError for invalid YAML, and KeyError when there is no such mapping.
    """
    text = decode(raw, name)
    _, mapping = _nodes(read_yaml(raw, name).root, (key,))
    if not isinstance(mapping.value, list) or not mapping.value:
        raise KeyError(key)
    return _edited_bytes(raw, text, [*_entry_edits(text, mapping, values, is_block=False)])


def with_entries(
    raw: bytes, name: str, key: str, entries: Mapping[str, Mapping[str, str]], order: Sequence[str]
) -> bytes:
    """Return a file's bytes with values set in the entries of the mapping at the top-level `key`.

    An entry is a mapping of texts. A new one is put behind the one that comes before it in `order`.
    All other bytes are kept. Raises TeachbackError for invalid YAML, and KeyError when there is no
    such mapping.
    """
    text = decode(raw, name)
    _, mapping = _nodes(read_yaml(raw, name).root, (key,))
    there = {found.value: (found, value) for found, value in mapping.value}
    edits: list[tuple[int, int, str]] = []
    for one, values in entries.items():
        if one in there:
            edits += _entry_edits(
                text, there[one][1], values, is_block=not there[one][1].flow_style
            )
    new = {one: values for one, values in entries.items() if one not in there}
    if mapping.flow_style:
        return _edited_bytes(raw, text, [*([_appended(text, mapping, new)] if new else []), *edits])
    # New entries behind the same one are one edit, in their order.
    behind: dict[str, list[str]] = {}
    for one in sorted(new, key=order.index):
        before = order[: order.index(one)]
        near = next((other for other in reversed(before) if other in there), "")
        behind.setdefault(near, []).append(one)
    column = mapping.value[0][0].start_mark.column
    # Insert first: edits are applied in reverse order, and a value may be filled in at that place.
    inserts = [
        _inserted(
            text, there[near][1] if near else None, mapping, column, {n: new[n] for n in names}
        )
        for near, names in behind.items()
    ]
    return _edited_bytes(raw, text, [*inserts, *edits])


def _entry_edits(
    text: str, entry: YamlNode, values: Mapping[str, str | Mapping[str, str]], *, is_block: bool
) -> Iterator[tuple[int, int, str]]:
    """Yield the edits that set values in a mapping that is there; see `_written`."""
    known = {found.value: (found, value) for found, value in entry.value}
    more = {name: value for name, value in values.items() if name not in known}
    if more:
        # Edits are applied in reverse order: what is filled in at the very end comes before it.
        yield _appended(text, entry, more, is_block=is_block)
    for name, value in values.items():
        if name in known:
            yield _replaced(text, *known[name], value, is_block=is_block)


def _inserted(
    text: str,
    near: YamlNode,
    mapping: YamlNode,
    column: int,
    entries: Mapping[str, Mapping[str, str]],
) -> tuple[int, int, str]:
    """Return the edit that puts new entries behind one, or in front of all."""
    indent, line_end = " " * column, _line_end(text)
    lines = []
    for name, values in entries.items():
        lines.append(f"{indent}{name}:")
        lines += [f"{indent}  {inner}: {in_block(value)}" for inner, value in values.items()]
    if near is None:
        first = mapping.value[0][0].start_mark
        at = first.index - first.column
        return at, at, "".join(line + line_end for line in lines)
    stop = text.find("\n", _end(near, text))
    stop = len(text) if stop < 0 else stop
    stop -= text[:stop].endswith("\r")
    return stop, stop, "".join(line_end + line for line in lines)


def in_block(text: str) -> str:
    """Return a text as written behind the key of a block: in quotes where it needs them."""
    words = re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
    is_plain = _SENTENCE.fullmatch(words) and words.lower() not in _WORDS
    return words if is_plain else json.dumps(words, ensure_ascii=False)


def with_ids(raw: bytes, name: str, ids: Mapping[tuple[Any, ...], tuple[str, str]]) -> bytes:
    """Return a file's bytes with an `id:` written into entries: their path -> the id, and a key.

    An entry that is a bare text or list is put behind that key, as `{id: ID, text: ...}`. One whose
    text goes on in another line is left as it is: it would have to be indented anew. All other
    bytes are kept. Raises TeachbackError for invalid YAML.
    """
    text = decode(raw, name)
    root = read_yaml(raw, name).root
    edits: list[tuple[int, int, str]] = []
    for path, (new, key) in ids.items():
        parent, node = _nodes(root, path)
        edits += _id_edits(text, parent, node, new, key)
    return _edited_bytes(raw, text, edits)


def with_keys(raw: bytes, name: str, key: str, names: Mapping[str, str]) -> bytes:
    """Return a file's bytes with other keys in the mapping at the top-level `key`: old -> new.

    All other bytes are kept. Raises TeachbackError for invalid YAML.
    """
    text = decode(raw, name)
    _, mapping = _nodes(read_yaml(raw, name).root, (key,))
    edits = [
        (found.start_mark.index, found.end_mark.index, names[found.value])
        for found, _ in mapping.value
        if found.value in names
    ]
    return _edited_bytes(raw, text, edits)


def _nodes(root: YamlNode, path: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return the node at a path, and the one around it. Raises KeyError if there is none."""
    parent, node = None, root
    for step in path:
        inner = (
            node.value[step]
            if isinstance(step, int)
            else next((value for found, value in node.value if found.value == step), None)
        )
        if inner is None:
            raise KeyError(step)
        parent, node = node, inner
    return parent, node


def _id_edits(
    text: str, parent: YamlNode, node: YamlNode, new: str, key: str
) -> list[tuple[int, int, str]]:
    start, end = node.start_mark.index, node.end_mark.index
    is_mapping = isinstance(node.value, list) and node.tag.endswith(":map")
    if is_mapping and not key:
        first = node.value[0][0].start_mark
        if node.flow_style:
            return [(first.index, first.index, f"id: {new}, ")]
        return [(first.index, first.index, f"id: {new}{_line_end(text)}{' ' * first.column}")]
    if "\n" in text[start:end].rstrip():
        return []
    if isinstance(node.value, list) or parent.flow_style:
        return (
            [(start, start, f"{{id: {new}, {key}: "), (end, end, "}")]
            if not isinstance(node.value, list) or node.flow_style
            else []
        )
    indent = " " * node.start_mark.column
    return [(start, start, f"id: {new}{_line_end(text)}{indent}{key}: ")]


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _edited_bytes(raw: bytes, text: str, edits: list[tuple[int, int, str]]) -> bytes:
    for start, end, words in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        text = text[:start] + words + text[end:]
    return (codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b"") + text.encode()


def _written(value: str | Mapping[str, str], after: str = "", *, is_block: bool = False) -> str:
    """Return a value as written in front of the rest of its line.

    Fewer texts need quotes in a block of texts (`is_block`), if no remark follows on the line.
    """
    if is_block and isinstance(value, str) and not re.match(r"[ \t]+#", after):
        return in_block(value)
    if not isinstance(value, str):
        return "{" + ", ".join(f"{name}: {_written(inner)}" for name, inner in value.items()) + "}"
    # An unquoted text must not seem to end where a comment begins.
    free = not re.match(r"[ \t]+#", after) or may_precede_a_remark(value)
    if free and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _end(node: YamlNode, text: str) -> int:
    """Return the offset at which a value ends.

    The parser's end mark of a block is behind the empty lines and comments that follow it.
    """
    if isinstance(node.value, list) and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    start: int = node.start_mark.index
    end: int = node.end_mark.index
    return start + len(text[start:end].rstrip())


def _replaced(
    text: str,
    key: YamlNode,
    value: YamlNode,
    new: str | Mapping[str, str],
    *,
    is_block: bool = False,
) -> tuple[int, int, str]:
    start, end = value.start_mark.index, _end(value, text)
    words = _written(new, text[end:], is_block=is_block)
    if start == end or (isinstance(value.value, list) and not value.flow_style):
        # The value is empty, or a block of several lines: the new one starts right behind the
        # colon.
        start = text.index(":", key.end_mark.index) + 1
        return (
            start,
            max(start, end),
            f" {words}" if text[end : end + 1] in {"", " ", "\r", "\n", ",", "}"} else f" {words} ",
        )
    return start, end, words


def _appended(
    text: str,
    mapping: YamlNode,
    new: Mapping[str, str | Mapping[str, str]],
    *,
    is_block: bool = False,
) -> tuple[int, int, str]:
    last_key, last = mapping.value[-1]
    end = max(_end(last, text), last_key.end_mark.index)
    if mapping.flow_style:
        if last.start_mark.index == last.end_mark.index:
            end = text.index(":", last_key.end_mark.index) + 1
        return (
            end,
            end,
            "".join(f", {name}: {_written(value, text[end:])}" for name, value in new.items()),
        )
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    stop -= text[:stop].endswith("\r")
    indent = _line_end(text) + " " * mapping.value[0][0].start_mark.column
    return (
        stop,
        stop,
        "".join(
            f"{indent}{name}: {_written(value, is_block=is_block)}" for name, value in new.items()
        ),
    )
