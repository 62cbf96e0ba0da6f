"""Read and write files: YAML, styles, pictures, fonts, and the tables of office programs.

Input: paths. Output: decoded text, YAML data with the location of each value, and files that are
written whole or not at all.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.files.workspace import open_workspace as open_workspace
    from teachback.files.workspace import write_whole as write_whole
    from teachback.files.yaml_reader import read_yaml as read_yaml

__getattr__ = finder(
    __name__,
    {"open_workspace": "workspace", "read_yaml": "yaml_reader", "write_whole": "workspace"},
)
