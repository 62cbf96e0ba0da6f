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

    # Where a replaced part starts and ends, and what replaces it.
    _Edit = tuple[int, int, str]

# Plain words that need no quotes, in block or flow style. Everything else is quoted.
_PLAIN: Final = re.compile(r"[^\W\d_][\w.'-]*(?: [\w.'-]+)*|\d{4}-\d{2}-\d{2}|[0-9a-f]{16}")
# Plain words that need no quotes behind the key of a block.
_BLOCK_TEXT: Final = re.compile(r"[^\W\d_](?:[^:#\n]|:(?! )|(?<! )#)*[^:\s]")
# Words that YAML reads as another value.
_YAML_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def with_values(
    raw: bytes, name: str, key: str, values: Mapping[str, str | Mapping[str, str]]
) -> bytes:
    """Return a file's bytes with values set in the mapping at the top-level `key`.

    Missing keys are added at the end of the mapping. Key order, comments, block or flow style, line
    ends and all other bytes are kept. A value that is a mapping is written on one line. Raises
    TeachbackError for invalid YAML, and KeyError when there is no such mapping.
    """
    text, mapping = _text_and_mapping(raw, name, key)
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
    text, mapping = _text_and_mapping(raw, name, key)
    existing = {key_node.value: value for key_node, value in mapping.value}
    edits = [
        edit
        for entry, values in entries.items()
        if (node := existing.get(entry)) is not None
        for edit in _entry_edits(text, node, values, is_block=not node.flow_style)
    ]
    new = {entry: values for entry, values in entries.items() if entry not in existing}
    if mapping.flow_style:
        return _edited_bytes(raw, text, [*([_appended(text, mapping, new)] if new else []), *edits])
    # New entries behind the same one are one edit, in their order.
    added_after: dict[str, list[str]] = {}
    for entry in sorted(new, key=order.index):
        preceding = order[: order.index(entry)]
        neighbour = next((earlier for earlier in reversed(preceding) if earlier in existing), "")
        added_after.setdefault(neighbour, []).append(entry)
    column = mapping.value[0][0].start_mark.column
    # Insertions come first: edits are applied in reverse order, and a value may be filled in at the
    # same place.
    inserts = [
        _insertion(
            text,
            existing.get(neighbour),
            mapping,
            column,
            {entry: new[entry] for entry in names},
        )
        for neighbour, names in added_after.items()
    ]
    return _edited_bytes(raw, text, [*inserts, *edits])


def _entry_edits(
    text: str, entry: YamlNode, values: Mapping[str, str | Mapping[str, str]], *, is_block: bool
) -> Iterator[_Edit]:
    """Yield the edits that set values in an existing mapping. `is_block` is for `_value_text`."""
    existing = {key_node.value: (key_node, value) for key_node, value in entry.value}
    missing = {name: value for name, value in values.items() if name not in existing}
    if missing:
        # Edits are applied in reverse order, and a value may be filled in at the very end.
        yield _appended(text, entry, missing, is_block=is_block)
    for name, value in values.items():
        if name in existing:
            yield _replacement(text, *existing[name], value, is_block=is_block)


def _insertion(
    text: str,
    neighbour: YamlNode,
    mapping: YamlNode,
    column: int,
    entries: Mapping[str, Mapping[str, str]],
) -> _Edit:
    """Return the edit that puts new entries behind their neighbour, or in front of all entries."""
    indent, line_end = " " * column, _line_end(text)
    lines = []
    for name, values in entries.items():
        lines.append(f"{indent}{name}:")
        lines += [f"{indent}  {key}: {in_block(value)}" for key, value in values.items()]
    if neighbour is None:
        first = mapping.value[0][0].start_mark
        start = first.index - first.column
        return start, start, "".join(line + line_end for line in lines)
    end = _end_of_line(text, _value_end(neighbour, text))
    return end, end, "".join(line_end + line for line in lines)


def in_block(text: str) -> str:
    """Return a text in one line, as written behind the key of a block, quoted where needed."""
    line = re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
    is_plain = _BLOCK_TEXT.fullmatch(line) and line.lower() not in _YAML_WORDS
    return line if is_plain else json.dumps(line, ensure_ascii=False)


def with_ids(raw: bytes, name: str, ids: Mapping[tuple[Any, ...], tuple[str, str]]) -> bytes:
    """Return a file's bytes with an `id:` written into entries: their path -> the id, and a key.

    An entry that is a bare text or list is put behind that key, as `{id: ID, text: ...}`. A text of
    several lines gets no id, since it would have to be indented anew. All other bytes are kept.
    Raises TeachbackError for invalid YAML.
    """
    text = decode(raw, name)
    root = read_yaml(raw, name).root
    edits: list[_Edit] = []
    for path, (new_id, key) in ids.items():
        parent, node = _parent_and_node(root, path)
        edits += _id_edits(text, parent, node, new_id, key)
    return _edited_bytes(raw, text, edits)


def with_keys(raw: bytes, name: str, key: str, names: Mapping[str, str]) -> bytes:
    """Return a file's bytes with other keys in the mapping at the top-level `key`: old -> new.

    All other bytes are kept. Raises TeachbackError for invalid YAML.
    """
    text, mapping = _text_and_mapping(raw, name, key)
    edits = [
        (key_node.start_mark.index, key_node.end_mark.index, names[key_node.value])
        for key_node, _ in mapping.value
        if key_node.value in names
    ]
    return _edited_bytes(raw, text, edits)


def _text_and_mapping(raw: bytes, name: str, key: str) -> tuple[str, YamlNode]:
    return decode(raw, name), _parent_and_node(read_yaml(raw, name).root, (key,))[1]


def _parent_and_node(root: YamlNode, path: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return the node around a path, and the one at it. Raises KeyError if there is none."""
    parent, node = None, root
    for step in path:
        child = (
            node.value[step]
            if isinstance(step, int)
            else next((value for key_node, value in node.value if key_node.value == step), None)
        )
        if child is None:
            raise KeyError(step)
        parent, node = node, child
    return parent, node


def _id_edits(text: str, parent: YamlNode, node: YamlNode, new_id: str, key: str) -> list[_Edit]:
    start, end = node.start_mark.index, node.end_mark.index
    is_mapping = isinstance(node.value, list) and node.tag.endswith(":map")
    if is_mapping and not key:
        first = node.value[0][0].start_mark
        if node.flow_style:
            return [(first.index, first.index, f"id: {new_id}, ")]
        return [(first.index, first.index, f"id: {new_id}{_line_end(text)}{' ' * first.column}")]
    if "\n" in text[start:end].rstrip():
        return []
    if isinstance(node.value, list) and not node.flow_style:
        return []
    if isinstance(node.value, list) or parent.flow_style:
        return [(start, start, f"{{id: {new_id}, {key}: "), (end, end, "}")]
    indent = " " * node.start_mark.column
    return [(start, start, f"id: {new_id}{_line_end(text)}{indent}{key}: ")]


def _end_of_line(text: str, start: int) -> int:
    """Return the offset at which the line of another offset ends."""
    end = text.find("\n", start)
    if end < 0:
        return len(text)
    return end - text[:end].endswith("\r")


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _edited_bytes(raw: bytes, text: str, edits: list[_Edit]) -> bytes:
    for start, end, replacement in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        text = text[:start] + replacement + text[end:]
    return (codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b"") + text.encode()


def _value_text(
    value: str | Mapping[str, str], following: str = "", *, is_block: bool = False
) -> str:
    """Return a value as written in front of what follows it.

    Fewer texts need quotes in a block of texts (`is_block`), if no remark follows on the line.
    """
    if not isinstance(value, str):
        inner = (f"{name}: {_value_text(inner_value)}" for name, inner_value in value.items())
        return f"{{{', '.join(inner)}}}"
    has_remark = bool(re.match(r"[ \t]+#", following))
    if is_block and not has_remark:
        return in_block(value)
    # An unquoted text must not seem to end where a remark begins.
    may_be_plain = not has_remark or may_precede_a_remark(value)
    if may_be_plain and _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _value_end(node: YamlNode, text: str) -> int:
    """Return the offset at which a value ends.

    The parser's end mark of a block is behind the empty lines and comments that follow it.
    """
    if isinstance(node.value, list) and not node.flow_style:
        last = node.value[-1]
        return _value_end(last[1] if isinstance(last, tuple) else last, text)
    start: int = node.start_mark.index
    end: int = node.end_mark.index
    return start + len(text[start:end].rstrip())


def _replacement(
    text: str,
    key: YamlNode,
    value: YamlNode,
    new: str | Mapping[str, str],
    *,
    is_block: bool = False,
) -> _Edit:
    start, end = value.start_mark.index, _value_end(value, text)
    words = _value_text(new, text[end:], is_block=is_block)
    if start == end or (isinstance(value.value, list) and not value.flow_style):
        # The value is empty, or a block of several lines: the new one starts right behind the
        # colon.
        start = text.index(":", key.end_mark.index) + 1
        blank = "" if text[end : end + 1] in {"", " ", "\r", "\n", ",", "}"} else " "
        return start, max(start, end), f" {words}{blank}"
    return start, end, words


def _appended(
    text: str,
    mapping: YamlNode,
    new: Mapping[str, str | Mapping[str, str]],
    *,
    is_block: bool = False,
) -> _Edit:
    last_key, last_value = mapping.value[-1]
    end = max(_value_end(last_value, text), last_key.end_mark.index)
    if mapping.flow_style:
        if last_value.start_mark.index == last_value.end_mark.index:
            end = text.index(":", last_key.end_mark.index) + 1
        added = [f", {name}: {_value_text(value, text[end:])}" for name, value in new.items()]
    else:
        end = _end_of_line(text, end)
        indent = _line_end(text) + " " * mapping.value[0][0].start_mark.column
        added = [
            f"{indent}{name}: {_value_text(value, is_block=is_block)}"
            for name, value in new.items()
        ]
    return end, end, "".join(added)
