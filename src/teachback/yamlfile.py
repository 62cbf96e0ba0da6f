"""YAML text -> plain data that still knows where each value stood. The one module that imports PyYAML.

Scalars reach the model as they were written, as text: `911` stays "911" and `no` stays "no"; only an empty value
is None. The model decides what is a number or a date, so that YAML's guesses never change a word on paper.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import yaml

from teachback.characters import NO_BREAK, SOFT_HYPHEN, faults, named
from teachback.errors import Location, Problem, TeachbackError
from teachback.textfile import decode, place_at

if TYPE_CHECKING:
    from collections.abc import Iterator

# Deep nesting would exhaust the parser's stack; a handout nests about ten levels.
MAX_DEPTH: Final = 40
MAX_INDENT: Final = 100
# In characters. The longest paragraph we know has 600; what is far longer was pasted in by mistake.
MAX_TEXT: Final = 5000

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
# What YAML makes of a value without being told; anything else was asked for with a tag.
_TAG: Final = "tag:yaml.org,2002:"
_PLAIN_TAGS: Final = frozenset(_TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "yaml"))
_TAGS: Final[dict[Any, str]] = {yaml.ScalarNode: f"{_TAG}str", yaml.SequenceNode: f"{_TAG}seq", yaml.MappingNode: f"{_TAG}map"}
_NESTING_TAGS: Final = frozenset({f"{_TAG}seq", f"{_TAG}map"})
_ODD_SPACE: Final = re.compile("^[ -]*[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]", re.MULTILINE)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_INDENTED: Final = re.compile(rf"\n[ \-?:]{{{MAX_INDENT + 1}}}")
_OPENED: Final = re.compile(r"""(?:^|[:-]\s)\s*([\[{"'])""")
_LINES_UP: Final = "Lines that belong together start in the same column."
_LOOK: Final = "Look at this line and the one above it: a colon, a quote or the indentation is not right."
# What PyYAML says -> what is wrong in our words, and what to do about it.
_WORDING: Final = {
    "cannot start any token": ("a text cannot start with this character", "Put the text in quotes."),
    "expected alphabetic or numeric character": ("a text cannot start with * or &", "Put the text in quotes."),
    "expected comment or line break": ("a text cannot start with > or |", "Put the text in quotes."),
    "expected tag URI": ("a text cannot start with !", "Put the text in quotes."),
    "expected whitespace or line break": ("a text cannot start with this character", "Put the text in quotes."),
    "expected node content": (
        "a value is missing here, or a text that is not in quotes starts with this character",
        "Put the text in quotes.",
    ),
    "block sequence entries are not allowed": (
        "a list cannot start beside its key",
        "Start it in the line below, indented, or write [one, two].",
    ),
    "mapping keys are not allowed": ("a text cannot start with ? and a space", "Put the text in quotes."),
    "unexpected ':'": ("a colon stands where none belongs", "A text that holds a colon must stand in quotes."),
    "unexpected document indicator": ("a text in quotes is not closed above this line", "Close the quote."),
    "directive": ("a line cannot start with %", "Take the line out, or put the text in quotes."),
    "incompatible YAML document": ("a line cannot start with %", "Take the line out."),
    "undefined tag": ("a text cannot start with !", "Put the text in quotes."),
    "undefined alias": ("a text cannot start with *", "Put the text in quotes."),
    "mapping values are not allowed": ("a second colon stands in this line", "A text that holds a colon and a space must stand in quotes."),
    "did not find expected ',' or": ("a bracket is not closed, or a comma is missing", "Write [one, two], or put the text in quotes."),
    "did not find expected key": (
        "this does not fit the lines above it",
        "Check the indentation of this line against the lines above it, and that a quoted text ends with its quote.",
    ),
    "did not find expected '-' indicator": (
        "a dash is missing, or this line is indented differently",
        f"Each item of a list starts with a dash and a space. {_LINES_UP}",
    ),
    "could not find expected ':'": (
        "this line has no colon with a space behind it",
        "A key is followed by a colon and a space. A text of several lines is indented below its key.",
    ),
    "escape c": ("a backslash means something else in double quotes", "Put the text in single quotes: ' instead of \"."),
    "hexdecimal": ("a backslash means something else in double quotes", "Put the text in single quotes: ' instead of \"."),
    "expected a single document": ("a second document starts here", "One file holds one handout: take out the line '---'."),
    "expected <document start>": ("nothing may stand below the line '...'", "Take that line out."),
}


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """Guesses no kinds of scalars: nobody here asks whether a text looks like a number or a date."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def resolve(self, kind: Any, _value: str, _implicit: tuple[bool, bool]) -> str:  # noqa: ANN401 -- PyYAML's nodes have no types
        """Give the tag of what has none."""
        return _TAGS[kind]

    # Called twice for each value, to give tags by where a value stands, which nobody here asks for: this takes anything, and does nothing.
    descend_resolver = ascend_resolver = "".format


class YamlFile(NamedTuple):
    """One file's data, and the node tree that knows the places."""

    name: str
    data: Any
    root: Any

    @property
    def size(self) -> int:
        """How many characters the data takes in the file."""
        return int(self.root.end_mark.index)

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


class _Source(NamedTuple):
    """The text that a tree was made from, and the problems found on the way through it."""

    name: str
    lines: list[str]
    problems: list[Problem]
    seen: set[int]
    # Whether there may be remarks behind values, and aliases.
    remarks: bool
    aliases: bool

    def say(self, message: str, hint: str, place: Any) -> None:  # noqa: ANN401 -- a Location, or PyYAML's node that stands there
        self.problems.append(Problem(message, hint, place if isinstance(place, Location) else self.place(place)))

    def place(self, node: Any) -> Location:  # noqa: ANN401 -- PyYAML's nodes have no types
        return Location(self.name, node.start_mark.line + 1, node.start_mark.column + 1)


def read_yaml(raw: bytes, name: str) -> YamlFile:
    """Parse one file's bytes.

    Raises TeachbackError with every problem that keeps the text from being data: not UTF-8, not YAML, too large,
    too deep, duplicate keys, aliases, keys that are not words.
    """
    text = decode(raw, name)
    _refuse_depth(text, name)
    try:
        root = _compose(text)
    except yaml.YAMLError as error:
        raise TeachbackError(_syntax_problem(error, text, name)) from None
    if root is None:
        hint = "Start from `teachback new ID`." if "handouts/" in name else "Fill it, or delete it: then the program's own one counts."
        raise TeachbackError(Problem("the file is empty", hint, Location(name, 1, 1)))
    source = _Source(name, text.split("\n"), [], set(), " #" in text, "*" in text)
    data = _plain(root, source)
    if source.problems:
        raise TeachbackError(*source.problems)
    return YamlFile(name, data, root)


def _refuse_depth(text: str, name: str) -> None:
    """Stop before the parser recurses: brackets in a row, or indentation that no handout has."""
    refused: list[tuple[int, str, str]] = []
    odd = None if text.isascii() else _ODD_SPACE.search(text)
    if odd:
        refused.append(
            (odd.end() - 1, "a space of another kind stands here", "Use plain spaces to indent: copied text often brings others.")
        )
    depth = 0
    for bracket in _BRACKET.finditer(text) if text.count("[") + text.count("{") > MAX_DEPTH else ():
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            refused.append((bracket.start(), f"brackets are nested more than {MAX_DEPTH} deep", "Close them, or quote the text."))
            break
    # A line's end is found sooner than a line's beginning; with one more in front, each line begins where the end before it stands.
    indented = _INDENTED.search(f"\n{text}")
    if indented:
        message = f"this line is indented by more than {MAX_INDENT} columns"
        refused.append((indented.start(), message, "Nest less, or start the text further left."))
    if refused:
        at, message, hint = min(refused)
        raise TeachbackError(Problem(message, hint, place_at(text, at, name)))


def _compose(text: str) -> Any:  # noqa: ANN401 -- a PyYAML node; the library has no types for the C loader
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    context, context_mark = getattr(error, "context", None) or "", getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or context_mark
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    everything = f"{context} {said}"
    message, hint = next((words for part, words in _WORDING.items() if part in everything), (f"this is not YAML: {said}", _LOOK))
    lines = text.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    before = line[: mark.column] if mark else ""
    opened = _OPENED.search(before)
    if "unexpected end of stream" in said and "quoted" in context and context_mark:
        message, hint, mark = "a quote opens here and is never closed", "A quote that opens a text must be closed again.", context_mark
    elif mark and line[mark.column : mark.column + 1] == "\t":
        message, hint = "a tab stands here", "YAML does not allow tabs for indentation. Use spaces."
    elif ("could not find expected ':'" in said or "expected ',' or" in said) and context_mark:
        mark = context_mark
    elif "mapping values" in said and re.fullmatch(r"[\s-]*[^\s:]+", before):
        message, hint = "this line is indented differently from the lines above it", _LINES_UP
    elif "did not find expected key" in said and opened and opened[1] in "[{":
        message, hint = f"a text cannot start with {opened[1]}", "Put the whole text in quotes."
    elif "did not find expected key" in said and opened:
        message, hint = "more words follow after the closing quote", "Put the whole text in quotes, or none of it."
    return Problem(message, hint, Location(name, mark.line + 1, mark.column + 1) if mark else Location(name, 1, 1))


def _plain(node: Any, source: _Source) -> Any:  # noqa: ANN401 -- YAML is any data
    if source.aliases:
        if id(node) in source.seen:
            # The composer gives an alias the very node of its anchor, so one seen before is an alias: this also ends
            # alias bombs and lists that contain themselves.
            hint = "Write the text out in full: anchors (&) and aliases (*) are not used here."
            source.say("this value is repeated elsewhere by an alias", hint, node)
            return None
        source.seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return _text(node, source)
    if node.tag not in _NESTING_TAGS:
        source.say(f"the tag {node.tag.replace(_TAG, '!!')} is not known", "Tags are not used here: take it out.", node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, source) for item in node.value]
    return _mapping(node, source)


def _text(node: Any, source: _Source) -> str | None:  # noqa: ANN401
    text: str = node.value
    style = node.style
    if node.tag not in _PLAIN_TAGS:
        hint = "Tags are not used here. A text that starts with ! must stand in quotes."
        source.say(f"the tag {node.tag.replace(_TAG, '!!')} is not known", hint, node)
    if len(text) > MAX_TEXT:
        message = f"this text is {len(text)} characters long; {MAX_TEXT} is the most that is read"
        source.say(message, "Split it into paragraphs, each an item of its own.", node)
    if not style:
        return _bare(text, node, source)
    if style == '"':
        _refuse_escapes(text, node, source)
    return text


def _refuse_escapes(text: str, node: Any, source: _Source) -> None:  # noqa: ANN401
    """Refuse what nobody may type into the file, and is written as an escape in double quotes."""
    for message, hint in dict.fromkeys((message, hint) for _, message, hint in faults(text, alone=True)):
        source.say(message, hint, node)


def _bare(text: str, node: Any, source: _Source) -> str | None:  # noqa: ANN401
    """Give a text that stands in no quotes: it may be no text at all, or end where a remark begins."""
    if text in _NULLS:
        if re.match(r"\s*#\S", source.lines[node.start_mark.line][node.start_mark.column :]):
            hint = "A text that holds # must stand in quotes. A remark has a space after its #."
            source.say("all that follows # is a remark, so nothing stands here", hint, node)
        return None
    if source.remarks and " " in text and source.lines[node.end_mark.line].startswith(" #", node.end_mark.column):
        # Two spaces before it make a remark that everybody sees; one may be part of a sentence, such as "room # 5".
        end = Location(source.name, node.end_mark.line + 1, node.end_mark.column + 2)
        hint = "Put the whole text in quotes if that belongs to it; else put two spaces before the remark."
        source.say("from # on, this line would not be printed", hint, end)
    return text


def _mapping(node: Any, source: _Source) -> dict[str, Any]:  # noqa: ANN401
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            hint = "A text that starts with [ or { must stand in quotes."
            source.say("a key must be a word, not a list or a mapping", hint, key_node)
            continue
        key = key_node.value
        _refuse_escapes(key, key_node, source)
        hidden = next((letter for letter in key if letter in NO_BREAK or letter == SOFT_HYPHEN), "")
        if hidden:
            source.say(f"the key '{key}' holds the character {named(hidden)}", "Type the key again, with plain letters.", key_node)
        if key == "<<":
            source.say("merge keys (<<) are not used here", "Write the texts out in full.", key_node)
        elif key in data:
            first = next(other.start_mark.line + 1 for other, _ in node.value if other.value == key)
            source.say(f"the key '{key}' stands twice; it stood first in line {first}", "Keep one of the two.", key_node)
        else:
            data[key] = _plain(value_node, source)
    return data
