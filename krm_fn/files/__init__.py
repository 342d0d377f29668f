"""Packages on disk: which files belong to one, how they are read as one package, previewed and written back.

For the commands only; the function itself meets streams and nothing else.
"""
