"""Flapjack, blocking: the client, its resources and what they open."""

from flexsdk.blocking._facade import names_of

__getattr__ = names_of("flexsdk.platforms.flapjack")
