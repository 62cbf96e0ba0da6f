"""Parse the command line with Click, call one command, and print its result.

Input: arguments. Output: text on the terminal and an exit code.
"""
