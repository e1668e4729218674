"""FlexOrch usage and limits. Source: seed 002, "Rate limits"; docs-repo; the vendor's packages."""

from __future__ import annotations

from typing import Literal, Unpack

from msgspec.structs import force_setattr

from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.quality import score_percent
from flexsdk.platforms.flexorch.wire import Endpoint, first
from flexsdk.protocol.headers import Limit
from flexsdk.structs import Model
from flexsdk.types import CallOptions

__all__ = [
    "GET",
    "HISTORY",
    "QUALITY_TREND",
    "RATE_LIMITS",
    "Credits",
    "Period",
    "QualityDay",
    "RateLimits",
    "RequestsPerMinute",
    "Trial",
    "Usage",
    "UsageByKind",
    "UsageDay",
    "UsageResource",
]

Period = Literal["7d", "30d", "90d"]
_MINUTE = 60


class Trial(Model, frozen=True, kw_only=True):
    """The free trial."""

    is_trial: bool | None = None
    trial_ends_at: str | None = None
    trial_days_remaining: int | None = None


class Credits(Model, frozen=True, kw_only=True):
    """Credits of the billing period; ``None`` for no limit, or where the platform does not tell."""

    used: float | None = None
    limit: float | None = None
    remaining: float | None = None


class UsageByKind(Model, frozen=True, kw_only=True):
    """What is counted."""

    credits: Credits | None = None


class Usage(Model, frozen=True, kw_only=True):
    """Plan and balance; ``credits`` reads both forms of the answer."""

    plan: Literal["trial", "starter", "pro", "enterprise"] | str | None = None
    trial: Trial | None = None
    usage: UsageByKind | None = None
    credits_used: float | None = None
    credits_remaining: float | None = None

    @property
    def credits(self) -> Credits:
        """The balance, live from ``usage``, else from the documented flat fields."""
        flat = Credits(used=self.credits_used, remaining=self.credits_remaining)
        return (self.usage and self.usage.credits) or flat


class UsageDay(Model, frozen=True, kw_only=True):
    """Credits and jobs of one day."""

    date: str = ""
    credits_used: float | None = None
    jobs_count: int | None = None


class QualityDay(Model, frozen=True, kw_only=True):
    """Quality of one day. ``avg_quality_score`` is raw: use ``score_percent``."""

    date: str = ""
    avg_quality_score: float | None = None
    grade_distribution: dict[str, int] = {}
    avg_field_fill_rate: float | None = None
    job_count: int | None = None

    @property
    def score_percent(self) -> float | None:
        """The average score on the scale 0 to 100."""
        return score_percent(self.avg_quality_score)


class RequestsPerMinute(Model, frozen=True, kw_only=True):
    """The documented, nested form of the limit."""

    rpm: int | None = None
    used: int | None = None
    remaining: int | None = None
    reset_in_seconds: int | None = None


class RateLimits(Model, frozen=True, kw_only=True):
    """Requests in the present window. The flat fields are filled from the nested form too.

    ``limit`` and ``remaining`` are ``None`` when ``unlimited``.
    """

    plan: str | None = None
    unlimited: bool | None = None
    limit: int | None = None
    used: int | None = None
    remaining: int | None = None
    window_seconds: int | None = None
    reset_in_seconds: int | None = None
    rate_limit: RequestsPerMinute | None = None

    def __post_init__(self) -> None:
        """Fill the flat fields."""
        if self.rate_limit is None:
            return
        nested = self.rate_limit
        filled = {
            "limit": first(self.limit, nested.rpm),
            "used": first(self.used, nested.used),
            "remaining": first(self.remaining, nested.remaining),
            "window_seconds": first(self.window_seconds, _MINUTE),
            "reset_in_seconds": first(self.reset_in_seconds, nested.reset_in_seconds),
        }
        for name, value in filled.items():
            force_setattr(self, name, value)

    @property
    def as_limit(self) -> Limit:
        """The same for the client's limiter: ``client.limits.learn([limits.as_limit])``."""
        return Limit(
            limit=self.limit,
            remaining=self.remaining,
            reset_after=self.reset_in_seconds,
            window=self.window_seconds,
        )


GET = Endpoint("usage_get", "GET", "/usage", Usage)
HISTORY = Endpoint("usage_history", "GET", "/usage/history", list[UsageDay], query=("period",))
QUALITY_TREND = Endpoint(
    "usage_quality_trend", "GET", "/usage/quality-trend", list[QualityDay], query=("period",)
)
RATE_LIMITS = Endpoint("usage_rate_limits", "GET", "/usage/rate-limits", RateLimits)


class UsageResource(Resource):
    """Credits, quality and limits; reached as ``client.usage``."""

    async def get(self, **options: Unpack[CallOptions]) -> Usage:
        """Read plan and credits. Safe to repeat."""
        return await self._call(GET, **options)

    async def history(self, period: Period | None = None, **options: Unpack[CallOptions]) -> list[UsageDay]:
        """Read credits and jobs by day, by default of 30 days. Safe to repeat."""
        return await self._call(HISTORY, query={"period": period}, **options)

    async def quality_trend(
        self, period: Period | None = None, **options: Unpack[CallOptions]
    ) -> list[QualityDay]:
        """Read average quality by day, by default of 30 days. Safe to repeat."""
        return await self._call(QUALITY_TREND, query={"period": period}, **options)

    async def rate_limits(self, **options: Unpack[CallOptions]) -> RateLimits:
        """Read what is left of the requests per minute; the platform does not count this one."""
        return await self._call(RATE_LIMITS, **options)
