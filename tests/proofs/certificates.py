"""Certificates for loopback, good and bad."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest

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


def contexts(folder: Path, which: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
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
