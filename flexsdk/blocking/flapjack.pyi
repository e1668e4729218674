# Written by python -m flexsdk.blocking._stubs
# fmt: off
# ruff: noqa: A002, E501, I001, RUF100

import collections.abc
import flexsdk.blocking.core
import flexsdk.core.body
import flexsdk.core.call
import flexsdk.platforms.flapjack.agent_attachments
import flexsdk.platforms.flapjack.agent_channels
import flexsdk.platforms.flapjack.agent_configs
import flexsdk.platforms.flapjack.agent_marketplace
import flexsdk.platforms.flapjack.agent_suggestions
import flexsdk.platforms.flapjack.agents
import flexsdk.platforms.flapjack.analytics
import flexsdk.platforms.flapjack.chats
import flexsdk.platforms.flapjack.code_agents
import flexsdk.platforms.flapjack.code_session_events
import flexsdk.platforms.flapjack.code_session_messages
import flexsdk.platforms.flapjack.code_sessions
import flexsdk.platforms.flapjack.computer_data
import flexsdk.platforms.flapjack.computer_events
import flexsdk.platforms.flapjack.events
import flexsdk.platforms.flapjack.function_tools
import flexsdk.platforms.flapjack.integrations
import flexsdk.platforms.flapjack.keys
import flexsdk.platforms.flapjack.knowledge
import flexsdk.platforms.flapjack.marketplace
import flexsdk.platforms.flapjack.mcp_registry
import flexsdk.platforms.flapjack.mcps
import flexsdk.platforms.flapjack.messages
import flexsdk.platforms.flapjack.participants
import flexsdk.platforms.flapjack.plan
import flexsdk.platforms.flapjack.projects
import flexsdk.platforms.flapjack.runner_analytics
import flexsdk.platforms.flapjack.runner_connections
import flexsdk.platforms.flapjack.runner_runs
import flexsdk.platforms.flapjack.runner_settings
import flexsdk.platforms.flapjack.runner_skills
import flexsdk.platforms.flapjack.runner_steps
import flexsdk.platforms.flapjack.runner_triggers
import flexsdk.platforms.flapjack.runners
import flexsdk.platforms.flapjack.skills
import flexsdk.platforms.flapjack.threads
import flexsdk.platforms.flapjack.todo_deps
import flexsdk.platforms.flapjack.todos
import flexsdk.platforms.flapjack.tools
import flexsdk.platforms.flapjack.traces
import flexsdk.protocol.redact
import flexsdk.structs
import flexsdk.types
import types
import typing

B = typing.TypeVar('B', bound=flexsdk.structs.CamelParams | collections.abc.Mapping[str, typing.Any])
T = typing.TypeVar('T')

class AgentChannels(flexsdk.blocking.core.Resource):
    @property
    def contacts(self) -> ChannelContacts: ...
    def create(
        self,
        agent_id: str,
        kind: flexsdk.platforms.flapjack.agent_channels.ChannelKind,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        credentials: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agent_channels.Channel: ...
    def update(
        self,
        agent_id: str,
        channel_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        enabled: bool | flexsdk.structs.UnsetType = ...,
        config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        credentials: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agent_channels.Channel: ...
    def delete(
        self,
        agent_id: str,
        channel_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agent_channels.Channel]: ...

class AgentComputers(flexsdk.blocking.core.Resource):
    def list(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agent_attachments.ComputerInstance]: ...

class AgentConfig(flexsdk.blocking.core.Resource, typing.Generic[T, B]):
    def get(self, agent_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> T: ...
    def update(self, agent_id: str, config: B, **options: typing.Unpack[flexsdk.types.CallOptions]) -> T: ...

class AgentIntegrations(flexsdk.blocking.core.Resource):
    def attach(
        self,
        agent_id: str,
        integration_id: str,
        *,
        allowed_tables: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agent_attachments.Attachment: ...
    def detach(
        self,
        agent_id: str,
        integration_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agent_attachments.Attachment]: ...

class AgentMarketplace(flexsdk.blocking.core.Resource):
    def get(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agent_marketplace.MarketplaceProfile | None: ...
    def update(
        self,
        agent_id: str,
        *,
        handle: str | flexsdk.structs.UnsetType = ...,
        display_name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        capabilities: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        is_published: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agent_marketplace.MarketplaceProfile: ...
    def delete(self, agent_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def upload_avatar(
        self,
        agent_id: str,
        file: flexsdk.core.body.Upload | flexsdk.core.body.FileSource,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> typing.Any: ...

class AgentMcps(flexsdk.blocking.core.Resource):
    def attach(
        self,
        agent_id: str,
        mcp_server_id: str,
        *,
        allowed_tools: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agent_attachments.Attachment: ...
    def detach(
        self,
        agent_id: str,
        mcp_server_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agent_attachments.Attachment]: ...

class AgentSkills(flexsdk.blocking.core.Resource):
    def attach(
        self,
        agent_id: str,
        skill_id: str,
        *,
        enabled: bool | flexsdk.structs.UnsetType = ...,
        prompt_override: str | flexsdk.structs.UnsetType = ...,
        credential: typing.Any = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agent_attachments.AgentSkill: ...
    def list(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agent_attachments.AgentSkill]: ...

class AgentSuggestions(flexsdk.blocking.core.Resource):
    def create(
        self,
        agent_id: str,
        fields: collections.abc.Mapping[str, typing.Any] | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> typing.Any: ...
    def set_dismissed(
        self,
        agent_id: str,
        suggestion_id: str,
        dismissed: bool,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> typing.Any: ...
    def list(
        self,
        agent_id: str,
        *,
        include_dismissed: bool | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agent_suggestions.Suggestion]: ...

class Agents(Publishing):
    @property
    def web(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.OpenConfig, flexsdk.platforms.flapjack.agent_configs.OpenConfigUpdate]: ...
    @property
    def memory(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.MemoryConfig, flexsdk.platforms.flapjack.agent_configs.MemoryConfigUpdate]: ...
    @property
    def plan(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.OpenConfig, flexsdk.platforms.flapjack.agent_configs.OpenConfigUpdate]: ...
    @property
    def computer(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.ComputerConfig, flexsdk.platforms.flapjack.agent_configs.ComputerConfigUpdate]: ...
    @property
    def compaction(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.CompactionConfig, flexsdk.platforms.flapjack.agent_configs.CompactionConfigUpdate]: ...
    @property
    def credentials(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.CredentialConfig, flexsdk.platforms.flapjack.agent_configs.CredentialConfigUpdate]: ...
    @property
    def multiplayer(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.OpenConfig, flexsdk.platforms.flapjack.agent_configs.OpenConfigUpdate]: ...
    @property
    def delegated(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.OpenConfig, flexsdk.platforms.flapjack.agent_configs.OpenConfigUpdate]: ...
    @property
    def scheduled_tasks(
        self,
    ) -> AgentConfig[flexsdk.platforms.flapjack.agent_configs.ScheduledTasksConfig, flexsdk.platforms.flapjack.agent_configs.ConfigSwitch]: ...
    @property
    def marketplace(self) -> AgentMarketplace: ...
    @property
    def suggestions(self) -> AgentSuggestions: ...
    @property
    def channels(self) -> AgentChannels: ...
    @property
    def skills(self) -> AgentSkills: ...
    @property
    def mcps(self) -> AgentMcps: ...
    @property
    def integrations(self) -> AgentIntegrations: ...
    @property
    def computer_instances(self) -> AgentComputers: ...
    def create(
        self,
        name: str,
        *,
        description: str | flexsdk.structs.UnsetType = ...,
        stable_preamble: str | flexsdk.structs.UnsetType = ...,
        default_model: str | flexsdk.structs.UnsetType = ...,
        org_id: str | flexsdk.structs.UnsetType = ...,
        project_id: str | flexsdk.structs.UnsetType | None = ...,
        temperature: float | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agents.Agent: ...
    def get(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agents.Agent: ...
    def update(
        self,
        agent_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        stable_preamble: str | flexsdk.structs.UnsetType = ...,
        default_model: str | flexsdk.structs.UnsetType = ...,
        tool_profiles: dict[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        default_profile: str | flexsdk.structs.UnsetType | None = ...,
        project_id: str | flexsdk.structs.UnsetType | None = ...,
        temperature: float | flexsdk.structs.UnsetType = ...,
        runtime_provider: typing.Literal['tensorlake', 'modal'] | flexsdk.structs.UnsetType | None = ...,
        scheduled_tasks_enabled: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.agents.Agent: ...
    def delete(self, agent_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        *,
        org_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agents.Agent]: ...

class Analytics(flexsdk.blocking.core.Resource):
    def get(
        self,
        *,
        period: typing.Literal['7d', '30d', '90d'] | None = None,
        agent_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.analytics.AnalyticsReport: ...

class AnswerStream:
    def __enter__(self) -> typing.Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None: ...
    def __iter__(self) -> typing.Self: ...
    def __next__(self) -> flexsdk.platforms.flapjack.events.Event: ...
    def text(self) -> collections.abc.Iterator[str]: ...
    def until_done(self) -> flexsdk.platforms.flapjack.events.Answer: ...
    @property
    def result(self) -> flexsdk.platforms.flapjack.events.Answer: ...
    @property
    def reply(self) -> flexsdk.core.call.Reply[None]: ...
    def cancel(self, *, stop: bool | None = None) -> None: ...
    def close(self) -> None: ...

class ChannelContacts(flexsdk.blocking.core.Resource):
    def list(
        self,
        agent_id: str,
        channel_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.agent_channels.ChannelContact]: ...

class CodeAgents(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        *,
        description: str | flexsdk.structs.UnsetType | None = ...,
        model_id: str | flexsdk.structs.UnsetType = ...,
        model_params: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        default_repo_url: str | flexsdk.structs.UnsetType | None = ...,
        default_starting_ref: str | flexsdk.structs.UnsetType | None = ...,
        auto_create_pr: bool | flexsdk.structs.UnsetType = ...,
        work_on_current_branch: bool | flexsdk.structs.UnsetType = ...,
        skip_reviewer_request: bool | flexsdk.structs.UnsetType = ...,
        preamble: str | flexsdk.structs.UnsetType | None = ...,
        org_id: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_agents.CodeAgent: ...
    def get(
        self,
        code_agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_agents.CodeAgent: ...
    def update(
        self,
        code_agent_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        model_id: str | flexsdk.structs.UnsetType = ...,
        model_params: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        default_repo_url: str | flexsdk.structs.UnsetType | None = ...,
        default_starting_ref: str | flexsdk.structs.UnsetType | None = ...,
        auto_create_pr: bool | flexsdk.structs.UnsetType = ...,
        work_on_current_branch: bool | flexsdk.structs.UnsetType = ...,
        skip_reviewer_request: bool | flexsdk.structs.UnsetType = ...,
        preamble: str | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_agents.CodeAgent: ...
    def delete(self, code_agent_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        *,
        org_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.code_agents.CodeAgent]: ...

class CodeSessionEvents(flexsdk.blocking.core.Resource):
    def list(
        self,
        session_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.code_session_events.CodeSessionEvent]: ...

class CodeSessionMessages(flexsdk.blocking.core.Resource):
    def send(
        self,
        session_id: str,
        prompt: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_session_messages.CodeSessionMessage: ...

class CodeSessionTimeline:
    def __iter__(self) -> typing.Self: ...
    def __next__(self) -> flexsdk.platforms.flapjack.code_session_events.CodeSessionEvent: ...
    def close(self) -> None: ...

class CodeSessions(flexsdk.blocking.core.LongWork[flexsdk.platforms.flapjack.code_sessions.CodeSession, flexsdk.platforms.flapjack.code_sessions.SessionName]):
    @property
    def messages(self) -> CodeSessionMessages: ...
    @property
    def events(self) -> CodeSessionEvents: ...
    def start(
        self,
        code_agent_id: str,
        prompt: str,
        *,
        repo_url: str | flexsdk.structs.UnsetType = ...,
        starting_ref: str | flexsdk.structs.UnsetType = ...,
        model_id: str | flexsdk.structs.UnsetType = ...,
        auto_create_pr: bool | flexsdk.structs.UnsetType = ...,
        cursor_api_key: str | flexsdk.protocol.redact.Secret | flexsdk.structs.UnsetType = ...,
        title: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_sessions.CodeSession: ...
    def get(
        self,
        session_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_sessions.CodeSession: ...
    def update(
        self,
        session_id: str,
        *,
        title: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_sessions.CodeSession: ...
    def cancel(
        self,
        session_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_sessions.CodeSession: ...
    def archive(
        self,
        session_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.code_sessions.CodeSession: ...
    def list(
        self,
        *,
        org_id: str | None = None,
        code_agent_id: str | None = None,
        status: flexsdk.platforms.flapjack.code_sessions.SessionStatus | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.code_sessions.CodeSession]: ...
    def follow(self, *, timeout: float | None = None) -> CodeSessionTimeline: ...

class Computers(flexsdk.blocking.core.LongWork[flexsdk.platforms.flapjack.computer_data.ComputerStatus, flexsdk.platforms.flapjack.computer_data.AgentFromTemplate | str]):
    def create_from_template(
        self,
        template: flexsdk.platforms.flapjack.computer_data.Template,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        repo: flexsdk.platforms.flapjack.computer_data.Repo | flexsdk.structs.UnsetType = ...,
        env: collections.abc.Mapping[str, str | flexsdk.protocol.redact.Secret] | flexsdk.structs.UnsetType = ...,
        size_class: typing.Literal['small', 'medium', 'large'] | flexsdk.structs.UnsetType = ...,
        webhook_url: str | flexsdk.structs.UnsetType = ...,
        external_app_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.computer_data.AgentFromTemplate: ...
    def status(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.computer_data.ComputerStatus: ...
    def bootstrap(
        self,
        agent_id: str,
        *,
        idle_timeout: float = 300.0,
        event_timeout: float = 300.0,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.EventStream[flexsdk.platforms.flapjack.computer_events.BootstrapEvent, flexsdk.platforms.flapjack.computer_events.Bootstrap]: ...
    def exec(
        self,
        agent_id: str,
        command: str,
        *,
        cwd: str | flexsdk.structs.UnsetType = ...,
        command_timeout: float | flexsdk.structs.UnsetType = ...,
        env: collections.abc.Mapping[str, str | flexsdk.protocol.redact.Secret] | flexsdk.structs.UnsetType = ...,
        idle_timeout: float = 300.0,
        event_timeout: float = 300.0,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.EventStream[flexsdk.platforms.flapjack.computer_events.ExecEvent, flexsdk.platforms.flapjack.computer_events.ExecResult]: ...

class CustomTools(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        description: str,
        url: str,
        parameters: collections.abc.Mapping[str, typing.Any],
        *,
        method: str | flexsdk.structs.UnsetType = ...,
        tool_headers: collections.abc.Mapping[str, str | flexsdk.protocol.redact.Secret] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.tools.CustomTool: ...
    def get(
        self,
        tool_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.tools.CustomTool: ...
    def update(
        self,
        tool_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        url: str | flexsdk.structs.UnsetType = ...,
        parameters: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.tools.CustomTool: ...
    def delete(self, tool_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.tools.CustomTool]: ...

class Flapjack(flexsdk.blocking.core.Client):
    @property
    def agents(self) -> Agents: ...
    @property
    def threads(self) -> Threads: ...
    @property
    def runners(self) -> Runners: ...
    @property
    def projects(self) -> Projects: ...
    @property
    def skills(self) -> Skills: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def code_agents(self) -> CodeAgents: ...
    @property
    def code_sessions(self) -> CodeSessions: ...
    @property
    def logs(self) -> Logs: ...
    @property
    def analytics(self) -> Analytics: ...
    @property
    def computers(self) -> Computers: ...
    @property
    def integrations(self) -> Integrations: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def knowledge(self) -> Knowledge: ...
    @property
    def marketplace(self) -> Marketplace: ...
    @property
    def mcp_registry(self) -> McpRegistry: ...
    @property
    def mcps(self) -> Mcps: ...
    @property
    def public_chats(self) -> PublicChats: ...
    @property
    def tools(self) -> CustomTools: ...

class Integrations(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        kind: flexsdk.platforms.flapjack.integrations.IntegrationKind,
        connection_string: str | flexsdk.protocol.redact.Secret,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.integrations.Integration: ...
    def get(
        self,
        integration_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.integrations.Integration: ...
    def delete(self, integration_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.integrations.Integration]: ...

class Keys(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.keys.ApiKeyCreated: ...
    def revoke(self, key_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.keys.ApiKey]: ...

class Knowledge(flexsdk.blocking.core.Resource):
    def upload(
        self,
        file: flexsdk.core.body.Upload | flexsdk.core.body.FileSource,
        *,
        agent_id: str | None = None,
        org_id: str | None = None,
        thread_id: str | None = None,
        title: str | None = None,
        on_progress: flexsdk.core.body.Progress | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.knowledge.KnowledgeUpload: ...
    def delete(self, doc_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        *,
        agent_id: str | None = None,
        org_id: str | None = None,
        thread_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.knowledge.KnowledgeDocument]: ...

class Logs(flexsdk.blocking.core.Resource):
    def get(
        self,
        trace_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.traces.TraceDetail: ...
    def list(
        self,
        *,
        agent_id: str | None = None,
        runner_id: str | None = None,
        thread_id: str | None = None,
        run_id: str | None = None,
        status: typing.Literal['running', 'ok', 'error'] | None = None,
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.traces.TraceSummary]: ...

class Marketplace(flexsdk.blocking.core.Resource):
    def use(
        self,
        template_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        org_id: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.marketplace.AgentRef: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.marketplace.OfficialTemplate]: ...

class McpRegistry(flexsdk.blocking.core.Resource):
    def search(
        self,
        query: str | None = None,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.mcp_registry.McpRegistryServer]: ...
    def managed(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.mcp_registry.ManagedMcpProvider]: ...

class Mcps(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        transport: flexsdk.platforms.flapjack.mcps.Transport,
        *,
        url: str | flexsdk.structs.UnsetType = ...,
        command: str | flexsdk.structs.UnsetType = ...,
        args: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        server_headers: flexsdk.platforms.flapjack.mcps.Secrets | flexsdk.structs.UnsetType = ...,
        server_env: flexsdk.platforms.flapjack.mcps.Secrets | flexsdk.structs.UnsetType = ...,
        allowed_tools: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.mcps.McpServer: ...
    def get(
        self,
        mcp_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.mcps.McpServer: ...
    def update(
        self,
        mcp_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        url: str | flexsdk.structs.UnsetType = ...,
        command: str | flexsdk.structs.UnsetType = ...,
        args: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        server_headers: flexsdk.platforms.flapjack.mcps.Secrets | flexsdk.structs.UnsetType = ...,
        server_env: flexsdk.platforms.flapjack.mcps.Secrets | flexsdk.structs.UnsetType = ...,
        allowed_tools: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.mcps.McpServer: ...
    def delete(self, mcp_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def test(
        self,
        mcp_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.mcps.McpTestResult: ...
    def start_oauth(
        self,
        mcp_id: str,
        *,
        client_id: str,
        authorize_url: str,
        token_url: str,
        scope: str | flexsdk.structs.UnsetType = ...,
        client_secret: str | flexsdk.protocol.redact.Secret | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.mcps.McpOAuthStarted: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.mcps.McpServer]: ...

class Participants(flexsdk.blocking.core.Resource):
    def add(
        self,
        thread_id: str,
        *,
        user_id: str | flexsdk.structs.UnsetType = ...,
        agent_id: str | flexsdk.structs.UnsetType = ...,
        display_name: str | flexsdk.structs.UnsetType = ...,
        role: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.participants.Participant: ...
    def remove(
        self,
        thread_id: str,
        participant_id: str | flexsdk.structs.UnsetType = ...,
        *,
        user_id: str | flexsdk.structs.UnsetType = ...,
        agent_id: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        thread_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.participants.Participant]: ...

class Plans(flexsdk.blocking.core.Resource):
    @property
    def todos(self) -> Todos: ...
    def create(
        self,
        thread_id: str,
        title: str,
        *,
        todos: collections.abc.Sequence[flexsdk.platforms.flapjack.plan.TodoCreate] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.plan.Plan: ...
    def get(
        self,
        plan_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.plan.Plan: ...
    def update(
        self,
        plan_id: str,
        *,
        title: str | flexsdk.structs.UnsetType = ...,
        status: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.plan.Plan: ...
    def delete(self, plan_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def ready(
        self,
        plan_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.plan.Todo]: ...
    def list(
        self,
        *,
        thread_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.plan.Plan]: ...

class Projects(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        *,
        slug: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.projects.Project: ...
    def get(
        self,
        project_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.projects.Project: ...
    def update(
        self,
        project_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        slug: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.projects.Project: ...
    def delete(self, project_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def members(
        self,
        project_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.projects.ProjectMembers: ...
    def list(
        self,
        *,
        org_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.projects.Project]: ...

class PublicChats(flexsdk.blocking.core.Resource):
    @property
    def threads(self) -> PublicThreads: ...
    def get(
        self,
        slug: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.chats.PublishedChat: ...

class PublicThreads(flexsdk.blocking.core.Resource):
    def create(
        self,
        slug: str,
        *,
        extra: collections.abc.Mapping[str, typing.Any] | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.threads.Thread: ...
    def stop(
        self,
        slug: str,
        thread_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def stream(
        self,
        slug: str,
        thread_id: str,
        content: str,
        *,
        idle_timeout: float = 300.0,
        event_timeout: float = 300.0,
        stop_on_exit: bool = False,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.EventStream[flexsdk.platforms.flapjack.events.Event, flexsdk.platforms.flapjack.events.Answer]: ...

class Publishing(flexsdk.blocking.core.Resource):
    def publish(
        self,
        agent_id: str,
        slug: str,
        *,
        visibility: typing.Literal['public', 'private'] | flexsdk.structs.UnsetType = ...,
        title: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.chats.PublishedChat: ...
    def unpublish(self, agent_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...

class RunnerBudgets(flexsdk.blocking.core.Resource):
    def get(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_settings.RunnerBudget: ...
    def replace(
        self,
        runner_id: str,
        *,
        max_cost_usd: float | flexsdk.structs.UnsetType | None = ...,
        period: str | flexsdk.structs.UnsetType | None = ...,
        action: str | flexsdk.structs.UnsetType | None = ...,
        enabled: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_settings.RunnerBudget: ...

class RunnerFeature(flexsdk.blocking.core.Resource):
    def get(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> dict[str, typing.Any]: ...
    def replace(
        self,
        runner_id: str,
        settings: flexsdk.platforms.flapjack.runner_settings.RunnerFeatureReplace | collections.abc.Mapping[str, typing.Any],
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> dict[str, typing.Any]: ...

class RunnerIntegrations(flexsdk.blocking.core.Resource):
    def attach(
        self,
        runner_id: str,
        integration_id: str,
        *,
        allowed_tables: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_connections.RunnerConnection: ...
    def detach(
        self,
        runner_id: str,
        integration_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runner_connections.RunnerConnection]: ...

class RunnerMcps(flexsdk.blocking.core.Resource):
    def attach(
        self,
        runner_id: str,
        mcp_server_id: str,
        *,
        allowed_tools: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_connections.RunnerConnection: ...
    def detach(
        self,
        runner_id: str,
        mcp_server_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runner_connections.RunnerConnection]: ...

class RunnerRuns(flexsdk.blocking.core.LongWork[flexsdk.platforms.flapjack.runner_runs.RunnerRun, flexsdk.platforms.flapjack.runner_runs.RunnerRun]):
    def create(
        self,
        runner_id: str,
        input: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_runs.RunnerRun: ...
    def get(
        self,
        runner_id: str,
        run_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_runs.RunnerRun: ...
    def cancel(
        self,
        runner_id: str,
        run_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_runs.RunnerRun: ...
    def resume(
        self,
        runner_id: str,
        run_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_runs.RunnerRun: ...
    def list(
        self,
        runner_id: str,
        *,
        status: flexsdk.platforms.flapjack.runner_runs.RunStatus | None = None,
        limit: int | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runner_runs.RunnerRun]: ...

class RunnerSkills(flexsdk.blocking.core.Resource):
    def attach(
        self,
        runner_id: str,
        skill_id: str,
        *,
        prompt_override: str | flexsdk.structs.UnsetType = ...,
        credential: typing.Any = ...,
        enabled: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_skills.SkillBinding: ...
    def detach(
        self,
        runner_id: str,
        skill_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runner_skills.SkillBinding]: ...

class RunnerSteps(flexsdk.blocking.core.Resource):
    def create(
        self,
        runner_id: str,
        kind: flexsdk.platforms.flapjack.runner_steps.StepKind,
        name: str,
        *,
        agent_id: str | flexsdk.structs.UnsetType = ...,
        input_mapping: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        position: int | flexsdk.structs.UnsetType = ...,
        config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_steps.RunnerStep: ...
    def update(
        self,
        runner_id: str,
        step_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        agent_id: str | flexsdk.structs.UnsetType | None = ...,
        input_mapping: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        position: int | flexsdk.structs.UnsetType = ...,
        config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_steps.RunnerStep: ...
    def delete(
        self,
        runner_id: str,
        step_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runner_steps.RunnerStep]: ...

class RunnerTools(flexsdk.blocking.core.Resource):
    def attach(
        self,
        runner_id: str,
        tool_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_connections.RunnerConnection: ...
    def detach(
        self,
        runner_id: str,
        tool_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runner_connections.RunnerConnection]: ...

class RunnerTriggers(flexsdk.blocking.core.Resource):
    def create(
        self,
        runner_id: str,
        kind: flexsdk.platforms.flapjack.runner_triggers.TriggerKind,
        *,
        cron_expression: str | flexsdk.structs.UnsetType = ...,
        config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        enabled: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_triggers.RunnerTrigger: ...
    def update(
        self,
        runner_id: str,
        trigger_id: str,
        *,
        cron_expression: str | flexsdk.structs.UnsetType = ...,
        config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        enabled: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_triggers.RunnerTrigger: ...
    def delete(
        self,
        runner_id: str,
        trigger_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runner_triggers.RunnerTrigger]: ...

class Runners(flexsdk.blocking.core.Resource):
    @property
    def steps(self) -> RunnerSteps: ...
    @property
    def triggers(self) -> RunnerTriggers: ...
    @property
    def runs(self) -> RunnerRuns: ...
    @property
    def budget(self) -> RunnerBudgets: ...
    @property
    def mcps(self) -> RunnerMcps: ...
    @property
    def integrations(self) -> RunnerIntegrations: ...
    @property
    def tools(self) -> RunnerTools: ...
    @property
    def skills(self) -> RunnerSkills: ...
    @property
    def web(self) -> RunnerFeature: ...
    @property
    def plan(self) -> RunnerFeature: ...
    @property
    def knowledge(self) -> RunnerFeature: ...
    def create(
        self,
        name: str,
        *,
        description: str | flexsdk.structs.UnsetType = ...,
        default_model: str | flexsdk.structs.UnsetType = ...,
        input_schema: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        project_id: str | flexsdk.structs.UnsetType | None = ...,
        org_id: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runners.Runner: ...
    def get(
        self,
        runner_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runners.Runner: ...
    def update(
        self,
        runner_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        default_model: str | flexsdk.structs.UnsetType | None = ...,
        input_schema: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        project_id: str | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runners.Runner: ...
    def delete(self, runner_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def analytics(
        self,
        runner_id: str,
        *,
        period: typing.Literal['7d', '30d', '90d'] | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.runner_analytics.RunnerAnalytics: ...
    def list(
        self,
        *,
        org_id: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.runners.Runner]: ...

class Skills(flexsdk.blocking.core.Resource):
    def install(
        self,
        source: flexsdk.platforms.flapjack.skills.InstallableSource,
        source_url: str,
        *,
        source_ref: str | flexsdk.structs.UnsetType = ...,
        name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.skills.Skill: ...
    def get(
        self,
        skill_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.skills.Skill: ...
    def sync(
        self,
        skill_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.skills.Skill: ...
    def uninstall(self, skill_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def browse(
        self,
        *,
        q: str | None = None,
        source: flexsdk.platforms.flapjack.skills.InstallableSource | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.skills.CatalogSkill]: ...
    def list(
        self,
        *,
        source: flexsdk.platforms.flapjack.skills.SkillSource | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.skills.Skill]: ...

class ThreadComputer(flexsdk.blocking.core.Resource):
    def get(
        self,
        thread_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.participants.ThreadComputerState: ...
    def update(
        self,
        thread_id: str,
        state: collections.abc.Mapping[str, typing.Any],
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.participants.ThreadComputerState: ...

class Threads(flexsdk.blocking.core.Resource):
    @property
    def participants(self) -> Participants: ...
    @property
    def computer(self) -> ThreadComputer: ...
    def create(
        self,
        agent_id: str,
        *,
        title: str | flexsdk.structs.UnsetType = ...,
        kind: typing.Literal['single', 'multiplayer'] | flexsdk.structs.UnsetType = ...,
        resource_bindings: collections.abc.Sequence[collections.abc.Mapping[str, typing.Any]] | flexsdk.structs.UnsetType = ...,
        active_profile: str | flexsdk.structs.UnsetType = ...,
        system_prompt_overlay: str | collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.threads.Thread: ...
    def update(
        self,
        thread_id: str,
        *,
        title: str | flexsdk.structs.UnsetType = ...,
        active_profile: str | flexsdk.structs.UnsetType | None = ...,
        system_prompt_overlay: str | collections.abc.Sequence[str] | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.threads.Thread: ...
    def stop(self, thread_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def stream(
        self,
        thread_id: str,
        content: str,
        *,
        tools: collections.abc.Sequence[flexsdk.platforms.flapjack.function_tools.AnyTool] = ...,
        max_rounds: int = 10,
        tool_concurrency: int = 8,
        **options: typing.Unpack[flexsdk.platforms.flapjack.messages.MessageOptions],
    ) -> AnswerStream: ...
    def submit_tool_results(
        self,
        thread_id: str,
        results: collections.abc.Mapping[str, str],
        *,
        tools: collections.abc.Sequence[flexsdk.platforms.flapjack.function_tools.AnyTool] = ...,
        max_rounds: int = 10,
        tool_concurrency: int = 8,
        **options: typing.Unpack[flexsdk.platforms.flapjack.messages.MessageOptions],
    ) -> AnswerStream: ...
    def switch_profile(
        self,
        thread_id: str,
        profile: flexsdk.platforms.flapjack.events.ProfileSwitchProposal | str | None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.threads.Thread: ...

class TodoDeps(flexsdk.blocking.core.Resource):
    def add(
        self,
        plan_id: str,
        todo_id: str,
        depends_on_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.todo_deps.TodoDep: ...
    def remove(
        self,
        plan_id: str,
        todo_id: str,
        depends_on_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def list(
        self,
        plan_id: str,
        todo_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flapjack.todo_deps.TodoDep]: ...

class Todos(flexsdk.blocking.core.Resource):
    @property
    def deps(self) -> TodoDeps: ...
    def add(
        self,
        plan_id: str,
        todos: collections.abc.Sequence[flexsdk.platforms.flapjack.plan.TodoCreate],
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.todos.Added: ...
    def update(
        self,
        plan_id: str,
        todo_id: str,
        *,
        content: str | flexsdk.structs.UnsetType = ...,
        status: flexsdk.platforms.flapjack.plan.TodoStatus | flexsdk.structs.UnsetType = ...,
        position: int | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flapjack.plan.Todo: ...
    def delete(
        self,
        plan_id: str,
        todo_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
