"""TLS: certificates that do not fit are refused, and nothing switches that off by accident."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path

import aiohttp.connector
import pytest
from servers import RawServer, answer
from service import KEY, READ, Service

from flexsdk.errors import CertificateInvalid

x509 = pytest.importorskip("cryptography.x509")
hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
CERTIFICATES = {
    "good": ("127.0.0.1", NOW + DAY),
    "of another host": ("127.0.0.2", NOW + DAY),
    "expired": ("127.0.0.1", NOW - DAY),
}
SWITCHES = {
    "PYTHONHTTPSVERIFY": "0",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "CURL_CA_BUNDLE": "",
    "SSL_VERIFY": "0",
}


def _contexts(folder: Path, which: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a server's side with such a certificate, and a client's side that trusts its maker."""
    address, until = CERTIFICATES[which]
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - 2 * DAY, until).add_extension(
        names, critical=True
    )
    signed = made.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    path = folder / "both.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


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
    server, trusting = _contexts(tmp_path, which)
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)

    assert await _ends(server) == "refused"


async def test_a_self_signed_certificate_is_refused_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SWITCHES.items():
        monkeypatch.setenv(name, value)

    assert await _ends(_contexts(tmp_path, "good")[0]) == "refused"


@pytest.mark.parametrize("argument", ["verify", "ssl", "verify_ssl", "insecure", "trust_env"])
def test_no_argument_switches_verification_off(argument: str) -> None:
    with pytest.raises(TypeError):
        Service(KEY, **{argument: False})


@pytest.mark.control
@pytest.mark.parametrize("break_it", [lambda trusting: trusting, lambda _: ssl._create_unverified_context()])
async def test_a_client_that_trusts_too_much_is_seen(
    break_it: Callable[[ssl.SSLContext], ssl.SSLContext], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trusting = _contexts(tmp_path, "good")
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", break_it(trusting))

    assert await _ends(server) == "sent"
