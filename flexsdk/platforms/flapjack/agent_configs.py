"""Settings of Flapjack agents, one resource a group.

Source: seed 004, "Agents"; docs concepts/memory, concepts/compaction, concepts/computer, concepts/agents,
guides/heyvm-setup; the vendor's integration skill. All groups are read and written alike. Of some of them
no field but ``enabled`` is known, and that one is inferred: these are plain dicts, so that what the
platform has more passes through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, Unpack

from msgspec import field
from msgspec.structs import force_setattr

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.bodies import filled
from flexsdk.structs import UNSET, CamelParams, Model, UnsetType
from flexsdk.types import CallOptions

if TYPE_CHECKING:
    from flexsdk.core.client import Client

__all__ = [
    "GET_COMPACTION",
    "GET_COMPUTER",
    "GET_CREDENTIALS",
    "GET_DELEGATED",
    "GET_MEMORY",
    "GET_MULTIPLAYER",
    "GET_PLAN",
    "GET_SCHEDULED_TASKS",
    "GET_WEB",
    "UPDATE_COMPACTION",
    "UPDATE_COMPUTER",
    "UPDATE_CREDENTIALS",
    "UPDATE_DELEGATED",
    "UPDATE_MEMORY",
    "UPDATE_MULTIPLAYER",
    "UPDATE_PLAN",
    "UPDATE_SCHEDULED_TASKS",
    "UPDATE_WEB",
    "AgentConfig",
    "CompactionConfig",
    "CompactionConfigUpdate",
    "ComputerConfig",
    "ComputerConfigUpdate",
    "ConfigSwitch",
    "CredentialConfig",
    "CredentialConfigUpdate",
    "MemoryConfig",
    "MemoryConfigUpdate",
    "OpenConfig",
    "OpenConfigUpdate",
    "ScheduledTasksConfig",
]

T = TypeVar("T")
B = TypeVar("B", bound=CamelParams | Mapping[str, Any])


class _TwiceSpelled(Model, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Base of answers whose spelling was not seen: the other name of a field ``x`` is read by ``_x``."""

    def __post_init__(self) -> None:
        """Move what came under the other name."""
        for other in filter(lambda name: name.startswith("_"), self.__struct_fields__):
            value: object = getattr(self, other)
            if value is not None:
                force_setattr(self, other[1:], value)
                force_setattr(self, other, None)


class MemoryConfig(Model, frozen=True, kw_only=True):
    """What an agent remembers by itself, and where: per agent, thread and resource."""

    enabled: bool | None = None
    auto_collect: bool | None = None
    auto_inject: bool | None = None
    inject_count: int | None = None
    max_memories: int | None = None
    agent_scope: bool | None = None
    thread_scope: bool | None = None
    resource_scope: bool | None = None


class MemoryConfigUpdate(CamelParams, frozen=True, kw_only=True):
    """What is written of :class:`MemoryConfig`; the spelling is inferred. ``inject_count`` is per turn."""

    enabled: bool | UnsetType = UNSET
    auto_collect: bool | UnsetType = UNSET
    auto_inject: bool | UnsetType = UNSET
    inject_count: int | UnsetType = UNSET
    max_memories: int | UnsetType = UNSET
    agent_scope: bool | UnsetType = UNSET
    thread_scope: bool | UnsetType = UNSET
    resource_scope: bool | UnsetType = UNSET


class ComputerConfig(Model, frozen=True, kw_only=True):
    """The computer of an agent; the word lists come from examples."""

    enabled: bool = False
    provider: Literal["tensorlake", "vercel", "heyvm"] | str | None = None
    mode: Literal["ephemeral", "persistent", "custom"] | str | None = None
    scope: Literal["thread", "agent"] | str | None = None
    size_class: Literal["small", "medium", "large"] | str | None = None


class ComputerConfigUpdate(CamelParams, frozen=True, kw_only=True):
    """What is written of :class:`ComputerConfig`.

    Raises:
        ConfigError: ``mode`` is persistent or custom, and ``provider`` is another than heyvm.
    """

    enabled: bool | UnsetType = UNSET
    provider: Literal["tensorlake", "vercel", "heyvm"] | UnsetType = UNSET
    mode: Literal["ephemeral", "persistent", "custom"] | UnsetType = UNSET
    scope: Literal["thread", "agent"] | UnsetType = UNSET
    size_class: Literal["small", "medium", "large"] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a computer that no provider has."""
        lasting = self.mode in ("persistent", "custom")
        if lasting and self.provider not in ("heyvm", UNSET):
            raise ConfigError(f"mode {self.mode!r} needs the provider 'heyvm', not {self.provider!r}")


class CompactionConfig(_TwiceSpelled, frozen=True, kw_only=True, repr_omit_defaults=True):
    """When a long conversation is summarized; the thresholds are in tokens."""

    enabled: bool | None = None
    anthropic_trigger_tokens: int | None = None
    anthropic_instructions: str | None = None
    anthropic_pause_after: bool | None = None
    openai_compact_threshold: int | None = None
    _anthropic_trigger_tokens: int | None = field(default=None, name="anthropicTriggerTokens")
    _anthropic_instructions: str | None = field(default=None, name="anthropicInstructions")
    _anthropic_pause_after: bool | None = field(default=None, name="anthropicPauseAfter")
    _openai_compact_threshold: int | None = field(default=None, name="openaiCompactThreshold")


class CompactionConfigUpdate(CamelParams, frozen=True, kw_only=True):
    """What is written of :class:`CompactionConfig`.

    ``anthropic_trigger_tokens`` is 50,000 or more (default 150,000), ``openai_compact_threshold`` 1,000 or
    more (default 100,000). ``anthropic_instructions`` are a prompt of your own; with
    ``anthropic_pause_after`` the platform pauses after it, so that content can be inserted.

    Raises:
        ConfigError: a threshold is too low.
    """

    enabled: bool | UnsetType = UNSET
    anthropic_trigger_tokens: int | UnsetType = UNSET
    anthropic_instructions: str | UnsetType | None = UNSET
    anthropic_pause_after: bool | UnsetType = UNSET
    openai_compact_threshold: int | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse thresholds below the documented ones."""
        _check_least("anthropic_trigger_tokens", self.anthropic_trigger_tokens, 50_000)
        _check_least("openai_compact_threshold", self.openai_compact_threshold, 1_000)


class CredentialConfig(Model, frozen=True, kw_only=True):
    """Whose model keys an agent uses: with a resolver, those that your own service hands out."""

    enabled: bool
    resolver_url: str | None = None
    timeout_ms: int | None = None


class CredentialConfigUpdate(CamelParams, frozen=True, kw_only=True):
    """What is written of :class:`CredentialConfig`.

    ``resolver_url`` is asked before each request to a model; ``timeout_ms`` is in milliseconds, by default
    5,000.

    Raises:
        ConfigError: the address is not https, or there is no time to answer.
    """

    enabled: bool | UnsetType = UNSET
    resolver_url: str | UnsetType = UNSET
    timeout_ms: int | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse an address without encryption: model keys come from there."""
        if self.resolver_url is not UNSET and not self.resolver_url.startswith("https://"):
            raise ConfigError("resolver_url has to begin with https://")
        _check_least("timeout_ms", self.timeout_ms, 1)


class ScheduledTasksConfig(_TwiceSpelled, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Whether an agent may set reminders and recurring jobs."""

    enabled: bool | None = None
    _enabled: bool | None = field(default=None, name="scheduled_tasks_enabled")


class ConfigSwitch(CamelParams, frozen=True, kw_only=True):
    """The one field that all settings share; inferred."""

    enabled: bool | UnsetType = UNSET


OpenConfig: TypeAlias = dict[str, Any]
"""Settings of which only ``enabled`` is known."""
OpenConfigUpdate: TypeAlias = ConfigSwitch | Mapping[str, Any]
"""What is written of them: the switch, or a mapping with the names of the platform."""


def _pair(group: str, answer: type[T], body: type[CamelParams]) -> tuple[Op[T], Op[T]]:
    path = f"/api/agents/{{agent_id}}/{group.replace('_', '-')}"
    return (
        Op(f"agents_{group}_get", "GET", path, answer),
        Op(f"agents_{group}_update", "PUT", path, answer, body=body),
    )


GET_WEB, UPDATE_WEB = _pair("web", OpenConfig, ConfigSwitch)
GET_MEMORY, UPDATE_MEMORY = _pair("memory", MemoryConfig, MemoryConfigUpdate)
GET_PLAN, UPDATE_PLAN = _pair("plan", OpenConfig, ConfigSwitch)
GET_COMPUTER, UPDATE_COMPUTER = _pair("computer", ComputerConfig, ComputerConfigUpdate)
GET_COMPACTION, UPDATE_COMPACTION = _pair("compaction", CompactionConfig, CompactionConfigUpdate)
GET_CREDENTIALS, UPDATE_CREDENTIALS = _pair("credentials", CredentialConfig, CredentialConfigUpdate)
GET_MULTIPLAYER, UPDATE_MULTIPLAYER = _pair("multiplayer", OpenConfig, ConfigSwitch)
GET_DELEGATED, UPDATE_DELEGATED = _pair("delegated", OpenConfig, ConfigSwitch)
GET_SCHEDULED_TASKS, UPDATE_SCHEDULED_TASKS = _pair("scheduled_tasks", ScheduledTasksConfig, ConfigSwitch)


class AgentConfig(Resource, Generic[T, B]):
    """One group of settings of an agent, such as ``client.agents.memory``."""

    def __init__(self, client: Client, get: Op[T], update: Op[T]) -> None:
        super().__init__(client)
        self._get = get
        self._update = update

    async def get(self, agent_id: str, **options: Unpack[CallOptions]) -> T:
        """Read the settings. Safe to repeat.

        Raises:
            NotFound: no such agent.
        """
        return await self._call(self._get, agent_id, **options)

    async def update(self, agent_id: str, config: B, **options: Unpack[CallOptions]) -> T:
        """Write the settings, and give them as they are stored (inferred). Safe to repeat.

        Whether settings that are left out stay as they are or fall back to their defaults is not documented:
        write all that matter to you.

        Args:
            config: the settings; a mapping, for the groups that take one, goes out as it is.

        Raises:
            ConfigError: there is nothing in it; nothing was sent.
            NotFound: no such agent.
        """
        return await self._call(self._update, agent_id, body=filled(config), **options)


def _check_least(name: str, value: int | UnsetType, least: int) -> None:
    if value is not UNSET and value < least:
        raise ConfigError(f"{name} has to be {least:,} or more, not {value:,}")
