"""The certificates and keys that sign wallet passes: the operator's, or on a development machine made up once."""

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.conf import settings

from cards.errors import WalletNotConfigured

DEVELOPMENT_PASS_TYPE, DEVELOPMENT_TEAM = "pass.localhost.loyalty", "DEVELOPMENT"
DEVELOPMENT_ISSUER, DEVELOPMENT_ACCOUNT = "3388000000000000000", "development@localhost"


@dataclass(frozen=True, slots=True)
class AppleSigner:
    """Who signs passes for Apple Wallet."""

    pass_type_id: str
    team_id: str
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class GoogleSigner:
    """The service account that signs save links for Google Wallet."""

    issuer_id: str
    account: str
    key_id: str
    key: rsa.RSAPrivateKey


def apple_signer() -> AppleSigner:
    """The configured certificate. Raises WalletNotConfigured; with DEBUG one is made instead."""
    wanted = settings.WALLET
    names = ("APPLE_PASS_TYPE_ID", "APPLE_TEAM_ID", "APPLE_PASS_CERTIFICATE", "APPLE_PASS_KEY")
    if wanted["DEVELOPMENT"] and not any(wanted[name] for name in names):
        return _development_apple(settings.VAR_DIR / "wallet" / "apple.pem")
    missing = [name for name in (*names, "APPLE_WWDR_CERTIFICATE") if not wanted[name]]
    if missing:
        raise WalletNotConfigured(wallet="Apple Wallet")
    return _configured_apple(
        tuple(wanted[name] for name in (*names, "APPLE_WWDR_CERTIFICATE", "APPLE_PASS_KEY_PASSWORD"))
    )


def google_signer() -> GoogleSigner:
    """The configured service account. Raises WalletNotConfigured; with DEBUG a key is made instead."""
    issuer, path = settings.WALLET["GOOGLE_WALLET_ISSUER_ID"], settings.WALLET["GOOGLE_WALLET_SERVICE_ACCOUNT"]
    if settings.WALLET["DEVELOPMENT"] and not issuer and not path:
        key, _certificate = _read_pair(settings.VAR_DIR / "wallet" / "google.pem", DEVELOPMENT_ACCOUNT, "")
        return GoogleSigner(DEVELOPMENT_ISSUER, DEVELOPMENT_ACCOUNT, "development", key)
    if not issuer or not path:
        raise WalletNotConfigured(wallet="Google Wallet")
    return _configured_google(issuer, path)


@lru_cache(maxsize=4)
def _configured_apple(values: tuple[str, ...]) -> AppleSigner:
    pass_type_id, team_id, certificate, key, authority, password = values
    try:
        private = serialization.load_pem_private_key(Path(key).read_bytes(), password.encode() or None)
        own = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
        chain = tuple(x509.load_pem_x509_certificates(Path(authority).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise WalletNotConfigured(wallet="Apple Wallet") from error
    return AppleSigner(pass_type_id, team_id, own, _rsa(private, "Apple Wallet"), chain)


@lru_cache(maxsize=4)
def _configured_google(issuer: str, path: str) -> GoogleSigner:
    try:
        account = json.loads(Path(path).read_text())
        private = serialization.load_pem_private_key(account["private_key"].encode(), None)
        email, key_id = str(account["client_email"]), str(account.get("private_key_id", ""))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WalletNotConfigured(wallet="Google Wallet") from error
    return GoogleSigner(issuer, email, key_id, _rsa(private, "Google Wallet"))


def _rsa(key: Any, wallet: str) -> rsa.RSAPrivateKey:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise WalletNotConfigured(wallet=wallet)
    return key


def _development_apple(path: Path) -> AppleSigner:
    key, certificate = _read_pair(path, DEVELOPMENT_PASS_TYPE, DEVELOPMENT_TEAM)
    return AppleSigner(DEVELOPMENT_PASS_TYPE, DEVELOPMENT_TEAM, certificate, key, ())


@lru_cache(maxsize=8)
def _read_pair(path: Path, name: str, unit: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A key and its self-signed certificate from one file; the first of two racing processes decides what they are."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(_made_up(name, unit))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    content = path.read_bytes()
    key = serialization.load_pem_private_key(content, None)
    return _rsa(key, name), x509.load_pem_x509_certificate(content[content.index(b"-----BEGIN CERTIFICATE") :])


def _made_up(name: str, unit: str) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    parts = [x509.NameAttribute(NameOID.USER_ID, name), x509.NameAttribute(NameOID.COMMON_NAME, f"Development: {name}")]
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    subject, today = x509.Name(parts), datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
