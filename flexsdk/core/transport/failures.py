"""What went wrong, in our own words: the texts of aiohttp can hold addresses and headers."""

from __future__ import annotations

import aiohttp

from flexsdk.core.call import Call
from flexsdk.core.transport.connector import kept
from flexsdk.errors import CertificateInvalid, ConnectFailed, ConnectionLost, Timeout, TransportError

__all__ = ["CONNECT_SECONDS", "timed_out", "translate"]

CONNECT_SECONDS = 10.0
"""Time to look up the host, to connect and to shake hands."""


def timed_out(call: Call, seconds: float) -> Timeout:
    """Say which clock ended an attempt of ``seconds``."""
    if seconds < call.timeout:
        return Timeout(
            f"no answer before the deadline, {seconds:.3g} s into the attempt",
            phase="deadline",
            seconds=seconds,
        )
    return Timeout(f"no complete answer within {seconds:g} s", phase="attempt", seconds=seconds)


def translate(error: Exception, base_url: str) -> TransportError:
    """Say in our own words what went wrong; the texts of aiohttp can hold addresses and headers."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return CertificateInvalid(f"the certificate of {base_url} does not verify")
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.strerror or type(error.os_error).__name__
        return ConnectFailed(f"cannot connect to {base_url}: {reason}")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Timeout(
            f"no connection to {base_url} within {CONNECT_SECONDS:g} s",
            phase="connect",
            seconds=CONNECT_SECONDS,
        )
    if isinstance(error, aiohttp.ClientResponseError):
        return ConnectionLost(f"{base_url} answered with something that is no HTTP")
    if isinstance(error, aiohttp.ClientPayloadError):
        return ConnectionLost(f"the answer of {base_url} was cut")
    lost = ConnectionLost(f"the connection to {base_url} broke before the answer ({type(error).__name__})")
    lost.kept = kept.get()
    return lost
