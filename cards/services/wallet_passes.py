"""Signed wallet passes of plain facts."""

import hashlib
import io
import json
import zipfile
from datetime import datetime

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cards.rules.pass_pictures import pass_pictures
from cards.rules.wallet import LANGUAGES, CardFacts, apple_pass, apple_strings, google_payload
from cards.services.wallet_keys import AppleSigner, apple_signer, google_signer

GOOGLE_SAVE = "https://pay.google.com/gp/v/save/"
# The same pass is the same file.
_LONG_AGO = (2020, 1, 1, 0, 0, 0)


def make_apple_pass(*, facts: CardFacts, logo: bytes | None, strip: bytes | None) -> bytes:
    """The .pkpass file: pass, pictures, texts, a manifest of them, and its signature. Raises WalletNotConfigured."""
    signer = apple_signer()
    content = apple_pass(facts, pass_type_id=signer.pass_type_id, team_id=signer.team_id)
    files = {"pass.json": json.dumps(content, ensure_ascii=False).encode()}
    files |= {f"{language}.lproj/pass.strings": apple_strings(facts, language).encode() for language in LANGUAGES}
    files |= pass_pictures(
        letter=(facts.partner_name or "?")[0],
        background=facts.background,
        foreground=facts.foreground,
        logo=logo,
        strip=strip,
    )
    manifest = json.dumps({name: _sha1(content) for name, content in files.items()}, indent=1).encode()
    files |= {"manifest.json": manifest, "signature": _signature(signer, manifest)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content_ in files.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), content_, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def make_google_link(*, facts: CardFacts, origin: str, at: datetime) -> str:
    """The address at which the customer saves the card in Google Wallet. Raises WalletNotConfigured."""
    signer = google_signer()
    claims = {
        "iss": signer.account,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(at.timestamp()),
        "origins": [origin],
        "payload": google_payload(facts, issuer_id=signer.issuer_id),
    }
    headers = {"kid": signer.key_id} if signer.key_id else None
    return GOOGLE_SAVE + jwt.encode(claims, signer.key, algorithm="RS256", headers=headers)


def _sha1(content: bytes) -> str:
    """What Apple's format asks for; the signature over the manifest is SHA-256."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _signature(signer: AppleSigner, manifest: bytes) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(manifest)
    builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA256())
    for certificate in signer.chain:
        builder = builder.add_certificate(certificate)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
