"""The client of Platform."""

from __future__ import annotations

from functools import cached_property

from flexsdk.core.client import Client
from flexsdk.platforms.platform.dialect import DIALECT
from flexsdk.platforms.platform.jobs import Jobs
from flexsdk.platforms.platform.resources import Resources

__all__ = ["Platform"]


class Platform(Client):
    """The template API: resources, jobs, and idempotency keys on every creation.

    The production address is a placeholder: pass ``base_url=`` or set ``PLATFORM_BASE_URL``. The key comes
    from ``PLATFORM_API_KEY``. Everything else is as on :class:`~flexsdk.core.client.Client`.
    """

    dialect = DIALECT

    @cached_property
    def resources(self) -> Resources:
        """The primary objects."""
        return Resources(self)

    @cached_property
    def jobs(self) -> Jobs:
        """Long-running operations."""
        return Jobs(self)
