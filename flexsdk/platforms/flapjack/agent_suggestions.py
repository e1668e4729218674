"""Suggestions how to improve an agent. Source: seed 004. All field names are inferred."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import UNDOCUMENTED
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "LIST_SUGGESTIONS",
    "SET_DISMISSED",
    "AgentSuggestions",
    "Suggestion",
    "SuggestionCreate",
    "SuggestionDismissal",
]

_PATH = "/api/agents/{agent_id}/suggestions"


class Suggestion(Model, frozen=True, kw_only=True):
    """One idea how an agent could work better; its states are not documented."""

    id: str = ""
    agent_id: str | None = None
    title: str = ""
    content: str = ""
    status: str | None = None
    dismissed_at: str | None = None
    created_at: datetime | None = None


class SuggestionCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation; none of its fields is known."""


class SuggestionDismissal(CamelParams, frozen=True, kw_only=True):
    """The body of ``SET_DISMISSED``."""

    suggestion_id: str | UnsetType = UNSET
    dismissed: bool | UnsetType = UNSET


LIST_SUGGESTIONS = Op(
    "agents_suggestions_list", "GET", _PATH, Page[Suggestion], query=("includeDismissed",), envelope=LIST
)
CREATE: Op[Any] = Op("agents_suggestions_create", "POST", _PATH, UNDOCUMENTED, body=SuggestionCreate)
SET_DISMISSED: Op[Any] = Op(
    "agents_suggestions_set_dismissed", "PUT", _PATH, UNDOCUMENTED, body=SuggestionDismissal
)


class AgentSuggestions(Resource):
    """Suggestions for an agent; reached as ``client.agents.suggestions``."""

    async def create(
        self, agent_id: str, fields: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Any:
        """Let the platform make suggestions, and give its answer as it comes: its shape was not seen.

        May cost model tokens. Not repeated after an ambiguous failure: list the suggestions first.

        Args:
            fields: the body, with the names of the platform; none are documented.
        """
        return await self._call(CREATE, agent_id, body=fields, **options)

    async def set_dismissed(
        self, agent_id: str, suggestion_id: str, dismissed: bool, **options: Unpack[CallOptions]
    ) -> Any:
        """Put a suggestion aside or take it back, and give the answer as it comes. Safe to repeat."""
        body = SuggestionDismissal(suggestion_id=suggestion_id, dismissed=dismissed)
        return await self._call(SET_DISMISSED, agent_id, body=body, **options)

    def list(
        self, agent_id: str, *, include_dismissed: bool | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Suggestion]:
        """List the suggestions; the platform sends one page. Safe to repeat.

        Args:
            include_dismissed: also those put aside; the name on the wire is inferred.
        """
        return self._pages(
            LIST_SUGGESTIONS, agent_id, query={"includeDismissed": include_dismissed}, **options
        )
