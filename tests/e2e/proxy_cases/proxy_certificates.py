"""Certificates of an authority of the tests' own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority: its certificate and key, and those above it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def pem(self, path: Path) -> Path:
        """Write the certificate, and return where."""
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path


def authority(name: str, above: Authority | None = None) -> Authority:
    """Return a root, or an intermediate under one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = (above.certificate.subject, above.key) if above else (subject, key)
    found = _builder(subject, issuer, key, END).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    signed = found.sign(signer, hashes.SHA256())
    return Authority(signed, key, (signed, *above.chain) if above else ())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, end: dt.datetime
) -> x509.CertificateBuilder:
    """Return a certificate to be signed."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(end)
    )


def issue(by: Authority, folder: Path, name: str, *names: str, expired: bool = False) -> tuple[Path, Path]:
    """Write a certificate for names (or addresses) with its chain, and its key; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternatives = [x509.IPAddress(ip_address(one)) if one[0].isdigit() else x509.DNSName(one) for one in names]
    end = dt.datetime(2021, 1, 1, tzinfo=dt.UTC) if expired else END
    built = _builder(subject, by.certificate.subject, key, end).add_extension(
        x509.SubjectAlternativeName(alternatives), critical=False
    )
    signed = built.sign(by.key, hashes.SHA256())
    certificate, secret = folder / f"{name}.pem", folder / f"{name}.pem.key"
    chain = (signed, *by.chain)
    certificate.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
