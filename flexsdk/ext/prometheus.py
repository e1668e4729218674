"""Metrics for Prometheus: a hook that counts; extra ``prometheus``.

The names follow https://prometheus.io/docs/practices/naming/; what they count is in core/measures.py.
"""

from __future__ import annotations

from flexsdk.core.hooks import Event
from flexsdk.core.measures import BOUNDS, METRICS, Metric, readings
from flexsdk.errors import ConfigError

try:
    from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
except ModuleNotFoundError as missing:
    raise ConfigError(
        "flexsdk.ext.prometheus needs prometheus-client; pip install 'flexsdk[prometheus]'"
    ) from missing

__all__ = ["Metrics"]


class Metrics:
    """Counts and times calls. Make one, and give it to all clients: ``hooks=[metrics]``.

    ============================================  ==========================
    ``flexsdk_call_duration_seconds``             platform, op, outcome
    ``flexsdk_call_wait_seconds``                 platform, op, cause: limiter, queue or backoff
    ``flexsdk_call_retries_total``                platform, op, outcome
    ``flexsdk_call_refused_total``                platform, op, by: platform or limiter
    ``flexsdk_stream_duration_seconds``           platform, op, outcome
    ``flexsdk_stream_first_event_seconds``        platform, op
    ``flexsdk_stream_open``                       platform, op
    ``flexsdk_tokens_total``                      platform, op, kind
    ============================================  ==========================

    ``outcome`` is a class of statuses such as ``2xx``, the name of an error of the package, ``Cancelled`` or
    ``Other``; of streams ``complete``, ``failed``, ``cut``, ``stalled`` or ``cancelled``.

    Args:
        registry: where they are registered; by default the one that ``prometheus_client`` exposes.

    Raises:
        ValueError: there are such metrics in the registry already.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = REGISTRY if registry is None else registry
        self._instruments = {metric: _make(metric, registry) for metric in METRICS}

    def __call__(self, event: Event) -> None:
        """Count an event."""
        for metric, value, labels in readings(event):
            instrument = self._instruments[metric].labels(*labels)
            if isinstance(instrument, Histogram):
                instrument.observe(value)
            else:
                instrument.inc(value)


def _make(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    name = metric.name.replace(".", "_")
    match metric.kind:
        case "histogram":
            return Histogram(
                name, metric.about, metric.labels, unit="seconds", registry=registry, buckets=BOUNDS
            )
        case "counter":
            return Counter(name, metric.about, metric.labels, registry=registry)
        case "gauge":
            return Gauge(name, metric.about, metric.labels, registry=registry)
