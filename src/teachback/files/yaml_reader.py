"""Parse YAML into plain data that keeps the location of each value.

This is the only module that imports PyYAML. Scalars reach the model as written, as text: `911`
stays "911" and `no` stays "no"; only an empty value is None. The model decides what is a number or
a date, so that YAML's guesses never change a word on paper.
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
# YAML reads these as null, too, but a person may have that name.
_OTHER_NULLS: Final = frozenset({"Null", "NULL"})
# The tags that YAML gives to values without an explicit tag.
_TAG: Final = "tag:yaml.org,2002:"
_PLAIN_TAGS: Final = frozenset(
    _TAG + kind
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "yaml")
)
_TAGS: Final[dict[Any, str]] = {
    yaml.ScalarNode: f"{_TAG}str",
    yaml.SequenceNode: f"{_TAG}seq",
    yaml.MappingNode: f"{_TAG}map",
}
# Indicators that may stand between two texts, besides comments; and anything else.
_INDICATORS: Final = re.compile(r"[\s,\[\]{}:-]*")
_ODD: Final = re.compile(r"%.*|[^\s,\[\]{}:-][^\s,\[\]{}]*")
_REMARK: Final = re.compile(r"#[^\n]*")
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s*)+")
_QUOTES: Final = frozenset({"'", '"'})
_BLANKS: Final = frozenset({" ", "\t"})
# Values that a comment may follow on the line: names, numbers, lengths and addresses, but no text.
_NO_SENTENCE: Final = re.compile(
    r"[a-z][a-z0-9]*(?:[-_./]+[A-Za-z0-9]+)*|https?://\S+|-?\d+(?:\.\d+)?(?: ?(?:mm|cm|in|pt))?"
    r"|\d{4}-\d\d-\d\d|~"
)
_LINE_START: Final = re.compile(r"\n\s*")
# The start of a list item or of a key, on a line that YAML reads as part of the text above.
_MISPLACED: Final = re.compile(r"-|[?:](?:\s|$)|[a-z][a-z0-9_-]*:(?!//)")
# A line that is meant as an entry of a list, and does not start with a dash and a space.
_NO_ENTRY: Final = re.compile(r"[ ]*(?:-(?=[^\s\d-])|([•◦▪●‣·\u2013\u2014*]|\d{1,2}[.)])(?= ))")
_NO_BLANK: Final = re.compile(r"\s*(?:- +)*[a-z_]+:(?=[^\s/])")
# An unusual comment start that may cut off a text, and a line that does not continue the text.
_CUT: Final = re.compile(r"^[ \t]+#|\S(?:[ \t]#|[ \t]+#(?=\S))|[\]}\"',:]#")
_STARTS_ANEW: Final = re.compile(r"\s*(?:-\s|#|$|[^:]*:(?:\s|$))")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
# A quote, backslash or slash, and characters by their number.
_ESCAPES: Final = frozenset('"\\/xuU')
_HEAD: Final = re.compile(r"[|>][+-]?(?:\s|$)")
_HEAD_REMARK: Final = re.compile(r"[ \t]{2}#[ \t]+[^\s\d]")
_QUOTE_OR_MOVE: Final = (
    "Put the whole text in quotes if that belongs to it; "
    "else put the remark above, in a line of its own."
)
_ODD_SPACE: Final = re.compile(
    "^[ -]*[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]", re.MULTILINE
)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_INDENTED: Final = re.compile(rf"\n[ \-?:]{{{MAX_INDENT + 1}}}")
_OPENED: Final = re.compile(r"""(?:^|[:-]\s)\s*([\[{"'])""")
# A line that opens a quote: what stands before it, the quote, and the rest of the line.
_QUOTE_OPENS: Final = re.compile(r"""(\s*(?:- +)*(?:[\w-]+:\s+)?)(["'])(.*)""")
_NEW_ENTRY: Final = re.compile(r"\s*(?:- |[\w-]+:(?:\s|$))")
_CURLY: Final = re.compile(r"(?:^|[:-]\s|[\[{,])\s*([“”„])")
# The end of a text in single quotes inside a word.
_APOSTROPHE: Final = re.compile(r"(?:^|[:,\[{-]\s?)\s*'[^']*?([^\W\d]+'[^\W\d])$")
_IN_CURLY: Final = re.compile(r"[“„][^“„”]*[”“]")
_TAB: Final = re.compile(r" *\t")
_MERGE_MARK: Final = re.compile(r"^(?:<{7}|={7}|>{7})(?=[ \r\n]|$)", re.MULTILINE)
_INDENTED_WORD: Final = re.compile(r"[\s-]*[^\s:]+")
_NEVER_CLOSED: Final = (
    "a quote opens here and is never closed",
    "A quote that opens a text must be closed again.",
)
_LINES_UP: Final = "Lines that belong together start in the same column."
_LOOK: Final = (
    "Look at this line and the one above it: a colon, a quote or the indentation is not right."
)
# A line of one value, which is in no quotes or brackets, and has no remark.
_VALUE: Final = re.compile(
    r"(?P<dashes>\s*(?:- +)*)(?:[\w@/-]+: +)?(?P<value>[^\s\[{\"'|>](?:(?! #).)*?)(?<![,\]}])\s*"
)
_COLON_HINT: Final = "Put a text that holds a colon and a space in quotes."
_CURLY_HINT: Final = 'Put the text in straight quotes: "...".'
# The hints of slips that quotes mend.
_QUOTES_MEND: Final = frozenset({"Put the text in quotes.", _COLON_HINT, _CURLY_HINT})
# A file with more of them is read no further: each costs another reading.
_MOST_UNQUOTED: Final = 20
# PyYAML's message -> our message and hint.
_WORDING: Final = {
    "cannot start any token": (
        "a text cannot start with this character",
        "Put the text in quotes.",
    ),
    "expected alphabetic or numeric character": (
        "a text cannot start with * or &",
        "Put the text in quotes.",
    ),
    "expected comment or line break": (
        "a text cannot start with > or |",
        "Put the text in quotes.",
    ),
    "expected tag URI": ("a text cannot start with !", "Put the text in quotes."),
    "expected whitespace or line break": (
        "a text cannot start with this character",
        "Put the text in quotes.",
    ),
    "expected node content": (
        "a value is missing here, or a text that is not in quotes starts with this character",
        "Put the text in quotes.",
    ),
    "block sequence entries are not allowed": (
        "a list cannot start beside its key",
        "Start it in the line below, indented, or write [one, two].",
    ),
    "mapping keys are not allowed": (
        "a text cannot start with ? and a space",
        "Put the text in quotes.",
    ),
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
    "undefined tag": ("a text cannot start with !", "Put the text in quotes."),
    "found duplicate anchor": ("a text cannot start with &", "Put the text in quotes."),
    "undefined alias": ("a text cannot start with *", "Put the text in quotes."),
    "mapping values are not allowed": (
        "this line has a second colon",
        _COLON_HINT,
    ),
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
        f"Each item of a list starts with a dash and a space. {_LINES_UP}",
    ),
    "could not find expected ':'": (
        "this line has no colon with a space behind it",
        (
            "A key is followed by a colon and a space. "
            "A text of several lines is indented below its key."
        ),
    ),
    "escape c": (
        "a backslash means something else in double quotes",
        "Put the text in single quotes: ' instead of \".",
    ),
    "hexdecimal": (
        "a backslash means something else in double quotes",
        "Put the text in single quotes: ' instead of \".",
    ),
    "expected a single document": (
        "a second document starts here",
        "One file holds one handout: delete the line '---'.",
    ),
    "expected <document start>": ("nothing may come below the line '...'", "Delete that line."),
}


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """A loader that does not resolve scalars to numbers or dates; nothing here needs that."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def resolve(self, kind: YamlNode, _value: str, _implicit: tuple[bool, bool]) -> str:
        """Return the tag of a node that has none."""
        return _TAGS[kind]

    # PyYAML calls these twice for each value, to resolve tags by path. That is not used here, so
    # this accepts any arguments and does nothing.
    descend_resolver = ascend_resolver = "".format


class ValueLocation(NamedTuple):
    """The location of a value and of its key, and its text if it is a scalar."""

    value: Location
    key: Location
    text: str | None


@dataclass(frozen=True, eq=False)
class YamlFile:
    """The data of one file, its node tree, and the locations of values from another file."""

    name: str
    data: Any
    root: Any
    others: Mapping[tuple[Any, ...], ValueLocation] = field(default_factory=dict)

    @cached_property
    def locations(self) -> Mapping[tuple[Any, ...], ValueLocation]:
        """The location of each value by its path. Most files are never asked for one."""
        return {**dict(_locations(self.root, self.name)), **self.others}

    @property
    def size(self) -> int:
        """The length of the data in the file, in characters."""
        return int(self.root.end_mark.index)

    def locate(self, path: tuple[Any, ...] = (), *, key: bool = False) -> Location:
        """Return the location of the value at `path`, or of its key.

        Steps that the file does not have are skipped: a path of the model names union members, and
        fields that the author may have left out. An author wants to see the nearest place that is
        in the file.
        """
        found = self.in_file(path)
        return self.locations[found].key if key else self.locations[found].value

    def located(
        self, found: Iterable[tuple[tuple[Any, ...], Problem]], *, key: bool = False
    ) -> Iterator[Problem]:
        """Yield problems at the places of their paths: those of the values, or of their keys."""
        return (problem._replace(location=self.locate(path, key=key)) for path, problem in found)

    def in_file(self, path: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a path without the steps that the file does not have."""
        found: tuple[Any, ...] = ()
        for step in path:
            if (*found, step) in self.locations:
                found = (*found, step)
        return found

    def path_at(self, place: Location) -> tuple[Any, ...]:
        """Return the path of the innermost value that begins there, or whose key does."""
        at = [path for path, one in self.locations.items() if place in (one.value, one.key)]
        return max(at, key=len, default=())

    def without(self, path: tuple[Any, ...]) -> YamlFile:
        """Return the file as if this entry of a list, or this key with its value, were not there.

        What is left keeps its locations.
        """
        data, root = _without(self.data, self.root, path)
        return YamlFile(self.name, data, root)

    def scalars(self) -> Iterator[tuple[Location, str]]:
        """Yield every value of the file with its location, without keys and comments."""
        for one in self.locations.values():
            if one.text is not None:
                yield one.value, one.text


class _Leaf(NamedTuple):
    """The last text that was read, which the lines below it are compared with."""

    end: int
    style: str
    text: str
    # The column of the block that the text belongs to, from 0. A line further right may belong to
    # the text.
    column: int
    in_flow: bool


class _Source:
    """The source text of a tree, how far it is accounted for, and the problems found.

    The tree is walked in file order. Only indicators and comments may stand between two texts, so
    that no word is lost: libyaml ends a text at ` #`, drops what it takes for an anchor or a tag,
    and is laxer than YAML 1.2.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.problems: list[Problem] = []
        # The nodes met so far; needed only if the text may hold aliases.
        self.seen: set[int] | None = set() if "*" in text else None
        self.anchors: list[int] = []
        self.aliased = False
        self.last = _Leaf(0, "", "", -1, in_flow=False)
        # The columns of the blocks in which values were empty since the last text.
        self.empty: list[int] = []

    def say(self, message: str, hint: str, at: YamlNode) -> None:
        self.problems.append(
            Problem(
                message,
                hint,
                place_at(self.text, at if isinstance(at, int) else at.start_mark.index, self.name),
            )
        )

    def pass_to(self, start: int, column: int, *, key: bool, in_flow: bool) -> None:
        """Check what is between the last text and the next one, which starts at `start`."""
        gap = self.text[self.last.end : start]
        # Without a space behind its comma, 1,000 or 1 ,5 may be one number; 1, 5 is two items.
        touching = in_flow and gap.endswith(",") and not gap[:-1].strip()
        if (
            touching
            and (
                f"{self.text[self.last.end - 1 : self.last.end]}{self.text[start : start + 1]}"
            ).isdecimal()
        ):
            hint = "Put the text in quotes, or a space behind the comma."
            self.say("this comma would make two texts of one", hint, start - 1)
        if not _INDICATORS.fullmatch(gap):
            self._account(
                gap, None if key or column < 0 else column, in_flow=in_flow or self.last.in_flow
            )
        self.empty.clear()

    def _account(self, gap: str, column: int | None, *, in_flow: bool) -> None:
        # Keep the length, so that offsets stay right.
        bare = _REMARK.sub(lambda remark: " " * len(remark[0]), gap)
        for remark in _REMARK.finditer(gap):
            at = self.last.end + remark.start()
            before = self.text[self.text.rfind("\n", 0, at) + 1 : at]
            indicator = bare[: remark.start()].rstrip()[-1:]
            if before.strip():
                self._remark_behind(before, remark[0], indicator, at)
            elif self._cuts(len(before), indicator, remark[0], in_flow=in_flow) or (
                column is not None and not in_flow and not bare[remark.end() :].strip()
            ):
                self.say("this line starts with #, so it would not be printed", _QUOTE_OR_MOVE, at)
        for odd in _ODD.finditer(bare):
            self._odd(odd[0], self.last.end + odd.start())

    def _cuts(self, column: int, indicator: str, remark: str, *, in_flow: bool) -> bool:
        """Return whether a comment line is where a line of text belongs."""
        if in_flow and remark[1:2] not in _BLANKS:
            return True
        if indicator:
            return (
                not in_flow
                and indicator in ":-"
                and any(column > of_block for of_block in self.empty)
            )
        return (
            self.last.style not in _QUOTES
            and bool(self.last.end)
            and (in_flow or column > self.last.column)
        )

    def _remark_behind(self, before: str, remark: str, indicator: str, at: int) -> None:
        """Refuse a comment behind a value, unless nobody could take it for part of a text.

        Its form is yamllint's default: two spaces before the # and one behind it.
        """
        end = before.rstrip()
        blanks = len(before) - len(end)
        marked = end[-1:] in "]}" or (not indicator and self.last.style in _QUOTES)
        words = remark[1:].lstrip()
        plainly = (
            blanks > 1
            and remark[1:2] in _BLANKS
            and bool(words)
            # Many readers take `# 5` for a number.
            and (marked or not words[0].isdecimal())
            and (indicator or marked or may_precede_a_remark(self.last.text))
        )
        if plainly:
            return
        if indicator and indicator in ":-" and remark[1:2] not in _BLANKS:
            hint = "Put a text that holds # in quotes. A remark has a space after its #."
            self.say("all that follows # is a remark, so this is empty", hint, at - blanks)
        else:
            self.say("from # on, this line would not be printed", _QUOTE_OR_MOVE, at)

    def _odd(self, odd: str, at: int) -> None:
        # An alias is reported at the text that it repeats.
        if odd == "..." or odd[0] == "*":
            return
        if odd[0] == "&":
            self.anchors.append(at)
        elif odd[0] == "!":
            self.say(f"the tag {odd} is not known", "Tags are not used here: delete it.", at)
        elif odd[0] == "%":
            hint = "Delete the line, or put the text in quotes."
            self.say("a line cannot start with %", hint, at)
        elif odd[0] == "?":
            self.say("a text cannot start with ? and a space", "Put the text in quotes.", at)
        else:
            self.say("this would not be printed", "Put the whole text in quotes.", at)

    def finish(self) -> None:
        """Check what is below the last text, and report anchors if there is no alias."""
        self.pass_to(len(self.text), -1, key=True, in_flow=False)
        for at in () if self.aliased else self.anchors:
            hint = "Put the text in quotes: anchors (&) and aliases (*) are not used here."
            self.say("a text cannot start with &", hint, at)


class UnquotedTextError(TeachbackError):
    """Texts that are data only once they are in quotes; `file` has the data as if they were."""

    def __init__(self, file: YamlFile, *problems: Problem) -> None:
        """Store the file with its problems."""
        super().__init__(*problems)
        self.file = file


def read_yaml(raw: bytes, name: str) -> YamlFile:
    """Parse the bytes of one file.

    Raises TeachbackError with every problem that keeps the text from being data: not UTF-8, not
    YAML, too large, too deep, duplicate keys, aliases, keys that are not words. It is an
    UnquotedTextError if all that is missing is quotes.
    """
    text = decode(raw, name)
    _refuse_depth(text, name)
    marks = tuple(
        Problem(
            f"{mark[0]} marks a place where two versions of this file were not merged",
            "Keep the lines that are right, and delete the lines with <<<<<<<, ======= and >>>>>>>.",
            place_at(text, mark.start(), name),
        )
        for mark in (_MERGE_MARK.finditer(text) if "<<<<<<<" in text or ">>>>>>>" in text else ())
    )
    if marks:
        raise TeachbackError(*marks)
    text, root, unquoted = _composed(text, name)
    if root is None:
        hint = (
            "Start from `teachback new ID`."
            if "handouts/" in name
            else "Fill it, or delete it: then the program's own file is used."
        )
        raise TeachbackError.of("the file is empty", hint, Location(name, 1, 1))
    source = _Source(name, text)
    data = _plain(root, source)
    source.finish()
    if source.problems:
        raise TeachbackError(*unquoted, *source.problems)
    if unquoted:
        raise UnquotedTextError(YamlFile(name, data, root), *unquoted)
    return YamlFile(name, data, root)


def _composed(text: str, name: str) -> tuple[str, YamlNode, tuple[Problem, ...]]:
    """Return a text with the quotes that it lacks, its tree, and the problems of these lines.

    Raises TeachbackError if quotes are not all that it lacks.
    """
    problems: tuple[Problem, ...] = ()
    while True:
        try:
            return text, _compose(text), problems
        except yaml.YAMLError as error:
            problem = _syntax_problem(error, text, name)
        line = problem.location.line if problem.location else 0
        last = problems[-1].location if problems else None
        if last and line <= last.line:
            # The quotes did not mend it, so nothing is known of what is below.
            raise TeachbackError(*problems)
        problems = (*problems, problem)
        quoted = _quoted(text, line) if problem.hint in _QUOTES_MEND else None
        if quoted is None or len(problems) > _MOST_UNQUOTED:
            raise TeachbackError(*problems)
        text = quoted


def _quoted(text: str, number: int) -> str | None:
    """Return a text in which the value in a line is in quotes; None if it has several lines."""
    lines = text.split("\n")
    found = _VALUE.fullmatch(lines[number - 1])
    below = next((line for line in lines[number:] if line.strip()), "")
    if found is None or len(below) - len(below.lstrip()) > found.end("dashes"):
        return None
    value = found["value"].replace("'", "''")
    lines[number - 1] = f"{lines[number - 1][: found.start('value')]}'{value}'"
    return "\n".join(lines)


def _locations(
    node: YamlNode, name: str, path: tuple[Any, ...] = (), key: Location | None = None
) -> Iterator[tuple[tuple[Any, ...], ValueLocation]]:
    """Yield the location of a node and of those inside it, in file order, each with its path."""
    own, scalar = _start(node, name), isinstance(node, yaml.ScalarNode)
    yield path, ValueLocation(own, key or own, node.value if scalar else None)
    if isinstance(node, yaml.MappingNode):
        for key_node, inner in node.value:
            yield from _locations(inner, name, (*path, key_node.value), _start(key_node, name))
    elif not scalar:
        for index, inner in enumerate(node.value):
            yield from _locations(inner, name, (*path, index))


def _without(data: Any, node: YamlNode, path: tuple[Any, ...]) -> tuple[Any, Any]:  # noqa: ANN401 -- YAML is any data
    """Return copies of a value and its node without what is at a path."""
    step, *rest = path
    data, node = copy(data), copy(node)
    node.value = list(node.value)
    in_mapping = isinstance(node, yaml.MappingNode)
    at = step
    if in_mapping:
        at = next(n for n, (key, _) in enumerate(node.value) if key.value == step)
    if not rest:
        del data[step], node.value[at]
        return data, node
    inner = node.value[at][1] if in_mapping else node.value[at]
    data[step], inner = _without(data[step], inner, tuple(rest))
    node.value[at] = (node.value[at][0], inner) if in_mapping else inner
    return data, node


def _start(node: YamlNode, name: str) -> Location:
    return Location(name, node.start_mark.line + 1, node.start_mark.column + 1)


def _refuse_depth(text: str, name: str) -> None:
    """Refuse nested brackets or deep indentation before the parser recurses."""
    refused: list[tuple[int, str, str]] = []
    odd = None if text.isascii() else _ODD_SPACE.search(text)
    if odd:
        refused.append(
            (
                odd.end() - 1,
                "this is an unusual kind of space",
                "Use plain spaces to indent: copied text often brings others.",
            )
        )
    depth = 0
    for bracket in _BRACKET.finditer(text) if text.count("[") + text.count("{") > MAX_DEPTH else ():
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            refused.append(
                (
                    bracket.start(),
                    f"brackets are nested more than {MAX_DEPTH} deep",
                    "Close them, or quote the text.",
                )
            )
            break
    # The end of a line is found faster than its start. With a newline in front of the text, each
    # line starts where the newline before it is.
    indented = _INDENTED.search(f"\n{text}")
    if indented:
        message = f"this line is indented by more than {MAX_INDENT} columns"
        refused.append((indented.start(), message, "Nest less, or start the text further left."))
    if refused:
        at, message, hint = min(refused)
        raise TeachbackError.of(message, hint, place_at(text, at, name))


def _compose(text: str) -> YamlNode:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    context = getattr(error, "context", None) or ""
    opens = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or opens
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    everything = f"{context} {said}"
    message, hint = next(
        (words for part, words in _WORDING.items() if part in everything),
        (f"this is not YAML: {said}", _LOOK),
    )
    if not mark:
        return Problem(message, hint, Location(name, 1, 1))
    lines = text.split("\n")
    slip = _slip_above(said, lines, mark, opens)
    if slip:
        return Problem(*slip[0], Location(name, *slip[1]))
    line = lines[mark.line] if mark.line < len(lines) else ""
    words = _slip_in_line(said, line, mark.column)
    if words:
        message, hint = words
    elif "unexpected end of stream" in said and "quoted" in context and opens:
        message, hint = _NEVER_CLOSED
        mark = opens
    elif ("could not find expected ':'" in said or "expected ',' or" in said) and opens:
        mark = opens
    if first := line[mark.column : mark.column + 1]:
        message = message.replace("this character", first)
    return Problem(message, hint, Location(name, mark.line + 1, mark.column + 1))


def _slip_above(
    said: str, lines: list[str], mark: YamlNode, opens: YamlNode
) -> tuple[tuple[str, str], tuple[int, int]] | None:
    """Return message, hint and place of a slip that the parser notices behind it."""
    cut = _cut_above(lines, mark.line, opens) if "expected" in said else None
    if cut:
        return ("from # on, this line would not be printed", _QUOTE_OR_MOVE), cut
    unclosed = _unclosed_quote(lines[: mark.line + 1])
    if unclosed:
        return _NEVER_CLOSED, unclosed
    tab = _indenting_tab(lines, mark, opens if "could not find" in said else mark)
    if tab:
        hint = "YAML does not allow tabs for indentation. Use spaces."
        return ("there is a tab here", hint), tab
    bracket = _open_bracket(lines, mark) if "expected node content" in said else None
    if bracket:
        hint = "Delete the [, or write the whole list as [one, two]."
        return ("a list opens here with [, and goes on below with dashes", hint), bracket
    joined = "mapping values" in said and mark.line and _NO_BLANK.match(lines[mark.line - 1])
    if joined:
        return ("a space is missing behind this colon", "Add it."), (mark.line, joined.end())
    if "could not find" in said or "alphabetic" in said:
        for number in (opens.line if opens else mark.line, mark.line):
            entry = _NO_ENTRY.match(lines[number]) if number < len(lines) else None
            if entry:
                column = entry.end() - len(entry[1] or "-") + 1
                return _told_entry(entry), (number + 1, column)
    return None


def _slip_in_line(said: str, line: str, column: int) -> tuple[str, str] | None:
    """Return message and hint of a slip in the line at which the parser stopped."""
    before = line[:column]
    opened, curly = _OPENED.search(before), _CURLY.search(before)
    apostrophe = _APOSTROPHE.search(line[: column + 1])
    if apostrophe:
        message = f"the apostrophe in '{apostrophe[1]}' ends the text, which is in single quotes"
        return message, 'Put the text in double quotes: "...".'
    in_flow = "expected ',' or" in said and ": " in before and line[column:].startswith(":")
    if curly and (in_flow or ("mapping values" in said and not _INDENTED_WORD.fullmatch(before))):
        message = f"{curly[1]} is a curly quote, which does not quote a text"
        return message, _CURLY_HINT
    if in_flow:
        return _WORDING["mapping values are not allowed"]
    if "mapping values" in said and _INDENTED_WORD.fullmatch(before):
        return "this line is indented differently from the lines above it", _LINES_UP
    if "did not find expected key" not in said or not opened:
        return None
    if opened[1] in "[{":
        return f"a text cannot start with {opened[1]}", "Put the whole text in quotes."
    hint = "Put the whole text in quotes, or none of it."
    if line.rstrip().endswith(opened[1]):
        other = "'" if opened[1] == '"' else '"'
        hint = f"Put the whole text in the other kind of quotes: {other}...{other}."
    return "more words follow after the closing quote", hint


def _told_entry(entry: re.Match[str]) -> tuple[str, str]:
    """Return the message and the hint for a line that is meant as an entry of a list."""
    hint = "Start each entry of a list with - and a space."
    if entry[1] is None:
        return "a space is missing behind this dash", hint
    if entry[1][0].isdecimal():
        hint += " The numbers of `steps` print themselves."
    return f"an entry of a list does not start with {entry[1]}", hint


def _indenting_tab(lines: list[str], mark: YamlNode, above: YamlNode) -> tuple[int, int] | None:
    """Return the line and column of the first tab that indents a line from `above` to a mark."""
    if not mark:
        return None
    for number in range(above.line if above else mark.line, min(mark.line + 1, len(lines))):
        found = _TAB.match(lines[number])
        if found:
            return number + 1, found.end()
    return None


def _open_bracket(lines: list[str], mark: YamlNode) -> tuple[int, int] | None:
    """Return the line and column of a [ that ends the last line with words above a dash."""
    if not lines[mark.line].lstrip().startswith("- "):
        return None
    above = next((at for at in range(mark.line - 1, -1, -1) if lines[at].strip()), mark.line)
    text = lines[above].rstrip()
    return (above + 1, len(text)) if text.endswith("[") else None


def _unclosed_quote(lines: list[str]) -> tuple[int, int] | None:
    """Return the line and column of the first quote that the line below it does not close.

    A text in quotes may have several lines, but none of them starts like a new entry.
    """
    for number, (line, below) in enumerate(pairwise(lines), start=1):
        opened = _QUOTE_OPENS.match(line)
        if opened and _NEW_ENTRY.match(below):
            rest = re.sub(r"\\.", "", opened[3]) if opened[2] == '"' else opened[3]
            if opened[2] not in rest:
                return number, opened.end(1) + 1
    return None


def _cut_above(lines: list[str], line: int, opened: YamlNode) -> tuple[int, int] | None:
    """Return the line and column of a # that cut off a text above, or None."""
    text_follows = line < len(lines) and not _STARTS_ANEW.match(lines[line])
    for number in dict.fromkeys((line - 1, opened.line if opened else line - 1)):
        found = _CUT.search(lines[number]) if 0 <= number < len(lines) else None
        if found and (text_follows or lines[number][: found.end() - 1].strip()):
            return number + 1, found.end()
    return None


def may_precede_a_remark(text: str) -> bool:
    """Return whether a comment may follow this unquoted text on the same line."""
    return bool(_NO_SENTENCE.fullmatch(text))


def _plain(node: YamlNode, source: _Source, column: int = -1, *, in_flow: bool = False) -> Any:  # noqa: ANN401 -- YAML is any data
    if _is_alias(node, source):
        return None
    if isinstance(node, yaml.ScalarNode):
        return _text(node, source, column, in_flow=in_flow)
    if node.flow_style:
        in_flow = True
    else:
        column = node.start_mark.column
    if isinstance(node, yaml.SequenceNode):
        if node.flow_style:
            _refuse_cut_texts(node.value, source)
        return [_plain(item, source, column, in_flow=in_flow) for item in node.value]
    return _mapping(node, source, column, in_flow=in_flow)


def _refuse_cut_texts(items: list[Any], source: _Source) -> None:
    """Report each text in brackets, without quotes, that a comma has probably cut in two.

    The second half of a text starts with a small letter.
    """
    cut: list[Any] = []
    for item, following in pairwise([*items, None]):
        cut = [*(cut or [item]), following] if _continues(item, following) else cut
        if cut and following not in cut:
            whole = ", ".join(piece.value for piece in cut)
            quote = "'" if '"' in whole else '"'
            source.say(
                f"the comma before '{cut[1].value[:60]}' makes two texts of one",
                f"If it is one text, put it in quotes: {quote}{whole[:120]}{quote}. "
                "If not, write each text in a line of its own, with a dash.",
                cut[1],
            )
            cut = []


def _continues(text: YamlNode, following: YamlNode) -> bool:
    """Return whether an entry of a list in brackets reads like the rest of the one before it."""
    if not all(isinstance(one, yaml.ScalarNode) and not one.style for one in (text, following)):
        return False
    first, second = text.value, following.value
    return first[:1].isupper() and second[:1].islower() and " " in f"{first}{second}"


def _is_alias(node: YamlNode, source: _Source) -> bool:
    if source.seen is None:
        return False
    if id(node) in source.seen:
        # The composer returns the anchor's own node for an alias, so a node seen before is an
        # alias. This also stops alias bombs and lists that contain themselves.
        source.aliased = True
        hint = "Write the text out in full: anchors (&) and aliases (*) are not used here."
        source.say("this value is repeated elsewhere by an alias", hint, node)
        return True
    source.seen.add(id(node))
    return False


def _text(
    node: YamlNode, source: _Source, column: int, *, in_flow: bool, key: bool = False
) -> str | None:
    """Return a text as written, or None for an empty value; report what would be lost of it."""
    text: str = node.value
    style: str = node.style or ""
    start: int = node.start_mark.index
    written = source.text[start : node.end_mark.index]
    if not written:
        source.empty.append(column)
        if key:
            hint = "Put the text in quotes, or write its key."
            source.say("a key is missing before this colon", hint, start)
        return None
    source.pass_to(start, column, key=key, in_flow=in_flow)
    source.last = _Leaf(node.end_mark.index, style, text, column, in_flow)
    properties = _PROPERTIES.match(written) if written[0] in "&!" else None
    if properties:
        _tell_properties(properties[0], node, source)
        start += properties.end()
        written = written[properties.end() :]
    if len(text) > MAX_TEXT:
        message = f"this text is {len(text)} characters long; {MAX_TEXT} is the most that is read"
        source.say(message, "Split it into paragraphs, each an item of its own.", node)
    if written != text:
        _READERS[style](text, written, start, column, source)
    if style or key:
        return text
    if _IN_CURLY.fullmatch(text):
        hint = f'Delete them, or put the text in straight quotes, too: "{text[:40]}".'
        source.say("this whole text is in curly quotes, which would be printed", hint, start)
    if text in _NULLS:
        return None
    if text in _OTHER_NULLS:
        hint = "Put it in quotes if it is a text; else write null, or leave it out."
        source.say(f"'{text}' means nothing in YAML", hint, start)
    return text


def _tell_properties(properties: str, node: YamlNode, source: _Source) -> None:
    at = node.start_mark.index
    for found in re.finditer(r"\S+", properties):
        if found[0][0] == "&":
            source.anchors.append(at + found.start())
        elif node.tag in _PLAIN_TAGS:
            hint = "Put the text in quotes. Tags are not used here."
            source.say("a text cannot start with !", hint, at + found.start())
        else:
            hint = "Tags are not used here. Put a text that starts with ! in quotes."
            message = f"the tag {node.tag.replace(_TAG, '!!')} is not known"
            source.say(message, hint, at + found.start())


def _bare(text: str, written: str, start: int, _column: int, source: _Source) -> None:
    """Check an unquoted text that takes several lines."""
    if written.split() != text.split():
        source.say("not all of this text would be printed", "Put the whole text in quotes.", start)
    for line in _LINE_START.finditer(written):
        if _MISPLACED.match(written, line.end()):
            # The line that is wrong may be the first one, which began this text.
            begins = start if not source.text[:start].rpartition("\n")[2].strip() else None
            wrong = [at for at in (begins, start + line.end()) if at is not None]
            entry = next(filter(None, (_NO_ENTRY.match(source.text, at) for at in wrong)), None)
            if entry:
                source.say(*_told_entry(entry), entry.start())
                break
            message = "this line would be read as a part of the text above it"
            hint = (
                "Start it in the column of its neighbours; "
                "if it is a part of the text, put the whole text in quotes."
            )
            source.say(message, hint, start + line.end())


def _in_quotes(text: str, written: str, start: int, column: int, source: _Source) -> None:
    """Check a quoted text: its backslashes, and that it does not run on into the lines below."""
    for line in _LINE_START.finditer(written):
        # YAML 1.2, 7.3: each line is indented further than the block. Tabs do not indent.
        if len(line[0].rpartition("\n")[2].partition("\t")[0]) <= column:
            source.say(
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
            hint = "Put the text in single quotes: ' instead of \"."
            source.say(
                "a backslash means something else in double quotes", hint, start + escape.start()
            )
            break
    # Characters that are refused in a file can still be written as an escape, such as "\x07".
    for message, hint in dict.fromkeys(
        (message, hint) for _, message, hint in faults(text, alone=True)
    ):
        source.say(message, hint, start)


def _in_block(text: str, written: str, start: int, _column: int, source: _Source) -> None:
    """Check a block text (| or >): its first line, and that each line is kept."""
    head, _, lines = written.partition("\n")
    if not _HEAD.match(head) or not text.strip():
        # In YAML, a digit here sets the number of spaces to indent by.
        hint = f"Put the text in quotes, or delete what follows {written[0]}."
        source.say(f"a text cannot start with {written[0]}", hint, start)
    elif "#" in head and not _HEAD_REMARK.search(head):
        source.say(
            "from # on, this line would not be printed", _QUOTE_OR_MOVE, start + head.index("#")
        )
    if lines.split() != text.split():
        source.say("not all of this text would be printed", "Put the whole text in quotes.", start)


_READERS: Final = {"": _bare, "'": _in_quotes, '"': _in_quotes, "|": _in_block, ">": _in_block}


def _mapping(node: YamlNode, source: _Source, column: int, *, in_flow: bool) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            hint = "Put a text that starts with [ or { in quotes."
            source.say("a key must be a word, not a list or a mapping", hint, key_node)
            # Read both anyway, so that their own problems are reported, too.
            _plain(key_node, source, column, in_flow=in_flow)
            _plain(value_node, source, column, in_flow=in_flow)
            continue
        key = key_node.value
        if not _is_alias(key_node, source):
            _text(key_node, source, column, in_flow=in_flow, key=True)
        value = _plain(value_node, source, column, in_flow=in_flow)
        hidden = next((letter for letter in key if letter in NO_BREAK or letter == SOFT_HYPHEN), "")
        if hidden:
            hint = "Type the key again, with plain letters."
            source.say(f"the key '{key}' holds the character {named(hidden)}", hint, key_node)
        if key == "<<":
            hint = "Write the texts out in full."
            source.say("merge keys (<<) are not used here", hint, key_node)
        elif key in data:
            first = next(other.start_mark.line + 1 for other, _ in node.value if other.value == key)
            message = f"the key '{key}' is used twice; it was first used in line {first}"
            source.say(message, "Keep one of the two.", key_node)
        else:
            data[key] = value
    return data
