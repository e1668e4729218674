"""Measurements beside other clients; ``python -m benchmarks`` lists them.

One file answers one question: a module of this package with the text ``QUESTION`` and a function
``run(*, quick: bool) -> list[Result]``. It is found by its file name; a leading underscore marks a helper.
"""
