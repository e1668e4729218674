"""Decisions without I/O: pure functions and small objects that are given the time."""
