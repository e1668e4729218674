"""What differs from platform to platform, as data; the core has no other knowledge of any of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import msgspec

from flexsdk import errors
from flexsdk.core.auth import Bearer, HeaderKey
from flexsdk.core.limits import RateLimit, Window
from flexsdk.errors import APIError, ConfigError, RateLimited
from flexsdk.protocol.headers import Limit
from flexsdk.protocol.urls import check_base_url

__all__ = ["Dialect", "Problem"]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error body, read: a code where the platform has codes, prose, the field at fault."""

    code: str | None = None
    message: str = ""
    param: str | None = None


MAX_MESSAGE = 1_000
"""Most characters that are taken from the platform's explanation."""

_BY_STATUS: Mapping[int, type[APIError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    402: errors.PaymentRequired,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.PayloadTooLarge,
    415: errors.UnsupportedMedia,
    422: errors.Unprocessable,
    429: errors.RateLimited,
}


class Dialect(msgspec.Struct, frozen=True, eq=False):
    """One platform's ways.

    Args:
        name: the platform's name in messages and in the names of its environment variables.
        base_url: where it is unless told otherwise.
        problem: reads an error body; never raises, whatever a proxy has sent instead.
        prefix: the path that all paths begin with; added to a base URL that does not end with it.
        credential: how an API key is sent.
        plans: the limits of each plan that the platform publishes.
        buckets: further limits of single endpoints, by the name in ``Op.bucket``.
        codes: error classes by the platform's own codes; they win over the status.
    """

    name: str
    base_url: str
    problem: Callable[[bytes], Problem]
    prefix: str = ""
    credential: type[HeaderKey] = Bearer
    codes: Mapping[str, type[APIError]] = {}
    plans: Mapping[str, Sequence[Window]] = {}
    buckets: Mapping[str, Sequence[Window]] = {}

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the API key."""
        return f"{self.name.upper()}_API_KEY"

    @property
    def url_variable(self) -> str:
        """The environment variable that overrides the base URL."""
        return f"{self.name.upper()}_BASE_URL"

    def address(self, given: str | None) -> str:
        """Choose and check the base URL: given, from the environment, or the platform's own."""
        address = check_base_url(given or os.environ.get(self.url_variable) or self.base_url)
        return address if address.endswith(self.prefix) else address + self.prefix

    def limits(self, plan: str | None) -> RateLimit:
        """Make the limiter of a plan; without a plan it learns from the answers."""
        if plan is not None and plan not in self.plans:
            raise ConfigError(
                f"{self.name} has no plan {plan!r} with known limits; use {', '.join(self.plans)}"
            )
        return RateLimit(*self.plans.get(plan or "", ()), buckets=self.buckets)

    def error_type(self, status: int, code: str | None) -> type[APIError]:
        """Choose the class of an error: by code first, by status second."""
        if code is not None and code in self.codes:
            return self.codes[code]
        return _BY_STATUS.get(status) or (errors.ServerError if status >= 500 else APIError)

    def _unexplained(self, status: int) -> str:
        if 300 <= status < 400:
            return f"{self.name} answered with a redirect that is not followed: another host, or no GET"
        return f"{self.name} answered with status {status} and no explanation"

    def error(
        self,
        status: int,
        body: bytes,
        *,
        request_id: str | None,
        retry_after: float | None,
        limits: tuple[Limit, ...],
        now: float,
    ) -> APIError:
        """Make the exception for an answer that is no success; ``now`` is seconds since the epoch."""
        problem = self.problem(body)
        failure = self.error_type(status, problem.code)(
            _short(problem.message) or self._unexplained(status),
            status=status,
            code=problem.code,
            param=problem.param,
            request_id=request_id,
            retry_after=retry_after,
            body=body,
        )
        if isinstance(failure, RateLimited) and limits:
            tightest = min(limits, key=lambda each: each.remaining if each.remaining is not None else 1)
            failure.limit, failure.remaining = tightest.limit, tightest.remaining
            failure.reset_at = None if tightest.reset_after is None else now + tightest.reset_after
        return failure


def _short(message: str) -> str:
    """Keep a message fit for a log line; the whole is in the body."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"
