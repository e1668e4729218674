"""The client of Flapjack."""

from __future__ import annotations

from functools import cached_property

from flexsdk.core.client import Client
from flexsdk.platforms.flapjack.agents import Agents
from flexsdk.platforms.flapjack.dialect import DIALECT
from flexsdk.platforms.flapjack.threads import Threads

__all__ = ["Flapjack"]


class Flapjack(Client):
    """AI agents, their threads, and answers as streams.

    The key comes from ``FLAPJACK_API_KEY``, another address from ``FLAPJACK_BASE_URL``. Everything else is as
    on :class:`~flexsdk.core.client.Client`.
    """

    dialect = DIALECT

    @cached_property
    def agents(self) -> Agents:
        """Agents and their configuration."""
        return Agents(self)

    @cached_property
    def threads(self) -> Threads:
        """Conversations and their streams."""
        return Threads(self)
