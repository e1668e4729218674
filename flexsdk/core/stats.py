"""What a client is doing at this moment, in numbers."""

from __future__ import annotations

import msgspec

__all__ = ["Stats"]


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What a client and its views hold at this moment; all but ``connections`` is 0 in a client at rest."""

    connections: int
    """Sockets of the client's own sessions, in use or kept for the next request."""
    connections_in_use: int
    """Those of them that a request or an open body holds."""
    under_way: int
    """Requests and open bodies; each of them has one of ``max_connections`` slots."""
    waiting_for_slot: int
    """Calls that wait until one of those slots is free."""
    waiting_for_limit: int
    """Calls that wait until they fit the limits, of all clients of this process that use the same key."""
    tasks: int
    """Background tasks: stop calls, polls for jobs, the limiter's alarm."""
