"""Run the commands of the command line, one module per command.

Input: settings and a workspace. Output: a value for the command line to print.
"""
