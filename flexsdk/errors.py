"""Every exception of the package, named by what the caller may do next.

FlexError
├── ConfigError            also a ValueError: mend the argument, nothing was sent
├── TransportError         no complete answer
│   ├── ConnectFailed      nothing was sent: any call may be repeated
│   ├── ConnectionLost     sent, answer missing or cut: repeat only what is safe to repeat
│   └── Timeout            also a TimeoutError; phase: connect, attempt, deadline, idle, event, queue
├── APIError               the platform answered with an error
│   ├── BadRequest 400, Unauthorized 401, PaymentRequired 402, Forbidden 403, NotFound 404
│   ├── Conflict 409, PayloadTooLarge 413, UnsupportedMedia 415, Unprocessable 422
│   ├── RateLimited 429    wait ``retry_after`` seconds, or until ``limit.reset``
│   │   └── QuotaExceeded  a quota that waiting does not refill: buy or wait for the period
│   └── ServerError 5xx
├── DecodeError            the answer has another shape than documented: path, type and raw body
├── StreamError            a stream did not end well; ``snapshot`` holds all that had arrived
│   ├── StreamFailed       the platform sent its own error event: code and detail
│   ├── StreamTruncated    the body ended without a last event
│   ├── StreamStalled      nothing came for ``seconds`` (phase: idle or event)
│   └── EventTooLarge      a line or an event is above its cap
├── JobFailed              the job ended, but not well
├── JobTimeout             also a TimeoutError; the job goes on at the platform
└── SignatureError         do not trust this webhook

No message, no attribute and no ``repr`` ever holds a credential.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

__all__ = [
    "Attempt",
    "FlexError",
    "ConfigError",
    "TransportError",
    "ConnectFailed",
    "ConnectionLost",
    "Timeout",
    "APIError",
    "BadRequest",
    "Unauthorized",
    "PaymentRequired",
    "Forbidden",
    "NotFound",
    "Conflict",
    "PayloadTooLarge",
    "UnsupportedMedia",
    "Unprocessable",
    "RateLimited",
    "QuotaExceeded",
    "ServerError",
    "DecodeError",
    "StreamError",
    "StreamFailed",
    "StreamTruncated",
    "StreamStalled",
    "EventTooLarge",
    "JobFailed",
    "JobTimeout",
    "SignatureError",
]

type_of_phase = Literal["connect", "attempt", "deadline", "idle", "event", "queue"]
