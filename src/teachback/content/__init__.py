"""Load what a clinic writes, handouts and shared files, and check it against its models.

Input: a path of a workspace. Output: a `Handout` that holds every audience, or problems with file,
line and column.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.content.handout import Handout as Handout
    from teachback.content.loader import load_handout as load_handout
    from teachback.content.loader import read_handouts as read_handouts
    from teachback.content.workspace_content import load_shared as load_shared

__getattr__ = finder(
    __name__,
    {
        "Handout": "handout",
        "load_handout": "loader",
        "load_shared": "workspace_content",
        "read_handouts": "loader",
    },
)
