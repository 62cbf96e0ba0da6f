"""YAML text -> plain data that still knows where each value stood. The one module that imports PyYAML.

Scalars reach the model as they were written, as text: `911` stays "911" and `no` stays "no"; only an empty value
is None. The model decides what is a number or a date, so that YAML's guesses never change a word on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from teachback.errors import Location, Problem, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The longest handout we know is 40 KB. A megabyte is a mistake, and slow to say so.
MAX_BYTES: Final = 1_000_000
# Deep nesting would exhaust the parser's stack; a handout nests about ten levels.
MAX_DEPTH: Final = 40
MAX_INDENT: Final = 100

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
# What PyYAML says -> what to do about it.
_HINTS: Final = {
    "cannot start any token": "A text that starts with this character must stand in quotes.",
    "found unexpected end of stream": "A quote that opens a text must be closed again.",
    "mapping values are not allowed": "A text that holds a colon and a space must stand in quotes.",
    "did not find expected key": "Check the indentation of this line against the lines above it, and that a quoted text ends with its quote.",
    "did not find expected '-' indicator": "Each item of a list starts with a dash, all in the same column.",
    "found undefined tag": "Tags (words that start with !) are not used here.",
    "could not find expected ':'": "A key is followed by a colon. A text of several lines is indented below its key.",
    "undefined alias": "Anchors (&) and aliases (*) are not used here. A text that starts with * must stand in quotes.",
}


@dataclass(frozen=True)
class YamlFile:
    """One file's data, and the node tree that knows the places."""

    name: str
    data: Any
    root: Any

    def locate(self, path: tuple[Any, ...] = (), *, key: bool = False) -> Location:
        """Give the place of the value at `path`, or of its key; steps that the file does not have are passed over.

        The model's paths name union members and fields that the author may have left out; the nearest place
        that is really in the file is what an author wants to see.
        """
        node, place = self.root, self.root.start_mark
        for step in path:
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if found is None:
                    continue
                node = found[1]
                place = found[0].start_mark if key else node.start_mark
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                place = node.start_mark
        return Location(self.name, place.line + 1, place.column + 1)

    def scalars(self) -> Iterator[tuple[Location, str]]:
        """Give every value that is written in the file, with its place; not the keys, and not the comments."""
        todo = [self.root]
        while todo:
            node = todo.pop()
            if isinstance(node, yaml.ScalarNode):
                yield Location(self.name, node.start_mark.line + 1, node.start_mark.column + 1), node.value
            elif isinstance(node, yaml.MappingNode):
                todo.extend(value for _, value in node.value)
            else:
                todo.extend(node.value)


def read_yaml(raw: bytes, name: str) -> YamlFile:
    """Parse one file's bytes.

    Raises TeachbackError with every problem that keeps the text from being data: not UTF-8, not YAML, too large,
    too deep, duplicate keys, aliases, keys that are not words.
    """
    text = _decode(raw, name)
    try:
        root = _compose(text)
    except yaml.YAMLError as error:
        raise TeachbackError(_syntax_problem(error, text, name)) from None
    if root is None:
        raise TeachbackError(Problem("the file is empty", "Start from `teachback new ID`.", Location(name, 1, 1)))
    problems: list[Problem] = []
    data = _plain(root, name, problems, set())
    if problems:
        raise TeachbackError(*problems)
    return YamlFile(name, data, root)


def _decode(raw: bytes, name: str) -> str:
    if len(raw) > MAX_BYTES:
        message = f"the file is {len(raw) / 1e6:.1f} MB large; {MAX_BYTES / 1e6:.0f} MB is the most that is read"
        raise TeachbackError(Problem(message, "Split it into several handouts.", Location(name, 1, 1)))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", errors="replace")
        place = Location(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        message = f"byte 0x{raw[error.start]:02X} is not UTF-8 text"
        raise TeachbackError(Problem(message, "Save the file as UTF-8 text.", place)) from None
    for line_number, line in enumerate(text.split("\n"), start=1):
        for column, character in enumerate(line, start=1):
            if (character < " " and character not in "\t\r") or character in "\x7f\ufffe\uffff":
                message = f"the control character U+{ord(character):04X} does not belong in a text file"
                hint = "Is this a YAML file? Save it as plain UTF-8 text."
                raise TeachbackError(Problem(message, hint, Location(name, line_number, column)))
            if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
                message = f"the invisible character U+{ord(character):04X} would turn the order of the words around"
                raise TeachbackError(Problem(message, "Take it out.", Location(name, line_number, column)))
    _refuse_depth(text, name)
    return text


def _refuse_depth(text: str, name: str) -> None:
    """Stop before the parser recurses: brackets in a row, or indentation that no handout has."""
    depth = 0
    for line_number, line in enumerate(text.split("\n"), start=1):
        for column, character in enumerate(line, start=1):
            depth += (character in "[{") - (character in "]}")
            if depth > MAX_DEPTH:
                message = f"brackets are nested more than {MAX_DEPTH} deep"
                raise TeachbackError(Problem(message, "Close them, or quote the text.", Location(name, line_number, column)))
        indent = len(line) - len(line.lstrip(" -?:"))
        if indent > MAX_INDENT:
            message = f"this line is indented by more than {MAX_INDENT} columns"
            raise TeachbackError(Problem(message, "Nest less, or start the text further left.", Location(name, line_number, 1)))


def _compose(text: str) -> Any:  # noqa: ANN401 -- a PyYAML node; the library has no types for the C loader
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    context, context_mark = getattr(error, "context", None) or "", getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or context_mark
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    hint = next((hint for part, hint in _HINTS.items() if part in f"{context} {message}"), "")
    lines = text.split("\n")
    if "expected a single document" in f"{context} {message}":
        message, hint = "a second document starts here", "One file holds one handout: take out the line '---'."
    elif "unexpected end of stream" in message and "quoted" in context and context_mark:
        message, mark = "a quote opens here and is never closed", context_mark
    elif mark and mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        message, hint = "a tab stands here", "YAML does not allow tabs for indentation. Use spaces."
    elif context and context_mark and mark and context_mark.line != mark.line:
        message = f"{message} ({context} that starts in line {context_mark.line + 1})"
    place = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name, 1, 1)
    return Problem(f"this is not YAML: {message}", hint, place)


def _plain(node: Any, name: str, problems: list[Problem], seen: set[int]) -> Any:  # noqa: ANN401 -- YAML is any data
    place = Location(name, node.start_mark.line + 1, node.start_mark.column + 1)
    if id(node) in seen:
        # The composer gives an alias the very node of its anchor, so one seen before is an alias: this also ends
        # alias bombs and lists that contain themselves.
        hint = "Write the text out in full: anchors (&) and aliases (*) are not used here."
        problems.append(Problem("this value is repeated elsewhere by an alias", hint, place))
        return None
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if node.tag.startswith("!"):
            problems.append(Problem(f"the tag {node.tag} is not known", "Tags are not used here.", place))
        return None if not node.style and node.value in _NULLS else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, name, problems, seen) for item in node.value]
    return dict(_pairs(node, name, problems, seen))


def _pairs(node: Any, name: str, problems: list[Problem], seen: set[int]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        place = Location(name, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem("a key must be a word, not a list or a mapping", "Quote it.", place))
            continue
        key = key_node.value
        if key == "<<":
            problems.append(Problem("merge keys (<<) are not used here", "Write the texts out in full.", place))
            continue
        if key in lines:
            message = f"the key '{key}' stands twice; it stood first in line {lines[key]}"
            problems.append(Problem(message, "Keep one of the two.", place))
            continue
        lines[key] = place.line
        yield key, _plain(value_node, name, problems, seen)
