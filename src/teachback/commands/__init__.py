"""Do what each command of the command line asks for, one module a command.

In: settings and a workspace. Out: a value for the command line to print.
"""
