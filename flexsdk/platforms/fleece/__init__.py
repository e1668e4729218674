"""Fleece AI: agents, flows, runs and API keys."""

from flexsdk.platforms.fleece.agents import Agent, AgentExecuteRequest, AgentExecution, Agents
from flexsdk.platforms.fleece.client import Fleece
from flexsdk.platforms.fleece.flow import Flow
from flexsdk.platforms.fleece.flows import Flows
from flexsdk.platforms.fleece.keys import ApiKey, ApiKeyCreated, ApiKeyCreateRequest, Keys
from flexsdk.platforms.fleece.runs import FlowRun, Runs

__all__ = [
    "Fleece",
    "Agent",
    "AgentExecuteRequest",
    "AgentExecution",
    "Agents",
    "ApiKey",
    "ApiKeyCreateRequest",
    "ApiKeyCreated",
    "Flow",
    "FlowRun",
    "Flows",
    "Keys",
    "Runs",
]
