"""Metamorphic tests: a note is changed in one known way, and the record must change in just that way, or not at all.

``notes.toml`` holds the notes, ``truth`` what a coder makes of them, ``changes`` and its neighbours the pairs,
``misses.toml`` the pairs that are read wrongly today, each with its cause. ``python -m tests.metamorphic`` reads all of
them and writes ``docs/metamorphic.md``.
"""
