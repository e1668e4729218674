"""The client of Fleece AI."""

from __future__ import annotations

from functools import cached_property

from flexsdk.core.client import Client
from flexsdk.platforms.fleece.agents import Agents
from flexsdk.platforms.fleece.dialect import DIALECT
from flexsdk.platforms.fleece.flows import Flows
from flexsdk.platforms.fleece.keys import Keys

__all__ = ["Fleece"]


class Fleece(Client):
    """Agents, scheduled flows with their runs, and API keys.

    The key comes from ``FLEECE_API_KEY``, another address from ``FLEECE_BASE_URL``. Everything else is as on
    :class:`~flexsdk.core.client.Client`.
    """

    dialect = DIALECT

    @cached_property
    def agents(self) -> Agents:
        """Agents."""
        return Agents(self)

    @cached_property
    def flows(self) -> Flows:
        """Scheduled workflows and their runs."""
        return Flows(self)

    @cached_property
    def keys(self) -> Keys:
        """API keys."""
        return Keys(self)
