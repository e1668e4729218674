"""Flapjack code agents, templates of sessions. Source: seed 004, "Code Agents"; docs guides/code-agents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_CODE_AGENTS",
    "UPDATE",
    "CodeAgent",
    "CodeAgentCreate",
    "CodeAgents",
    "CodeAgentUpdate",
]


class CodeAgent(Model, frozen=True, kw_only=True):
    """A template of sessions. ``model_id`` may be ``auto``, which lets the platform choose."""

    id: str
    name: str
    org_id: str | None = None
    description: str | None = None
    model_id: str | None = None
    model_params: dict[str, Any] | None = None
    default_repo_url: str | None = None
    default_starting_ref: str | None = None
    auto_create_pr: bool = False
    work_on_current_branch: bool = False
    skip_reviewer_request: bool = False
    preamble: str | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CodeAgentUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays, ``None`` clears. All names are inferred."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    model_id: str | UnsetType = UNSET
    model_params: Mapping[str, Any] | UnsetType | None = UNSET
    default_repo_url: str | UnsetType | None = UNSET
    default_starting_ref: str | UnsetType | None = UNSET
    auto_create_pr: bool | UnsetType = UNSET
    work_on_current_branch: bool | UnsetType = UNSET
    skip_reviewer_request: bool | UnsetType = UNSET
    preamble: str | UnsetType | None = UNSET


class CodeAgentCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation. All names are inferred."""

    name: str
    description: str | UnsetType | None = UNSET
    model_id: str | UnsetType = UNSET
    model_params: Mapping[str, Any] | UnsetType | None = UNSET
    default_repo_url: str | UnsetType | None = UNSET
    default_starting_ref: str | UnsetType | None = UNSET
    auto_create_pr: bool | UnsetType = UNSET
    work_on_current_branch: bool | UnsetType = UNSET
    skip_reviewer_request: bool | UnsetType = UNSET
    preamble: str | UnsetType | None = UNSET
    org_id: str | UnsetType = UNSET


_CODE_AGENT = "/api/code-agents/{code_agent_id}"

LIST_CODE_AGENTS = Op(
    "code_agents_list", "GET", "/api/code-agents", Page[CodeAgent], query=("orgId",), envelope=LIST
)
CREATE = Op("code_agents_create", "POST", "/api/code-agents", CodeAgent, body=CodeAgentCreate)
GET = Op("code_agents_get", "GET", _CODE_AGENT, CodeAgent)
UPDATE = Op("code_agents_update", "PATCH", _CODE_AGENT, CodeAgent, body=CodeAgentUpdate)
DELETE: Op[None] = Op("code_agents_delete", "DELETE", _CODE_AGENT, None)


class CodeAgents(Resource):
    """Templates of coding sessions; reached as ``client.code_agents``. Names in bodies are inferred."""

    async def create(
        self,
        name: str,
        *,
        description: str | UnsetType | None = UNSET,
        model_id: str | UnsetType = UNSET,
        model_params: Mapping[str, Any] | UnsetType | None = UNSET,
        default_repo_url: str | UnsetType | None = UNSET,
        default_starting_ref: str | UnsetType | None = UNSET,
        auto_create_pr: bool | UnsetType = UNSET,
        work_on_current_branch: bool | UnsetType = UNSET,
        skip_reviewer_request: bool | UnsetType = UNSET,
        preamble: str | UnsetType | None = UNSET,
        org_id: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodeAgent:
        """Create a template. Not repeated after an ambiguous failure: list the templates first.

        Args:
            model_id: ``auto`` lets the platform choose.
            default_repo_url: the repository of sessions that name none.
            default_starting_ref: the branch, tag or commit that sessions start from.
            auto_create_pr: whether a session that finishes opens a pull request.
            preamble: text before the first prompt of each session.
            org_id: the organization, for callers in several.
        """
        body = CodeAgentCreate(
            name=name,
            description=description,
            model_id=model_id,
            model_params=model_params,
            default_repo_url=default_repo_url,
            default_starting_ref=default_starting_ref,
            auto_create_pr=auto_create_pr,
            work_on_current_branch=work_on_current_branch,
            skip_reviewer_request=skip_reviewer_request,
            preamble=preamble,
            org_id=org_id,
        )
        return await self._call(CREATE, body=body, **options)

    async def get(self, code_agent_id: str, **options: Unpack[CallOptions]) -> CodeAgent:
        """Read one template. Safe to repeat."""
        return await self._call(GET, code_agent_id, **options)

    async def update(
        self,
        code_agent_id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        model_id: str | UnsetType = UNSET,
        model_params: Mapping[str, Any] | UnsetType | None = UNSET,
        default_repo_url: str | UnsetType | None = UNSET,
        default_starting_ref: str | UnsetType | None = UNSET,
        auto_create_pr: bool | UnsetType = UNSET,
        work_on_current_branch: bool | UnsetType = UNSET,
        skip_reviewer_request: bool | UnsetType = UNSET,
        preamble: str | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodeAgent:
        """Change the given fields of a template and keep the others; ``None`` clears a field.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = CodeAgentUpdate(
            name=name,
            description=description,
            model_id=model_id,
            model_params=model_params,
            default_repo_url=default_repo_url,
            default_starting_ref=default_starting_ref,
            auto_create_pr=auto_create_pr,
            work_on_current_branch=work_on_current_branch,
            skip_reviewer_request=skip_reviewer_request,
            preamble=preamble,
        )
        return await self._call(UPDATE, code_agent_id, body=body, **options)

    async def delete(self, code_agent_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a template for good. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, code_agent_id, **options)

    def list(self, *, org_id: str | None = None, **options: Unpack[CallOptions]) -> Pages[CodeAgent]:
        """List the templates of an organization; the platform sends one page. Safe to repeat.

        Args:
            org_id: the organization, for callers in several.
        """
        return self._pages(LIST_CODE_AGENTS, query={"orgId": org_id}, **options)
