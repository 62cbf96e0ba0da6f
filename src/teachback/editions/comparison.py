"""Compare what two readers of a handout get: by block in reading order, and by word. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from teachback.content import handout as doc
from teachback.content.base_model import steps
from teachback.editions.passages import ReaderContext, Role, passages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.editions.passages import Passage
    from teachback.errors import Location

Steps = tuple[Any, ...]
Words = tuple[tuple[str, str], ...]

_WHAT: Final = {
    Role.FLAG: "red flag",
    Role.SHORT: "card's words",
    Role.WHY: "reason",
    Role.CARD: "words on the card",
    Role.LABEL: "line to fill in",
    Role.LEAD: "words before",
    Role.COLUMN: "heading of a column",
    Role.ITEM: "entry",
    Role.ALT: "words for a picture",
}
# What a reader gets besides texts, by the author's key: what it is, and how a message names it.
_WORDLESS: Final[dict[str, tuple[str, Callable[[Any], str]]]] = {
    "line": ("line of the contact box", lambda phone: phone.replace("_", " ")),
    "notes": ("notes", "{} lines to write on".format),
    "figure": ("picture", "picture {}".format),
    "mark": ("picture", "picture {}".format),
    "rows": ("table to fill in", "{} rows to fill in".format),
    "blank_rows": ("table to fill in", "{} rows to fill in".format),
    "zone": ("zone", str),
    "link": ("web address", str),
    "field": ("field of a record", str),
    "fields": ("field of a record", str),
}
# Two texts that share a smaller part of their letters are marked whole, not word by word.
ALIKE: Final = 0.35
# A shorter run of unchanged words between two changes is marked with them, which is easier to read.
_ISLAND: Final = 2


@dataclass(frozen=True)
class Side:
    """The text that one reader gets at a place, and its location in the file."""

    text: str
    place: Location


@dataclass(frozen=True)
class Change:
    """One text that differs: what it is, and what each reader gets (None for nothing)."""

    what: str
    left: Side | None
    right: Side | None

    @cached_property
    def words(self) -> tuple[Words, Words]:
        """The runs of words of each side with their marks: - left only, + right only, "" both."""
        return marked_words(
            self.left.text if self.left else "", self.right.text if self.right else ""
        )


@dataclass(frozen=True)
class Block:
    """A block with differences: the heading above it, and its changes in reading order."""

    heading: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Comparison:
    """The differences between two readers of a handout, and the number of equal blocks."""

    handout: str
    title: str
    language: str
    audiences: tuple[str, str]
    blocks: tuple[Block, ...]
    unchanged: int

    @property
    def parts(self) -> tuple[tuple[str, tuple[Block, ...]], ...]:
        """The blocks by heading."""
        return tuple(
            (heading, tuple(group))
            for heading, group in groupby(self.blocks, lambda block: block.heading)
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        left, right = self.audiences
        return {
            "handout": self.handout,
            "audiences": [left, right],
            "unchanged_blocks": self.unchanged,
            "blocks": [
                {
                    "heading": block.heading,
                    "changes": [
                        {
                            "what": change.what,
                            left: _side_as_json(change.left),
                            right: _side_as_json(change.right),
                        }
                        for change in block.changes
                    ],
                }
                for block in self.blocks
            ],
        }


@dataclass(frozen=True)
class Piece:
    """A passage, or something without words in the file, such as a line of a contact box.

    `written` is the text with its marks and normalised white space. `form` is how it looks: the
    kind of its block and of its callout. `key` and `path` are its place in the handout and in the
    file.
    """

    key: Steps
    text: str
    path: Steps
    what: str
    block: str
    heading: str
    written: str = ""
    form: str = ""
    passage: Passage | None = None

    @property
    def marked(self) -> str:
        """The text with its marks."""
        return self.written or self.text


def compare(
    handout: doc.Handout,
    left: ReaderContext,
    right: ReaderContext,
    locate: Callable[[Steps], Location],
) -> Comparison:
    """Compare what two readers get of a checked handout.

    `locate` returns the location of a path in the file.
    """
    lefts, rights = (
        {piece.key: piece for piece in pieces(handout, reader)} for reader in (left, right)
    )
    headings: dict[str, str] = {}
    changes: dict[str, list[Change]] = {}
    for key in sorted({**lefts, **rights}, key=reading_order):
        old, new = lefts.get(key), rights.get(key)
        piece = old or new
        assert piece is not None  # noqa: S101 -- the key is of one of the two
        headings.setdefault(piece.block, piece.heading)
        changes.setdefault(piece.block, [])
        if old is None or new is None or old.marked != new.marked:
            sides = sides_of(old, new, locate, locate)
            changes[piece.block].append(Change(piece.what, *sides))
    blocks = tuple(Block(headings[name], tuple(group)) for name, group in changes.items() if group)
    audiences = (left.audience, right.audience)
    return Comparison(
        handout.id,
        left.plain(handout.title),
        handout.language,
        audiences,
        blocks,
        len(changes) - len(blocks),
    )


def sides_of(
    old: Piece | None,
    new: Piece | None,
    locate_old: Callable[[Steps], Location],
    locate_new: Callable[[Steps], Location],
) -> tuple[Side | None, Side | None]:
    """Return the sides of a change, with their marks if only these differ."""
    only_marks = old is not None and new is not None and old.text == new.text

    def side(piece: Piece | None, locate: Callable[[Steps], Location]) -> Side | None:
        if piece is None:
            return None
        return Side(piece.marked if only_marks else piece.text, locate(piece.path))

    return side(old, locate_old), side(new, locate_new)


def marked_words(left: str, right: str) -> tuple[Words, Words]:
    """Compare two texts word by word, and return the runs of each with their marks.

    Texts that have little in common are marked whole.
    """
    if not left or not right:
        return ((("-", left),) if left else ()), ((("+", right),) if right else ())
    old, new = re.findall(r"\S+", left), re.findall(r"\S+", right)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    shared = sum(
        len(" ".join(old[match.a : match.a + match.size]))
        for match in matcher.get_matching_blocks()
    )
    if 2 * shared < ALIKE * (len(left) + len(right)):
        return (("-", left),), (("+", right),)
    sides: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    codes = matcher.get_opcodes()
    for number, (kind, a, b, c, d) in enumerate(codes):
        is_island = kind == "equal" and b - a < _ISLAND and 0 < number < len(codes) - 1
        unchanged = kind == "equal" and not is_island
        for runs, words, sign in ((sides[0], old[a:b], "-"), (sides[1], new[c:d], "+")):
            mark = "" if unchanged else sign
            if words and runs and runs[-1][0] == mark:
                runs[-1] = (mark, f"{runs[-1][1]} {' '.join(words)}")
            elif words:
                runs.append((mark, " ".join(words)))
    return tuple(sides[0]), tuple(sides[1])


def _side_as_json(side: Side | None) -> dict[str, Any] | None:
    return (
        None
        if side is None
        else {"text": side.text, "file": side.place.file, "line": side.place.line}
    )


def reading_order(key: Steps) -> tuple[tuple[int, int, str], ...]:
    """Return the sort key by which the keys of pieces are in reading order."""
    return tuple(
        (0, step, "")
        if isinstance(step, int)
        else (1, doc.READING_ORDER.index(step), "")
        if step in doc.READING_ORDER
        else (1, len(doc.READING_ORDER), step)
        for step in key
    )


def pieces(handout: doc.Handout, reader: ReaderContext) -> Iterator[Piece]:
    """Yield all that a reader gets of a checked handout, in the order of the file.

    The flags on the card and the parts without words of their own come last.
    """
    flags: dict[str, str] = {}
    for passage in passages(handout, reader):
        if passage.role is Role.FLAG:
            flags[passage.block] = passage.text
        key = passage.path[:-1] if passage.path[-1] in reader.lineage else passage.path
        heading = passage.heading or {"red_flags": "Red flags", "card": "Card"}.get(
            passage.kind, "Top of page 1"
        )
        what = _WHAT.get(passage.role, str(passage.role))
        what += f" '{passage.tier}'" if passage.role is Role.FLAG else ""
        what += (
            f" of the flag '{flags[passage.block]}'"
            if passage.role in {Role.SHORT, Role.WHY}
            else ""
        )
        what += f" of the row '{passage.row}'" if passage.row else ""
        written = " ".join(passage.written.split())
        form = f"{passage.kind} {passage.callout}".strip()
        yield Piece(
            key, passage.text, passage.path, what, passage.block, heading, written, form, passage
        )
    yield from _card_flags(handout, reader)
    yield from _wordless(handout, reader)


def _card_flags(handout: doc.Handout, reader: ReaderContext) -> Iterator[Piece]:
    """Yield the flags on the card, with their short words if they have any."""
    for index, flag in enumerate(handout.red_flags):
        if doc.is_on_card(flag, reader.lineage):
            name = "text" if flag.short is None else "short"
            words = flag.short or flag.text
            written, path = reader.pick(words, ("red_flags", index, name))
            what = f"red flag '{flag.tier}' on the card"
            yield Piece(
                ("card", "flags", index),
                reader.plain(words),
                path,
                what,
                f"card {flag.id}",
                "Card",
                " ".join(written.split()),
            )


def _wordless(handout: doc.Handout, reader: ReaderContext) -> Iterator[Piece]:
    """Yield a piece for all that a reader gets besides texts of the author."""
    # The name of each block and the heading above it, by its path.
    blocks: dict[Steps, tuple[str, str]] = {}
    for path, section, block in doc.blocks_of(handout, reader.lineage):
        blocks[path] = f"{section.id}/{path[-1]}", reader.plain(section.title)
        if tiers := doc.placed_tiers(block):
            text = f"red flags: {', '.join(tiers.values())}"
            yield Piece((*path, "red_flags"), text, path, "red flags, placed here", *blocks[path])
    for path, value in steps(handout, lineage=reader.lineage):
        key = next((step for step in reversed(path) if isinstance(step, str)), "")
        # The label of a line below `personal` is that of its field.
        if key in _WORDLESS and isinstance(value, str | int) and value and "personal" not in path:
            what, describe = _WORDLESS[key]
            elsewhere = path[0], "Card" if path[0] == "card" else "Top of page 1"
            yield Piece(path, describe(value), path, what, *blocks.get(path[:4], elsewhere))


def as_lines(comparison: Comparison) -> Iterator[str]:
    """Yield a comparison as lines of text: each change with what either reader gets and where.

    Words that only the first reader gets are in [-...-], those that only the second gets in
    {+...+}.
    """
    brackets = {"-": "[-{}-]", "+": "{{+{}+}}", "": "{}"}
    for heading, blocks in comparison.parts:
        yield ""
        yield heading
        for change in (change for block in blocks for change in block.changes):
            yield f"  {change.what}"
            sides = zip(
                comparison.audiences, (change.left, change.right), change.words, strict=True
            )
            for audience, side, runs in sides:
                words = " ".join(brackets[mark].format(text) for mark, text in runs)
                where = f" ({side.place.file}:{side.place.line})" if side else ""
                yield f"    {audience}{where}: {words if side else '(nothing)'}"


def summary(comparison: Comparison) -> str:
    """Return a one-line summary of the differences."""
    count = sum(len(block.changes) for block in comparison.blocks)
    left, right = comparison.audiences
    texts = (
        f"{count} text{'s' if count != 1 else ''} in {len(comparison.blocks)} "
        f"block{'s' if len(comparison.blocks) != 1 else ''} differ"
    )
    same = f"{comparison.unchanged} block{'s are' if comparison.unchanged != 1 else ' is'} the same"
    return f"{texts}; {same} for {left} and {right}"
