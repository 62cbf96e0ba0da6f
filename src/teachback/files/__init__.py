"""Read and write the files of a workspace: YAML, styles, pictures and fonts.

In: paths. Out: decoded text, YAML with the place of each value, and files that are written whole or not at all.
"""
