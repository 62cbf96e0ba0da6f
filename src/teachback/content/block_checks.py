"""Check blocks whose keys are valid, but which would not print right. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import TYPE_CHECKING, Final

from teachback.content.base_model import Finding, steps
from teachback.content.handout import (
    CalloutBlock,
    Compared,
    HandoutTable,
    Log,
    PictureStep,
    Schedule,
    ZoneColor,
    ZonesBlock,
    tier_of,
)
from teachback.errors import Problem

if TYPE_CHECKING:
    from teachback.content.handout import Handout

# Nobody can read more columns of text than this. A table to fill in may have more.
_MOST_COLUMNS: Final = 4


def block_problems(handout: Handout) -> Iterator[Finding]:
    """Yield what is wrong with the blocks of a handout, each with its path."""
    for path, value in steps(handout):
        for inner_path, problem in _problems(value):
            yield (*path, *inner_path), problem


@singledispatch
def _problems(_value: object) -> Iterator[Finding]:
    return iter(())


@_problems.register
def _(block: CalloutBlock) -> Iterator[Finding]:
    if block.text is None and block.items is None:
        yield ("callout",), Problem("this callout is empty", "Add `text:` or `list:`.")


@_problems.register
def _(table: HandoutTable) -> Iterator[Finding]:
    count = len(table.columns)
    for index, row in enumerate(table.rows):
        if len(row.cells) != count:
            message = f"this row has {len(row.cells)} cells, and the table has {count} columns"
            yield ("rows", index), Problem(message, "Give each row one cell for each column.")
    if table.fill_in:
        if all(cell is not None for row in table.rows for cell in row.cells):
            hint = 'Leave the cells to fill in empty (""), or delete `fill_in:`.'
            yield ("fill_in",), Problem("no cell of this table is to be filled in", hint)
        return
    if count > _MOST_COLUMNS:
        message = f"this table has {count} columns, and at most {_MOST_COLUMNS} can be read"
        hint = "Split it in two. To write in, use `log:`, or set `fill_in: true`."
        yield ("columns",), Problem(message, hint)
    for index, row in enumerate(table.rows):
        for number, cell in enumerate(row.cells):
            if cell is None:
                hint = "Write its text. For cells to fill in, set `fill_in: true`, or use `log:`."
                yield ("rows", index, number), Problem("this cell is empty", hint)


@_problems.register
def _(log: Log) -> Iterator[Finding]:
    if (log.rows is None) == (not log.row_headings):
        hint = "Write `rows: 14` for empty rows, or `row_headings: [Monday, Tuesday]`, not both."
        yield (), Problem("a log needs rows to fill in", hint)


@_problems.register
def _(schedule: Schedule) -> Iterator[Finding]:
    if not schedule.rows and not schedule.blank_rows:
        hint = "Name the medicines below `rows:`, or write `blank_rows: 4`."
        yield (), Problem("this schedule has no rows", hint)
    for index, row in enumerate(schedule.rows):
        if row.fields and len(row.fields) != len(schedule.times):
            message = (
                f"this row has {len(row.fields)} fields, "
                f"and the schedule has {len(schedule.times)} times"
            )
            hint = "Name a field for each time, or `null` where there is a box to write in."
            yield ("rows", index, "fields"), Problem(message, hint)


@_problems.register
def _(columns: Compared) -> Iterator[Finding]:
    if [columns.choose, columns.limit, columns.avoid].count(None) > 1:
        yield (), Problem("this needs two columns", "Fill two of `choose`, `limit`, `avoid`.")


@_problems.register
def _(step: PictureStep) -> Iterator[Finding]:
    if (step.figure is None) != (step.alt is None):
        missing = "figure" if step.figure is None else "alt"
        hint = "A picture needs `figure:` and, for those who cannot see it, `alt:`."
        yield (), Problem(f"the picture of this step has no `{missing}:`", hint)


@_problems.register
def _(block: ZonesBlock) -> Iterator[Finding]:
    order = list(ZoneColor)
    ranks = [order.index(zone.zone) for zone in block.zones]
    if ranks != sorted(set(ranks)):
        message = "each zone stands once, in the order green, yellow, red"
        yield ("zones",), Problem(message, "Put them in this order, and delete the second one.")
    if ZoneColor.RED not in {zone.zone for zone in block.zones}:
        hint = "Add `- zone: red`; it shows the red flags of the tier 'now'."
        yield ("zones",), Problem("there is no red zone", hint)
    for index, zone in enumerate(block.zones):
        if zone.zone is ZoneColor.RED and zone.signs is not None:
            message = "the signs of the red zone are the red flags of the tier 'now'"
            hint = "Write them below `red_flags:`, and delete `signs:` here."
            yield ("zones", index, "signs"), Problem(message, hint)
        elif zone.signs is None and tier_of(zone) is None:
            hint = "Write its signs below `signs:`."
            yield ("zones", index), Problem("this zone has no signs", hint)
        if zone.title is None and tier_of(zone) is None:
            hint = "Write below `title:` what it means, such as: You are doing well."
            yield ("zones", index), Problem("this zone has no title", hint)
