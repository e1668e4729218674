"""TLS: certificates that do not fit are refused, and nothing switches that off by accident."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import aiohttp.connector
import pytest
from proofs.certificates import contexts
from servers import RawServer, answer
from service import KEY, READ, Service

from flexsdk.errors import CertificateInvalid

SWITCHES = {
    "PYTHONHTTPSVERIFY": "0",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "CURL_CA_BUNDLE": "",
    "SSL_VERIFY": "0",
}


async def _ends(server: ssl.SSLContext) -> str:
    """Make a call with a session of the client's own; tell how it ends, and that a refusal sent nothing."""
    async with RawServer(answer(), tls=server) as peer:
        async with Service(KEY, base_url=peer.url, retry=None, limits=None) as client:
            try:
                await client.call(READ, "a")
            except CertificateInvalid:
                assert peer.requests == []
                return "refused"
        return "sent"


@pytest.mark.parametrize("which", ["of another host", "expired"])
async def test_a_certificate_that_does_not_fit_is_refused_though_its_maker_is_trusted(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trusting = contexts(tmp_path, which)
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)

    assert await _ends(server) == "refused"


async def test_a_self_signed_certificate_is_refused_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SWITCHES.items():
        monkeypatch.setenv(name, value)

    assert await _ends(contexts(tmp_path, "good")[0]) == "refused"


@pytest.mark.parametrize("argument", ["verify", "ssl", "verify_ssl", "insecure", "trust_env"])
def test_no_argument_switches_verification_off(argument: str) -> None:
    with pytest.raises(TypeError):
        Service(KEY, **{argument: False})


@pytest.mark.control
@pytest.mark.parametrize("break_it", [lambda trusting: trusting, lambda _: ssl._create_unverified_context()])
async def test_a_client_that_trusts_too_much_is_seen(
    break_it: Callable[[ssl.SSLContext], ssl.SSLContext], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trusting = contexts(tmp_path, "good")
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", break_it(trusting))

    assert await _ends(server) == "sent"
