"""Limit how many requests a session or an address may send."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# A key that is held down asks 60 times a second for the pages of a handout and its cards.
RATE: Final = 40.0
AT_ONCE: Final = 200.0
MOST_COUNTED: Final = 10_000


@dataclass
class RequestLimit:
    """Each sender may send `at_once` requests at once, and `rate` more each second.

    `clock` returns seconds.
    """

    rate: float = RATE
    at_once: float = AT_ONCE
    clock: Callable[[], float] = time.monotonic
    # By sender: the requests that are left, and when they were counted.
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, sender: str) -> int:
        """Count a request. Return 0, or the seconds after which the next one is answered."""
        now = self.clock()
        if len(self._left) > MOST_COUNTED:
            self._left = {
                name: (left, counted)
                for name, (left, counted) in self._left.items()
                if now - counted < 1
            }
        left, counted = self._left.get(sender, (self.at_once, now))
        left = min(self.at_once, left + (now - counted) * self.rate)
        self._left[sender] = (left - (left >= 1), now)
        return 0 if left >= 1 else ceil((1 - left) / self.rate)
