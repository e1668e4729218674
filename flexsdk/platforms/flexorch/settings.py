"""FlexOrch workspace settings. Source: docs-repo "Advanced". The answer is inferred."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from flexsdk.core.op import Replay
from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.wire import UNDOCUMENTED, Endpoint, plain
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["SET_LLM_CONFIG", "LlmConfig", "WorkspaceSettings"]


class LlmConfig(Params, frozen=True, kw_only=True):
    """The body of a setting."""

    provider: str
    model: str
    api_key: str
    endpoint: str | UnsetType = UNSET


SET_LLM_CONFIG: Endpoint[Any] = Endpoint(
    "settings_llm_config_set",
    "POST",
    "/settings/llm-config",
    UNDOCUMENTED,
    body=LlmConfig,
    replay=Replay.SAFE,
)


class WorkspaceSettings(Resource):
    """Settings of the workspace; reached as ``client.settings``."""

    async def set_llm_config(
        self,
        provider: Literal["openai", "anthropic", "azure_openai", "custom"] | str,
        model: str,
        api_key: str | Secret,
        *,
        endpoint: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> None:
        """Let the platform use a language model account of your own. Plan Enterprise.

        Replaces the setting, so it is safe to repeat. The key is sent to the platform and stays there.

        Args:
            provider: only ``openai`` is documented; the other words are inferred.
            endpoint: the address for Azure or a server of your own; its name is inferred.
        """
        body = LlmConfig(provider=provider, model=model, api_key=plain(api_key), endpoint=endpoint)
        await self._call(SET_LLM_CONFIG, body=body, **options)
