"""Who speaks in a thread, and the computer of a thread. Source: seed 004, "Threads"; the vendor's skill file.

The bodies and answers of these operations are not documented; their names are inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "ADD",
    "COMPUTER_GET",
    "COMPUTER_UPDATE",
    "LIST_PARTICIPANTS",
    "REMOVE",
    "Participant",
    "ParticipantAdd",
    "ParticipantRemove",
    "Participants",
    "ThreadComputer",
    "ThreadComputerState",
]


class Participant(Model, frozen=True, kw_only=True):
    """A voice in a multiplayer thread: a person or an agent. All names are inferred."""

    id: str | None = None
    thread_id: str | None = None
    kind: Literal["user", "agent"] | str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    role: str | None = None
    display_name: str | None = None
    created_at: datetime | None = None


class ParticipantAdd(CamelParams, frozen=True, kw_only=True):
    """The body of an addition; all names are inferred."""

    user_id: str | UnsetType = UNSET
    agent_id: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    role: str | UnsetType = UNSET


class ParticipantRemove(CamelParams, frozen=True, kw_only=True):
    """The body of a removal; all names are inferred."""

    participant_id: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    agent_id: str | UnsetType = UNSET


ThreadComputerState: TypeAlias = dict[str, Any]
"""No source shows what stands in it."""

LIST_PARTICIPANTS = Op(
    "threads_participants_list",
    "GET",
    "/api/threads/{thread_id}/participants",
    Page[Participant],
    envelope=LIST,
)
ADD = Op(
    "threads_participants_add",
    "POST",
    "/api/threads/{thread_id}/participants",
    Participant,
    body=ParticipantAdd,
)
REMOVE: Op[None] = Op(
    "threads_participants_remove",
    "DELETE",
    "/api/threads/{thread_id}/participants",
    None,
    body=ParticipantRemove,
)
COMPUTER_GET = Op("threads_computer_get", "GET", "/api/threads/{thread_id}/computer", ThreadComputerState)
COMPUTER_UPDATE = Op(
    "threads_computer_update", "PUT", "/api/threads/{thread_id}/computer", ThreadComputerState, body=dict
)


class Participants(Resource):
    """The voices of a multiplayer thread; reached as ``client.threads.participants``."""

    async def add(
        self,
        thread_id: str,
        *,
        user_id: str | UnsetType = UNSET,
        agent_id: str | UnsetType = UNSET,
        display_name: str | UnsetType = UNSET,
        role: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Participant:
        """Add a person or an agent to a thread. All names are inferred.

        Not repeated after an ambiguous failure: list the participants first.

        Args:
            user_id: a person; pass this or ``agent_id``.
            agent_id: an agent, which then is addressed by mentioning it.
            display_name: how the others see it.
            role: a word of the platform's; none is documented.
        """
        _check_one(user_id=user_id, agent_id=agent_id)
        body = ParticipantAdd(user_id=user_id, agent_id=agent_id, display_name=display_name, role=role)
        return await self._call(ADD, thread_id, body=body, **options)

    async def remove(
        self,
        thread_id: str,
        participant_id: str | UnsetType = UNSET,
        *,
        user_id: str | UnsetType = UNSET,
        agent_id: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> None:
        """Remove a participant, named in one of three ways (inferred). Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        _check_one(participant_id=participant_id, user_id=user_id, agent_id=agent_id)
        body = ParticipantRemove(participant_id=participant_id, user_id=user_id, agent_id=agent_id)
        await self._call(REMOVE, thread_id, body=body, **options)

    def list(self, thread_id: str, **options: Unpack[CallOptions]) -> Pages[Participant]:
        """List the participants of a thread; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_PARTICIPANTS, thread_id, **options)


class ThreadComputer(Resource):
    """The state of a computer that belongs to one thread; reached as ``client.threads.computer``.

    No source shows its shape, so it is passed through as plain data.
    """

    async def get(self, thread_id: str, **options: Unpack[CallOptions]) -> ThreadComputerState:
        """Read the state. Safe to repeat."""
        return await self._call(COMPUTER_GET, thread_id, **options)

    async def update(
        self, thread_id: str, state: Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> ThreadComputerState:
        """Write the state and give it as the platform keeps it. Safe to repeat.

        Whether members that are left out stay is not documented: send all of them.
        """
        return await self._call(COMPUTER_UPDATE, thread_id, body=state, **options)


def _check_one(**names: object) -> None:
    given = [name for name, value in names.items() if value is not UNSET]
    if len(given) != 1:
        raise ConfigError(f"pass exactly one of {', '.join(f'{name}=' for name in names)}")
