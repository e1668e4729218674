# Written by python -m flexsdk.blocking._stubs
# fmt: off
# ruff: noqa: A002, E501, I001, RUF100

import collections.abc
import flexsdk.blocking.core
import flexsdk.platforms.fleece.agents
import flexsdk.platforms.fleece.flow
import flexsdk.platforms.fleece.keys
import flexsdk.platforms.fleece.runs
import flexsdk.structs
import flexsdk.types
import typing


class Agents(flexsdk.blocking.core.Resource):
    def get(
        self,
        agent_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.fleece.agents.Agent: ...
    def execute(
        self,
        agent_id: str,
        task: str,
        *,
        timezone: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.fleece.agents.AgentExecution: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.fleece.agents.Agent]: ...

class Fleece(flexsdk.blocking.core.Client):
    @property
    def agents(self) -> Agents: ...
    @property
    def flows(self) -> Flows: ...
    @property
    def keys(self) -> Keys: ...

class Flows(flexsdk.blocking.core.Resource):
    @property
    def runs(self) -> Runs: ...
    def get(
        self,
        flow_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.fleece.flow.Flow: ...
    def trigger(
        self,
        flow_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.fleece.runs.FlowRun: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.fleece.flow.Flow]: ...

class Keys(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.fleece.keys.ApiKeyCreated: ...
    def delete(self, key_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.fleece.keys.ApiKey]: ...

class Runs(flexsdk.blocking.core.LongWork[flexsdk.platforms.fleece.runs.FlowRun, flexsdk.platforms.fleece.runs.FlowRun]):
    def get(
        self,
        flow_id: str,
        run_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.fleece.runs.FlowRun: ...
    def wait(
        self,
        job: flexsdk.platforms.fleece.runs.FlowRun,
        *,
        timeout: float | None = None,
        on_update: collections.abc.Callable[[flexsdk.platforms.fleece.runs.FlowRun], None] | None = None,
        on_pending: typing.Literal['wait', 'raise'] = 'wait',
    ) -> flexsdk.platforms.fleece.runs.FlowRun: ...
    def list(
        self,
        flow_id: str,
        *,
        limit: int | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.fleece.runs.FlowRun]: ...
