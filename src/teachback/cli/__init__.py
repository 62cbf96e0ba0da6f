"""Parse the command line with Click, call one command, and print its result.

Input: arguments. Output: text on the terminal and an exit code.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.cli.app import run as run

__getattr__ = finder(__name__, {"run": "app"})
