"""The code under test: it knows the SDK, and nothing of tests."""

from __future__ import annotations

from flexsdk import Flapjack, Fleece, deadline


async def names(fleece: Fleece) -> list[str]:
    """Name all agents, within a day."""
    with deadline(86_400):
        return [agent.name async for agent in fleece.agents.list()]


async def names_from_environment() -> list[str]:
    """Name all agents of the account that the environment speaks of."""
    async with Fleece() as fleece:
        return await names(fleece)


async def ask(flapjack: Flapjack, question: str) -> str:
    """Put a question to the first agent."""
    agents = await flapjack.agents.list().collect(limit=1)
    thread = await flapjack.threads.create(agents[0].id)
    async with flapjack.threads.stream(thread.id, question) as events:
        return (await events.until_done()).text
