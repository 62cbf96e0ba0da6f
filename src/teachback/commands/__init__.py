"""Do what the commands of the command line ask for; several share steps.

Input: settings and a workspace. Output: a value for the command line to print.
"""
