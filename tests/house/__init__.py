"""Keeps the code easy to enter.

`python -m tests.house` prints the figures; with `--check` it is part of `make check`.
"""
