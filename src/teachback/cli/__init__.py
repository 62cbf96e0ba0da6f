"""Parse the command line with Click, call one command, and print what came of it.

In: arguments. Out: text on the terminal and an exit code.
"""
