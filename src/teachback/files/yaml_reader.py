"""Parse YAML into plain data that keeps the location of each value.

This is the only module that imports PyYAML. Scalars reach the model as text, as they are written:
`911` stays "911" and `no` stays "no". Only an empty value is None. The model decides what is a
number or a date, so YAML's guesses never change a word on paper.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypeAlias

import yaml

from teachback.errors import Location, Problem, TeachbackError
from teachback.files.text_decoding import decode, place_at
from teachback.files.unprintable_characters import NO_BREAK, SOFT_HYPHEN, faults, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# A node or a mark of PyYAML, which has no types.
YamlNode: TypeAlias = Any
# Deep nesting would exhaust the parser's stack. A handout nests about ten levels.
MAX_DEPTH: Final = 40
MAX_INDENT: Final = 100
# In characters. The longest paragraph we know has 600; anything far longer was pasted by mistake.
MAX_TEXT: Final = 5000

_NULLS: Final = frozenset({"~", "null"})
# YAML reads these as null, too. But a person may have that name.
_CAPITAL_NULLS: Final = frozenset({"Null", "NULL"})
_TAG_PREFIX: Final = "tag:yaml.org,2002:"
# The tags that YAML gives to values without an explicit tag.
_PLAIN_TAGS: Final = frozenset(
    _TAG_PREFIX + kind
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "yaml")
)
_TAG_OF: Final[dict[Any, str]] = {
    yaml.ScalarNode: f"{_TAG_PREFIX}str",
    yaml.SequenceNode: f"{_TAG_PREFIX}seq",
    yaml.MappingNode: f"{_TAG_PREFIX}map",
}
# What may stand between two texts, besides comments: indicators. Anything else there is sought with
# the pattern, which decides.
_INDICATORS: Final = " \n\r\t,[]{}:-"
_STRAY_MARKUP: Final = re.compile(r"%.*|[^\s,\[\]{}:-][^\s,\[\]{}]*")
_REMARK: Final = re.compile(r"#[^\n]*")
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s*)+")
_QUOTES: Final = frozenset({"'", '"'})
_BLANKS: Final = frozenset({" ", "\t"})
_HIDDEN: Final = NO_BREAK | {SOFT_HYPHEN}
# Values that a comment may follow on the line: names, numbers, lengths and addresses.
_NO_PROSE: Final = re.compile(
    r"[a-z][a-z0-9]*(?:[-_./]+[A-Za-z0-9]+)*|https?://\S+|-?\d+(?:\.\d+)?(?: ?(?:mm|cm|in|pt))?"
    r"|\d{4}-\d\d-\d\d|~"
)
_LINE_START: Final = re.compile(r"\n\s*")
# The start of a list item or key, on a line that YAML reads as a part of the text above.
_MISPLACED: Final = re.compile(r"-|[?:](?:\s|$)|[a-z][a-z0-9_-]*:(?!//)")
# The start of a line that is meant as an entry of a list, but has no dash and space.
_NEARLY_ENTRY: Final = re.compile(r"[ ]*(?:-(?=[^\s\d-])|([•◦▪●‣·\u2013\u2014*]|\d{1,2}[.)])(?= ))")
_TIGHT_COLON: Final = re.compile(r"\s*(?:- +)*[a-z_]+:(?=[^\s/])")
# An unusual comment that may cut off a text. And a line that does not continue the text above.
_CUTTING_REMARK: Final = re.compile(r"^[ \t]+#|\S(?:[ \t]#|[ \t]+#(?=\S))|[\]}\"',:]#")
_NO_CONTINUATION: Final = re.compile(r"\s*(?:-\s|#|$|[^:]*:(?:\s|$))")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
# The escapes that may be used: a quote, backslash or slash, and a character by its number.
_ESCAPES: Final = frozenset('"\\/xuU')
# The first line of a block text.
_BLOCK_HEADER: Final = re.compile(r"[|>][+-]?(?:\s|$)")
_HEADER_REMARK: Final = re.compile(r"[ \t]{2}#[ \t]+[^\s\d]")
_QUOTE_OR_MOVE: Final = (
    "Put the whole text in quotes if that belongs to it; "
    "else put the remark above, in a line of its own."
)
_CUT_OFF: Final = ("from # on, this line would not be printed", _QUOTE_OR_MOVE)
_ODD_SPACE: Final = re.compile(
    "^[ -]*[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]", re.MULTILINE
)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_INDENTED: Final = re.compile(rf"\n[ \-?:]{{{MAX_INDENT + 1}}}")
_OPENING_SIGN: Final = re.compile(r"""(?:^|[:-]\s)\s*([\[{"'])""")
_QUOTED_OR_REMARK: Final = re.compile(
    r"""(?<!\w)(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<![^\s,\[\]{}])\#[^\n]*""", re.DOTALL
)
# A line that opens a quote: what is before it, the quote, and the rest of the line.
_QUOTE_OPENS: Final = re.compile(r"""(\s*(?:- +)*(?:[\w-]+:\s+)?)(["'])(.*)""")
_NEW_ENTRY: Final = re.compile(r"\s*(?:- |[\w-]+:(?:\s|$))")
_CURLY_QUOTE: Final = re.compile(r"(?:^|[:-]\s|[\[{,])\s*([“”„])")
# A text in single quotes that ends inside a word.
_APOSTROPHE: Final = re.compile(r"(?:^|[:,\[{-]\s?)\s*'[^']*?([^\W\d]+'[^\W\d])$")
_IN_CURLY_QUOTES: Final = re.compile(r"[“„][^“„”]*[”“]")
_TAB: Final = re.compile(r" *\t")
_MERGE_MARK: Final = re.compile(r"^(?:<{7}|={7}|>{7})(?=[ \r\n]|$)", re.MULTILINE)
_INDENTED_WORD: Final = re.compile(r"[\s-]*[^\s:]+")
_NEVER_CLOSED: Final = (
    "a quote opens here and is never closed",
    "A quote that opens a text must be closed again.",
)
_NOT_ALL_PRINTED: Final = ("not all of this text would be printed", "Put the whole text in quotes.")
_NO_BACKSLASH: Final = (
    "a backslash means something else in double quotes",
    "Put the text in single quotes: ' instead of \".",
)
_ALIGN: Final = "Lines that belong together start in the same column."
_LOOK_HERE: Final = (
    "Look at this line and the one above it: a colon, a quote or the indentation is not right."
)
# A line with one value, without quotes, brackets or a remark.
_VALUE_LINE: Final = re.compile(
    r"(?P<dashes>\s*(?:- +)*)(?:[\w@/-]+: +)?(?P<value>[^\s\[{\"'|>](?:(?! #).)*?)(?<![,\]}])\s*"
)
_QUOTE: Final = "Put the text in quotes."
_COLON_HINT: Final = "Put a text that holds a colon and a space in quotes."
_CURLY_HINT: Final = 'Put the text in straight quotes: "...".'
# The hints of faults that quotes repair.
_QUOTES_MEND: Final = frozenset({_QUOTE, _COLON_HINT, _CURLY_HINT})
# A file with more such faults is read no further, since each costs another reading.
_MOST_UNQUOTED: Final = 20
# PyYAML's message -> our message and hint.
_MESSAGES: Final = {
    "cannot start any token": ("a text cannot start with this character", _QUOTE),
    "expected alphabetic or numeric character": ("a text cannot start with * or &", _QUOTE),
    "expected comment or line break": ("a text cannot start with > or |", _QUOTE),
    "expected tag URI": ("a text cannot start with !", _QUOTE),
    "expected whitespace or line break": ("a text cannot start with this character", _QUOTE),
    "expected node content": (
        "a value is missing here, or a text that is not in quotes starts with this character",
        _QUOTE,
    ),
    "block sequence entries are not allowed": (
        "a list cannot start beside its key",
        "Start it in the line below, indented, or write [one, two].",
    ),
    "mapping keys are not allowed": ("a text cannot start with ? and a space", _QUOTE),
    "unexpected ':'": (
        "this colon is in the wrong place",
        "Put a text that holds a colon in quotes.",
    ),
    "unexpected document indicator": (
        "a text in quotes is not closed above this line",
        "Close the quote.",
    ),
    "directive": ("a line cannot start with %", "Delete the line, or put the text in quotes."),
    "incompatible YAML document": ("a line cannot start with %", "Delete the line."),
    "undefined tag": ("a text cannot start with !", _QUOTE),
    "found duplicate anchor": ("a text cannot start with &", _QUOTE),
    "undefined alias": ("a text cannot start with *", _QUOTE),
    "mapping values are not allowed": ("this line has a second colon", _COLON_HINT),
    "did not find expected ',' or": (
        "a bracket is not closed, or a comma is missing",
        "Write [one, two], or put the text in quotes.",
    ),
    "did not find expected key": (
        "this does not fit the lines above it",
        (
            "Check the indentation of this line against the lines above it, "
            "and that a quoted text ends with its quote."
        ),
    ),
    "did not find expected '-' indicator": (
        "a dash is missing, or this line is indented differently",
        f"Each item of a list starts with a dash and a space. {_ALIGN}",
    ),
    "could not find expected ':'": (
        "this line has no colon with a space behind it",
        (
            "A key is followed by a colon and a space. "
            "A text of several lines is indented below its key."
        ),
    ),
    "escape c": _NO_BACKSLASH,
    "hexdecimal": _NO_BACKSLASH,
    "expected a single document": (
        "a second document starts here",
        "One file holds one handout: delete the line '---'.",
    ),
    "expected <document start>": ("nothing may come below the line '...'", "Delete that line."),
}


_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BaseLoader):
    """A loader that reads no scalar as a number or date."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def resolve(self, kind: YamlNode, _value: str, _implicit: tuple[bool, bool]) -> str:
        """Return the tag of a node that has none."""
        return _TAG_OF[kind]

    # PyYAML calls these for each value, to resolve tags by path. That is not used here. The method
    # of a string accepts any arguments, does nothing, and is fast.
    descend_resolver = ascend_resolver = "".format


class ValueLocation(NamedTuple):
    """The location of a value and of its key, and its text if it is a scalar."""

    value: Location
    key: Location
    text: str | None


@dataclass(frozen=True, eq=False)
class YamlFile:
    """The data of a file, its node tree, and the locations of values that come from other files."""

    name: str
    data: Any
    root: Any
    others: Mapping[tuple[Any, ...], ValueLocation] = field(default_factory=dict)

    @cached_property
    def locations(self) -> Mapping[tuple[Any, ...], ValueLocation]:
        """The location of each value by its path. They are found when first asked for."""
        return {**dict(_locations(self.root, self.name)), **self.others}

    @property
    def size(self) -> int:
        """The length of the file, in characters."""
        return int(self.root.end_mark.index)

    def locate(self, path: tuple[Any, ...] = (), *, key: bool = False) -> Location:
        """Return the location of the value at `path`, or of its key.

        Steps that the file does not have are skipped. A path of the model may name union members,
        and fields that the author left out. The author gets the nearest place in the file.
        """
        known_path = self.in_file(path)
        return self.locations[known_path].key if key else self.locations[known_path].value

    def located(
        self, found: Iterable[tuple[tuple[Any, ...], Problem]], *, key: bool = False
    ) -> Iterator[Problem]:
        """Yield problems at the places of their paths: those of the values, or of their keys."""
        return (problem._replace(location=self.locate(path, key=key)) for path, problem in found)

    def in_file(self, path: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a path without the steps that the file does not have."""
        known_path: tuple[Any, ...] = ()
        for step in path:
            if (*known_path, step) in self.locations:
                known_path = (*known_path, step)
        return known_path

    def path_at(self, place: Location) -> tuple[Any, ...]:
        """Return the path of the innermost value that begins at a place, or whose key does."""
        paths = [
            path for path, found in self.locations.items() if place in (found.value, found.key)
        ]
        return max(paths, key=len, default=())

    def without(self, path: tuple[Any, ...]) -> YamlFile:
        """Return the file without an entry of a list or mapping; the others keep their places."""
        data, root = _without(self.data, self.root, path)
        return YamlFile(self.name, data, root)

    def scalars(self) -> Iterator[tuple[Location, str]]:
        """Yield every value of the file with its location, without keys and comments."""
        for location in self.locations.values():
            if location.text is not None:
                yield location.value, location.text


class _Source:
    """The source text of a tree, how far it was read, and the problems found.

    The tree is walked in file order. Only indicators and comments may stand between two texts, so
    that no word is lost. libyaml ends a text at ` #`, drops what it takes for an anchor or a tag,
    and is laxer than YAML 1.2.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.problems: list[Problem] = []
        # The ids of the nodes met so far. They are needed only if the text may hold aliases.
        self.visited: set[int] | None = set() if "*" in text else None
        self.anchors: list[int] = []
        self.has_alias = False
        # The last scalar that was read: its end, style and text, and the column of the block around
        # it, from 0. A line below it that is further right may belong to it.
        self.last_end = 0
        self.last_style = self.last_text = ""
        self.last_column = -1
        self.last_in_flow = False
        # The columns of the blocks in which values were empty since the last text.
        self.empty_columns: list[int] = []

    def report(self, message: str, hint: str, place: YamlNode) -> None:
        """Add a problem at an offset, or at the start of a node."""
        offset = place if isinstance(place, int) else place.start_mark.index
        self.problems.append(Problem(message, hint, place_at(self.text, offset, self.name)))

    def check_gap(self, start: int, column: int, *, key: bool, in_flow: bool) -> None:
        """Check what is between the last text and the next one, which starts at `start`."""
        gap = self.text[self.last_end : start]
        # Without a space behind its comma, 1,000 or 1 ,5 may be one number; 1, 5 is two items.
        if in_flow and gap.endswith(",") and not gap[:-1].strip():
            end = self.last_end
            if (self.text[end - 1 : end] + self.text[start : start + 1]).isdecimal():
                hint = "Put the text in quotes, or a space behind the comma."
                self.report("this comma would make two texts of one", hint, start - 1)
        if gap.strip(_INDICATORS):
            self._check_markup(
                gap,
                None if key or column < 0 else column,
                in_flow=in_flow or self.last_in_flow,
            )
        self.empty_columns.clear()

    def _check_markup(self, gap: str, column: int | None, *, in_flow: bool) -> None:
        # Keep the length, so that offsets stay right.
        without_remarks = _REMARK.sub(lambda remark: " " * len(remark[0]), gap)
        for remark in _REMARK.finditer(gap):
            offset = self.last_end + remark.start()
            preceding = self.text[self.text.rfind("\n", 0, offset) + 1 : offset]
            indicator = without_remarks[: remark.start()].rstrip()[-1:]
            if preceding.strip():
                self._check_remark(preceding, remark[0], indicator, offset)
            elif self._is_in_text(len(preceding), indicator, remark[0], in_flow=in_flow) or (
                column is not None and not in_flow and not without_remarks[remark.end() :].strip()
            ):
                message = "this line starts with #, so it would not be printed"
                self.report(message, _QUOTE_OR_MOVE, offset)
        for markup in _STRAY_MARKUP.finditer(without_remarks):
            self._report_markup(markup[0], self.last_end + markup.start())

    def _is_in_text(self, column: int, indicator: str, remark: str, *, in_flow: bool) -> bool:
        """Return whether a comment line is where a line of text belongs."""
        if in_flow and remark[1:2] not in _BLANKS:
            return True
        if indicator:
            return (
                not in_flow
                and indicator in ":-"
                and any(column > block_column for block_column in self.empty_columns)
            )
        return (
            self.last_style not in _QUOTES
            and bool(self.last_end)
            and (in_flow or column > self.last_column)
        )

    def _check_remark(self, preceding: str, remark: str, indicator: str, offset: int) -> None:
        """Refuse a comment behind a value, unless nobody could take it for a part of a text.

        Its form must be yamllint's default: two spaces before the #, and one behind it.
        """
        stripped = preceding.rstrip()
        blanks = len(preceding) - len(stripped)
        is_delimited = stripped[-1:] in "]}" or (not indicator and self.last_style in _QUOTES)
        remark_text = remark[1:].lstrip()
        is_clear = (
            blanks > 1
            and remark[1:2] in _BLANKS
            and bool(remark_text)
            # Many people read `# 5` as a number.
            and (is_delimited or not remark_text[0].isdecimal())
            and (indicator or is_delimited or may_precede_a_remark(self.last_text))
        )
        if is_clear:
            return
        if indicator and indicator in ":-" and remark[1:2] not in _BLANKS:
            hint = "Put a text that holds # in quotes. A remark has a space after its #."
            self.report("all that follows # is a remark, so this is empty", hint, offset - blanks)
        else:
            self.report(*_CUT_OFF, offset)

    def _report_markup(self, markup: str, offset: int) -> None:
        # An alias is reported at the text that it repeats.
        if markup == "..." or markup[0] == "*":
            return
        if markup[0] == "&":
            self.anchors.append(offset)
        elif markup[0] == "!":
            self.report(
                f"the tag {markup} is not known", "Tags are not used here: delete it.", offset
            )
        elif markup[0] == "%":
            self.report(*_MESSAGES["directive"], offset)
        elif markup[0] == "?":
            self.report(*_MESSAGES["mapping keys are not allowed"], offset)
        else:
            self.report("this would not be printed", "Put the whole text in quotes.", offset)

    def finish(self) -> None:
        """Check what is below the last text, and report anchors if there is no alias."""
        self.check_gap(len(self.text), -1, key=True, in_flow=False)
        for offset in () if self.has_alias else self.anchors:
            hint = "Put the text in quotes: anchors (&) and aliases (*) are not used here."
            self.report("a text cannot start with &", hint, offset)


class UnquotedTextError(TeachbackError):
    """Texts that need quotes to be data. `file` has the data as if they had them."""

    def __init__(self, file: YamlFile, *problems: Problem) -> None:
        """Store the file with its problems."""
        super().__init__(*problems)
        self.file = file


def read_yaml(raw: bytes, name: str) -> YamlFile:
    """Parse the bytes of one file.

    Raises TeachbackError with every problem that keeps the text from being data: not UTF-8, not
    YAML, too large, too deep, duplicate keys, aliases, keys that are not words. If only quotes are
    missing, that is an UnquotedTextError.
    """
    text = decode(raw, name)
    _refuse_depth(text, name)
    conflicts = tuple(
        Problem(
            f"{match[0]} marks a place where two versions of this file were not merged",
            "Keep the lines that are right, and delete the lines with <<<<<<<, ======= and >>>>>>>.",
            place_at(text, match.start(), name),
        )
        for match in (_MERGE_MARK.finditer(text) if "<<<<<<<" in text or ">>>>>>>" in text else ())
    )
    if conflicts:
        raise TeachbackError(*conflicts)
    text, root, unquoted = _with_quotes(text, name)
    if root is None:
        hint = (
            "Start from `teachback new ID`."
            if "handouts/" in name
            else "Fill it, or delete it: then the program's own file is used."
        )
        raise TeachbackError.of("the file is empty", hint, Location(name, 1, 1))
    source = _Source(name, text)
    data = _data(root, source)
    source.finish()
    if source.problems:
        raise TeachbackError(*unquoted, *source.problems)
    if unquoted:
        raise UnquotedTextError(YamlFile(name, data, root), *unquoted)
    return YamlFile(name, data, root)


def _with_quotes(text: str, name: str) -> tuple[str, YamlNode, tuple[Problem, ...]]:
    """Return a text with missing quotes added, its tree, and a problem for each missing pair.

    Raises TeachbackError if more than quotes is missing.
    """
    problems: tuple[Problem, ...] = ()
    while True:
        try:
            return text, _compose(text), problems
        except yaml.YAMLError as error:
            problem = _syntax_problem(error, text, name)
        line = problem.location.line if problem.location else 0
        previous = problems[-1].location if problems else None
        if previous and line <= previous.line:
            # The quotes did not help, so nothing is known of what is below.
            raise TeachbackError(*problems)
        problems = (*problems, problem)
        quoted = _quoted(text, line) if problem.hint in _QUOTES_MEND else None
        if quoted is None or len(problems) > _MOST_UNQUOTED:
            raise TeachbackError(*problems)
        text = quoted


def _quoted(text: str, number: int) -> str | None:
    """Return a text with the value in a line quoted, or None if the value has several lines."""
    lines = text.split("\n")
    match = _VALUE_LINE.fullmatch(lines[number - 1])
    below = next((line for line in lines[number:] if line.strip()), "")
    if match is None or len(below) - len(below.lstrip()) > match.end("dashes"):
        return None
    value = match["value"].replace("'", "''")
    lines[number - 1] = f"{lines[number - 1][: match.start('value')]}'{value}'"
    return "\n".join(lines)


def _locations(
    node: YamlNode, name: str, path: tuple[Any, ...] = (), key: Location | None = None
) -> Iterator[tuple[tuple[Any, ...], ValueLocation]]:
    """Yield the location of a node and of those inside it, in file order, each with its path."""
    location, is_scalar = _place(node, name), isinstance(node, yaml.ScalarNode)
    yield path, ValueLocation(location, key or location, node.value if is_scalar else None)
    if isinstance(node, yaml.MappingNode):
        for key_node, child in node.value:
            yield from _locations(child, name, (*path, key_node.value), _place(key_node, name))
    elif not is_scalar:
        for index, child in enumerate(node.value):
            yield from _locations(child, name, (*path, index))


def _without(data: Any, node: YamlNode, path: tuple[Any, ...]) -> tuple[Any, Any]:  # noqa: ANN401 -- YAML is any data
    """Return copies of a value and its node without what is at a path."""
    step, *rest = path
    data, node = copy(data), copy(node)
    node.value = list(node.value)
    in_mapping = isinstance(node, yaml.MappingNode)
    index = step
    if in_mapping:
        index = next(n for n, (key, _) in enumerate(node.value) if key.value == step)
    if not rest:
        del data[step], node.value[index]
        return data, node
    child = node.value[index][1] if in_mapping else node.value[index]
    data[step], child = _without(data[step], child, tuple(rest))
    node.value[index] = (node.value[index][0], child) if in_mapping else child
    return data, node


def _place(node: YamlNode, name: str) -> Location:
    return Location(name, node.start_mark.line + 1, node.start_mark.column + 1)


def _refuse_depth(text: str, name: str) -> None:
    """Refuse nested brackets or deep indentation before the parser recurses."""
    refusal = min(_refusals(text), default=None)
    if refusal:
        offset, message, hint = refusal
        raise TeachbackError.of(message, hint, place_at(text, offset, name))


def _refusals(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the offset, message and hint of what `_refuse_depth` refuses."""
    odd_space = None if text.isascii() else _ODD_SPACE.search(text)
    if odd_space:
        hint = "Use plain spaces to indent: copied text often brings others."
        yield odd_space.end() - 1, "this is an unusual kind of space", hint
    depth = 0
    for bracket in _BRACKET.finditer(text) if text.count("[") + text.count("{") > MAX_DEPTH else ():
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            message = f"brackets are nested more than {MAX_DEPTH} deep"
            yield bracket.start(), message, "Close them, or quote the text."
            break
    # A newline is found faster than the start of a line. With one in front of the text, each line
    # starts where the newline before it is.
    indented = _INDENTED.search(f"\n{text}")
    if indented:
        message = f"this line is indented by more than {MAX_INDENT} columns"
        yield indented.start(), message, "Nest less, or start the text further left."


def _compose(text: str) -> YamlNode:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    context = getattr(error, "context", None) or ""
    context_mark = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or context_mark
    cause = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    full_cause = f"{context} {cause}"
    message, hint = next(
        (words for part, words in _MESSAGES.items() if part in full_cause),
        (f"this is not YAML: {cause}", _LOOK_HERE),
    )
    if not mark:
        return Problem(message, hint, Location(name, 1, 1))
    lines = text.split("\n")
    slip = _slip_above(cause, lines, mark, context_mark)
    if slip:
        return Problem(*slip[0], Location(name, *slip[1]))
    line = lines[mark.line] if mark.line < len(lines) else ""
    in_line = _slip_in_line(cause, line, mark.column)
    if in_line:
        message, hint = in_line
    elif "unexpected end of stream" in cause and "quoted" in context and context_mark:
        message, hint = _NEVER_CLOSED
        mark = context_mark
    elif ("could not find expected ':'" in cause or "expected ',' or" in cause) and context_mark:
        mark = context_mark
    if character := line[mark.column : mark.column + 1]:
        message = message.replace("this character", character)
    # The parser may stop behind the last line.
    row = min(mark.line + 1, len(lines))
    return Problem(message, hint, Location(name, row, mark.column + 1))


def _slip_above(
    cause: str, lines: list[str], mark: YamlNode, context_mark: YamlNode
) -> tuple[tuple[str, str], tuple[int, int]] | None:
    """Return message, hint and place of a slip above the place where the parser stopped."""
    remark = _remark_above(lines, mark.line, context_mark) if "expected" in cause else None
    if remark:
        return _CUT_OFF, remark
    unclosed = _unclosed_quote(lines[: mark.line + 1])
    if unclosed:
        return _NEVER_CLOSED, unclosed
    tab = _indenting_tab(lines, mark, context_mark if "could not find" in cause else mark)
    if tab:
        hint = "YAML does not allow tabs for indentation. Use spaces."
        return ("there is a tab here", hint), tab
    bracket = _open_bracket(lines, mark) if "expected node content" in cause else None
    if bracket and not "".join(lines[mark.line :]).strip():
        hint = "Write [one, two], or put the text in quotes."
        return ("a bracket opens here, and nothing closes it", hint), bracket
    if bracket and bracket[0] <= mark.line and lines[mark.line].lstrip().startswith("- "):
        hint = "Delete the [, or write the whole list as [one, two]."
        return ("a list opens here with [, and goes on below with dashes", hint), bracket
    colon = "mapping values" in cause and mark.line and _TIGHT_COLON.match(lines[mark.line - 1])
    if colon:
        return ("a space is missing behind this colon", "Add it."), (mark.line, colon.end())
    if "could not find" in cause or "alphabetic" in cause:
        for index in (context_mark.line if context_mark else mark.line, mark.line):
            entry = _NEARLY_ENTRY.match(lines[index]) if index < len(lines) else None
            if entry:
                column = entry.end() - len(entry[1] or "-") + 1
                return _entry_fault(entry), (index + 1, column)
    return None


def _slip_in_line(cause: str, line: str, column: int) -> tuple[str, str] | None:
    """Return message and hint of a slip in the line at which the parser stopped."""
    before = line[:column]
    opening, curly = _OPENING_SIGN.search(before), _CURLY_QUOTE.search(before)
    apostrophe = _APOSTROPHE.search(line[: column + 1])
    if apostrophe:
        message = f"the apostrophe in '{apostrophe[1]}' ends the text, which is in single quotes"
        return message, 'Put the text in double quotes: "...".'
    in_flow = "expected ',' or" in cause and ": " in before and line[column:].startswith(":")
    if curly and (in_flow or ("mapping values" in cause and not _INDENTED_WORD.fullmatch(before))):
        message = f"{curly[1]} is a curly quote, which does not quote a text"
        return message, _CURLY_HINT
    if in_flow:
        return _MESSAGES["mapping values are not allowed"]
    if "mapping values" in cause and _INDENTED_WORD.fullmatch(before):
        return "this line is indented differently from the lines above it", _ALIGN
    if "did not find expected key" not in cause or not opening:
        return None
    if opening[1] in "[{":
        return f"a text cannot start with {opening[1]}", "Put the whole text in quotes."
    hint = "Put the whole text in quotes, or none of it."
    if line.rstrip().endswith(opening[1]):
        other = "'" if opening[1] == '"' else '"'
        hint = f"Put the whole text in the other kind of quotes: {other}...{other}."
    return "more words follow after the closing quote", hint


def _entry_fault(entry: re.Match[str]) -> tuple[str, str]:
    """Return message and hint for a line that is meant as an entry of a list."""
    hint = "Start each entry of a list with - and a space."
    if entry[1] is None:
        return "a space is missing behind this dash", hint
    if entry[1][0].isdecimal():
        hint += " The numbers of `steps` print themselves."
    return f"an entry of a list does not start with {entry[1]}", hint


def _indenting_tab(lines: list[str], mark: YamlNode, first: YamlNode) -> tuple[int, int] | None:
    """Return the line and column of the first tab that indents a line from `first` to a mark."""
    for number in range(first.line if first else mark.line, min(mark.line + 1, len(lines))):
        tab = _TAB.match(lines[number])
        if tab:
            return number + 1, tab.end()
    return None


def _open_bracket(lines: list[str], mark: YamlNode) -> tuple[int, int] | None:
    """Return the line and column of the last bracket that is open where the parser stopped."""
    above = "\n".join((*lines[: mark.line], "".join(lines[mark.line :][:1])[: mark.column]))
    above = _QUOTED_OR_REMARK.sub(lambda text: "_" * len(text[0]), above)
    opened: list[int] = []
    for bracket in _BRACKET.finditer(above):
        if bracket[0] in "[{":
            opened.append(bracket.start())
        elif opened:
            opened.pop()
    if not opened:
        return None
    return above.count("\n", 0, opened[-1]) + 1, opened[-1] - above.rfind("\n", 0, opened[-1])


def _unclosed_quote(lines: list[str]) -> tuple[int, int] | None:
    """Return the line and column of the first quote that the line below it does not close.

    A text in quotes may have several lines, but none of them starts like a new entry.
    """
    for number, (line, below) in enumerate(pairwise(lines), start=1):
        opening = _QUOTE_OPENS.match(line)
        if opening and _NEW_ENTRY.match(below):
            rest = re.sub(r"\\.", "", opening[3]) if opening[2] == '"' else opening[3]
            if opening[2] not in rest:
                return number, opening.end(1) + 1
    return None


def _remark_above(lines: list[str], line: int, context_mark: YamlNode) -> tuple[int, int] | None:
    """Return the line and column of a # that cut off a text above, or None."""
    text_follows = line < len(lines) and not _NO_CONTINUATION.match(lines[line])
    for index in dict.fromkeys((line - 1, context_mark.line if context_mark else line - 1)):
        remark = _CUTTING_REMARK.search(lines[index]) if 0 <= index < len(lines) else None
        if remark and (text_follows or lines[index][: remark.end() - 1].strip()):
            return index + 1, remark.end()
    return None


def may_precede_a_remark(text: str) -> bool:
    """Return whether a comment may follow this unquoted text on the same line."""
    return bool(_NO_PROSE.fullmatch(text))


def _data(node: YamlNode, source: _Source, column: int = -1, *, in_flow: bool = False) -> Any:  # noqa: ANN401 -- YAML is any data
    if source.visited is not None and _is_alias(node, source.visited, source):
        return None
    if isinstance(node, yaml.ScalarNode):
        return _scalar_text(node, source, column, in_flow=in_flow)
    if node.flow_style:
        in_flow = True
    else:
        column = node.start_mark.column
    if isinstance(node, yaml.SequenceNode):
        if node.flow_style:
            _report_cut_texts(node.value, source)
        return [_data(item, source, column, in_flow=in_flow) for item in node.value]
    return _mapping_data(node, source, column, in_flow=in_flow)


def _report_cut_texts(items: list[Any], source: _Source) -> None:
    """Report each unquoted text in brackets that a comma has probably cut in two."""
    cut: list[Any] = []
    for item, following in pairwise([*items, None]):
        cut = [*(cut or [item]), following] if _continues(item, following) else cut
        if cut and following not in cut:
            whole = ", ".join(piece.value for piece in cut)
            quote = "'" if '"' in whole else '"'
            source.report(
                f"the comma before '{cut[1].value[:60]}' makes two texts of one",
                f"If it is one text, put it in quotes: {quote}{whole[:120]}{quote}. "
                "If not, write each text in a line of its own, with a dash.",
                cut[1],
            )
            cut = []


def _continues(text: YamlNode, following: YamlNode) -> bool:
    """Return whether an entry of a list in brackets reads like the rest of the one before it."""
    if not (isinstance(text, yaml.ScalarNode) and isinstance(following, yaml.ScalarNode)):
        return False
    first, second = text.value, following.value
    return (
        first[:1].isupper()
        and second[:1].islower()
        and not (text.style or following.style)
        and " " in f"{first}{second}"
    )


def _is_alias(node: YamlNode, visited: set[int], source: _Source) -> bool:
    if id(node) in visited:
        # For an alias, the composer returns the anchor's own node. Stopping here also stops alias
        # bombs, and lists that contain themselves.
        source.has_alias = True
        hint = "Write the text out in full: anchors (&) and aliases (*) are not used here."
        source.report("this value is repeated elsewhere by an alias", hint, node)
        return True
    visited.add(id(node))
    return False


def _scalar_text(
    node: YamlNode, source: _Source, column: int, *, in_flow: bool, key: bool = False
) -> str | None:
    """Return a text as written, or None for an empty value. Report what would be lost of it."""
    text: str = node.value
    style: str = node.style or ""
    start: int = node.start_mark.index
    end: int = node.end_mark.index
    written = source.text[start:end]
    if not written:
        source.empty_columns.append(column)
        if key:
            hint = "Put the text in quotes, or write its key."
            source.report("a key is missing before this colon", hint, start)
        return None
    source.check_gap(start, column, key=key, in_flow=in_flow)
    source.last_end, source.last_style, source.last_text = end, style, text
    source.last_column, source.last_in_flow = column, in_flow
    properties = _PROPERTIES.match(written) if written[0] in "&!" else None
    if properties:
        _report_properties(properties[0], node, source)
        start += properties.end()
        written = written[properties.end() :]
    if len(text) > MAX_TEXT:
        message = f"this text is {len(text)} characters long; {MAX_TEXT} is the most that is read"
        source.report(message, "Split it into paragraphs, each an item of its own.", node)
    if written != text:
        if not style:
            _check_plain(text, written, start, source)
        elif style in _QUOTES:
            _check_quoted(text, written, start, column, source)
        else:
            _check_block(text, written, start, source)
    if style or key:
        return text
    if text[:1] in "“„" and _IN_CURLY_QUOTES.fullmatch(text):
        hint = f'Delete them, or put the text in straight quotes, too: "{text[:40]}".'
        source.report("this whole text is in curly quotes, which would be printed", hint, start)
    if text in _NULLS:
        return None
    if text in _CAPITAL_NULLS:
        hint = "Put it in quotes if it is a text; else write null, or leave it out."
        source.report(f"'{text}' means nothing in YAML", hint, start)
    return text


def _report_properties(properties: str, node: YamlNode, source: _Source) -> None:
    start = node.start_mark.index
    for match in re.finditer(r"\S+", properties):
        if match[0][0] == "&":
            source.anchors.append(start + match.start())
        elif node.tag in _PLAIN_TAGS:
            hint = "Put the text in quotes. Tags are not used here."
            source.report("a text cannot start with !", hint, start + match.start())
        else:
            hint = "Tags are not used here. Put a text that starts with ! in quotes."
            message = f"the tag {node.tag.replace(_TAG_PREFIX, '!!')} is not known"
            source.report(message, hint, start + match.start())


def _check_plain(text: str, written: str, start: int, source: _Source) -> None:
    """Check an unquoted text that takes several lines."""
    if written.split() != text.split():
        source.report(*_NOT_ALL_PRINTED, start)
    for line in _LINE_START.finditer(written):
        if _MISPLACED.match(written, line.end()):
            # The wrong line may also be the first one, with which this text began.
            first_line = start if not source.text[:start].rpartition("\n")[2].strip() else None
            suspects = [offset for offset in (first_line, start + line.end()) if offset is not None]
            entry = next(
                filter(None, (_NEARLY_ENTRY.match(source.text, offset) for offset in suspects)),
                None,
            )
            if entry:
                source.report(*_entry_fault(entry), entry.start())
                break
            message = "this line would be read as a part of the text above it"
            hint = (
                "Start it in the column of its neighbours; "
                "if it is a part of the text, put the whole text in quotes."
            )
            source.report(message, hint, start + line.end())


def _check_quoted(text: str, written: str, start: int, column: int, source: _Source) -> None:
    """Check a quoted text: its backslashes, and that it does not run on into the lines below."""
    for line in _LINE_START.finditer(written):
        # YAML 1.2, 7.3: each line is indented further than the block. Tabs do not indent.
        if len(line[0].rpartition("\n")[2].partition("\t")[0]) <= column:
            source.report(
                "a text in quotes is not closed above this line",
                "Close the quote, or indent this line.",
                start + line.end(),
            )
            break
    if written[0] != '"':
        return
    # An escape such as "\\n" removes letters that the author sees in the file.
    for escape in _ESCAPE.finditer(written) if "\\" in written else ():
        if escape[1] not in _ESCAPES:
            source.report(*_NO_BACKSLASH, start + escape.start())
            break
    # Characters that are refused in a file can still be written as an escape, such as "\x07".
    for message, hint in dict.fromkeys(
        (message, hint) for _, message, hint in faults(text, alone=True)
    ):
        source.report(message, hint, start)


def _check_block(text: str, written: str, start: int, source: _Source) -> None:
    """Check a block text (| or >): its first line, and that each line is kept."""
    header, _, lines = written.partition("\n")
    if not _BLOCK_HEADER.match(header) or not text.strip():
        # To YAML, a digit here is the number of spaces to indent by.
        hint = f"Put the text in quotes, or delete what follows {written[0]}."
        source.report(f"a text cannot start with {written[0]}", hint, start)
    elif "#" in header and not _HEADER_REMARK.search(header):
        source.report(*_CUT_OFF, start + header.index("#"))
    if lines.split() != text.split():
        source.report(*_NOT_ALL_PRINTED, start)


def _mapping_data(node: YamlNode, source: _Source, column: int, *, in_flow: bool) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            hint = "Put a text that starts with [ or { in quotes."
            source.report("a key must be a word, not a list or a mapping", hint, key_node)
            # Read both anyway, so that their problems are reported, too.
            _data(key_node, source, column, in_flow=in_flow)
            _data(value_node, source, column, in_flow=in_flow)
            continue
        key = key_node.value
        if source.visited is None or not _is_alias(key_node, source.visited, source):
            _scalar_text(key_node, source, column, in_flow=in_flow, key=True)
        value = _data(value_node, source, column, in_flow=in_flow)
        hidden = "" if key.isascii() else next(filter(_HIDDEN.__contains__, key), "")
        if hidden:
            hint = "Type the key again, with plain letters."
            source.report(f"the key '{key}' holds the character {named(hidden)}", hint, key_node)
        if key == "<<":
            hint = "Write the texts out in full."
            source.report("merge keys (<<) are not used here", hint, key_node)
        elif key in data:
            first = next(other.start_mark.line + 1 for other, _ in node.value if other.value == key)
            message = f"the key '{key}' is used twice; it was first used in line {first}"
            source.report(message, "Keep one of the two.", key_node)
        else:
            data[key] = value
    return data
