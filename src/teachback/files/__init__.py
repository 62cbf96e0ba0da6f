"""Read and write the files of a workspace: YAML, styles, pictures and fonts.

Input: paths. Output: decoded text, YAML data with the location of each value, and files that are
written whole or not at all.
"""
