"""Run a test for each bad and each good example of some rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.checking.rule import Rule


def each_example(rules: Iterable[Rule]) -> pytest.MarkDecorator:
    """Return a mark that gives a test a `rule`, an `example` of it, and whether that is `bad`.

    Each rule must have at least two of either kind.
    """
    rows = []
    for rule in rules:
        assert min(len(rule.bad), len(rule.good)) >= 2, rule.id
        rows += [(rule, example, True) for example in rule.bad]
        rows += [(rule, example, False) for example in rule.good]
    return pytest.mark.parametrize(
        ("rule", "example", "bad"),
        rows,
        ids=lambda value: getattr(value, "id", getattr(value, "text", value)),
    )
