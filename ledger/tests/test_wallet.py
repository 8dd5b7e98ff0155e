"""Cards in Apple's and Google's wallets and on paper."""

import hashlib
import io
import json
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from cards.models import Card, IssuedCard
from cards.rules.wallet import color
from cards.services import wallet_keys
from cards.services.issued_cards import block_card, issue_card
from cards.services.wallet_keys import _made_up
from cards.tests.factories import CardFactory
from customers.models import Customer
from customers.tests.callers import person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from ledger.tests.tills import sell
from loyalty.services.audit import SYSTEM
from partners.models import Partner
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _development(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WALLET = {**dict.fromkeys(settings.WALLET, ""), "DEVELOPMENT": True}


class Held:
    """A card with 35 points in a person's hands."""

    def __init__(self, **design: Any) -> None:
        at = timezone.now() - timedelta(hours=1)
        self.partner: Partner = PartnerFactory(name="Ąžuolo „kava“ & Ko <script>")
        self.card: Card = CardFactory(
            partner=self.partner,
            title={"en": 'Gold "card"\n2', "lt": "Auksinė kortelė"},
            terms_conditions={"en": "Be kind.", "lt": "Būkite geri."},
            card_design={"background_color": "#0A3", "text_color": "#ffeedd", **design},
        )
        person = PersonFactory()
        self.customer: Customer = CustomerFactory(
            partner=self.partner, person=person, phone=person.phone, name="Ona <b>Petraitė</b>"
        )
        issued: IssuedCard = issue_card(
            actor=SYSTEM, partner=self.partner, card=self.card, customer=self.customer, at=at
        )
        self.issued = issued
        sell(self.partner, "A-1", "35.00", at=at + timedelta(minutes=1), customer=self.customer)
        self.till, self.app = credential_caller(self.partner), person_caller(person)

    def path(self, what: str, locale: str = "en") -> str:
        return f"/{locale}/shop/issued-cards/{self.issued.pk}/{what}"

    def apple(self, caller: Caller | None = None) -> dict[str, bytes]:
        response = (caller or self.app).client.get(self.path("pass.pkpass"))
        assert (response.status_code, response["Content-Type"]) == (200, "application/vnd.apple.pkpass")
        assert response["Content-Disposition"] == f'attachment; filename="{self.issued.number}.pkpass"'
        assert (response["Cache-Control"], response["X-Content-Type-Options"]) == ("private, no-store", "nosniff")
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}


def verify(files: dict[str, bytes], certificate: Path, folder: Path) -> str:
    """What openssl says of the pass's signature by this certificate."""
    (folder / "manifest").write_bytes(files["manifest.json"])
    (folder / "signature").write_bytes(files["signature"])
    command = ["openssl", "smime", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "manifest"]
    command += ["-CAfile", str(certificate), "-purpose", "any", "-out", "out"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr.strip()


# --- Apple


def test_the_pass_shows_brand_balance_and_barcode(tmp_path: Path) -> None:
    held = Held()
    files = held.apple()
    content = json.loads(files["pass.json"])
    assert (content["formatVersion"], content["organizationName"]) == (1, held.partner.name)
    assert content["passTypeIdentifier"] == "pass.localhost.loyalty"
    assert (content["backgroundColor"], content["foregroundColor"]) == ("rgb(0, 170, 51)", "rgb(255, 238, 221)")
    assert content["storeCard"]["headerFields"] == [{"key": "points", "label": "POINTS", "value": 35}]
    barcode = content["barcodes"][0]
    assert (barcode["message"], barcode["altText"]) == (str(held.issued.qr_value), held.issued.number)
    assert content["voided"] is False
    assert 'CARD_TITLE" = "Auksinė kortelė";' in files["lt.lproj/pass.strings"].decode()
    assert '"POINTS" = "Taškai";' in files["lt.lproj/pass.strings"].decode()
    assert '"CARD_TITLE" = "Gold \\"card\\"\\n2";' in files["en.lproj/pass.strings"].decode()
    assert '"CARD_TERMS" = "Be kind.";' in files["en.lproj/pass.strings"].decode()


def test_the_manifest_holds_every_file_and_the_signature_holds_the_manifest(tmp_path: Path) -> None:
    files = Held().apple()
    manifest = json.loads(files["manifest.json"])
    assert set(manifest) == set(files) - {"manifest.json", "signature"}
    assert manifest == {name: hashlib.sha1(files[name]).hexdigest() for name in manifest}
    certificate = tmp_path / "wallet" / "apple.pem"
    assert certificate.stat().st_mode & 0o777 == 0o600
    assert "Verification successful" in verify(files, certificate, tmp_path)
    forged = {**files, "manifest.json": files["manifest.json"].replace(b"icon.png", b"icom.png")}
    assert "Verification fail" in verify(forged, certificate, tmp_path)


def test_the_pictures_have_the_sizes_that_phones_ask_for() -> None:
    files = Held().apple()
    for scale, suffix in ((1, ""), (2, "@2x"), (3, "@3x")):
        assert Image.open(io.BytesIO(files[f"icon{suffix}.png"])).size == (29 * scale, 29 * scale)
        width, height = Image.open(io.BytesIO(files[f"logo{suffix}.png"])).size
        assert width <= 160 * scale
        assert height == 50 * scale
    assert "strip.png" not in files


def test_the_partners_own_pictures_are_used(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 100), "#123456").save(picture, "PNG")
    names = [default_storage.save(f"{name}.png", ContentFile(picture.getvalue())) for name in ("logo", "band")]
    files = Held(logo=names[0], background_image=names[1]).apple()
    assert Image.open(io.BytesIO(files["logo@2x.png"])).getpixel((10, 10))[:3] == (0x12, 0x34, 0x56)
    assert Image.open(io.BytesIO(files["strip.png"])).size == (375, 123)
    default_storage.delete(names[0])
    assert "logo.png" in Held(logo=names[0]).apple()


def test_a_configured_certificate_signs_with_its_chain(settings: Any, tmp_path: Path) -> None:
    own, authority = _made_up("pass.lt.example", "TEAM123456"), _made_up("Authority", "")
    (tmp_path / "own.pem").write_bytes(own)
    (tmp_path / "wwdr.pem").write_bytes(x509.load_pem_x509_certificate(_certificate(authority)).public_bytes(_PEM))
    key = serialization.load_pem_private_key(own, None)
    sealed = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word"))
    (tmp_path / "own.key").write_bytes(sealed)
    (tmp_path / "own.crt").write_bytes(_certificate(own))
    settings.WALLET |= {
        "DEVELOPMENT": False,
        "APPLE_PASS_TYPE_ID": "pass.lt.example",
        "APPLE_TEAM_ID": "TEAM123456",
        "APPLE_PASS_CERTIFICATE": str(tmp_path / "own.crt"),
        "APPLE_PASS_KEY": str(tmp_path / "own.key"),
        "APPLE_PASS_KEY_PASSWORD": "word",
        "APPLE_WWDR_CERTIFICATE": str(tmp_path / "wwdr.pem"),
    }
    held = Held()
    files = held.apple()
    content = json.loads(files["pass.json"])
    assert (content["passTypeIdentifier"], content["teamIdentifier"]) == ("pass.lt.example", "TEAM123456")
    assert "Verification successful" in verify(files, tmp_path / "own.crt", tmp_path)
    listed = subprocess.run(
        ["openssl", "pkcs7", "-inform", "DER", "-in", str(tmp_path / "signature"), "-print_certs", "-noout"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "pass.lt.example" in listed
    assert "Authority" in listed

    settings.WALLET |= {"APPLE_PASS_KEY_PASSWORD": "wrong"}
    assert held.app.get(held.path("pass.pkpass"), 503)["code"] == "WALLET_NOT_CONFIGURED"


@pytest.mark.parametrize(("what", "wallet"), [("pass.pkpass", "Apple Wallet"), ("google-wallet", "Google Wallet")])
def test_where_nothing_is_set_up_production_says_so(settings: Any, what: str, wallet: str) -> None:
    settings.WALLET["DEVELOPMENT"] = False
    held = Held()
    body = held.app.get(held.path(what), 503)
    assert (body["code"], body["message"]) == ("WALLET_NOT_CONFIGURED", f"{wallet} is not set up on this platform.")


# --- Google


def claims(held: Held, public_key: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    url = held.app.get(held.path("google-wallet"))["data"]["url"]
    prefix, token = url[: url.index("ey")], url[url.index("ey") :]
    assert prefix == "https://pay.google.com/gp/v/save/"
    return jwt.get_unverified_header(token), jwt.decode(token, public_key, algorithms=["RS256"], audience="google")


def test_the_save_link_carries_the_card_signed_by_the_service_account(settings: Any, tmp_path: Path) -> None:
    pair = _made_up("wallet@example.iam", "")
    private = pair[: pair.index(b"-----BEGIN CERTIFICATE")].decode()
    account = {"client_email": "wallet@example.iam", "private_key_id": "kid-1", "private_key": private}
    (tmp_path / "account.json").write_text(json.dumps(account))
    settings.WALLET |= {
        "GOOGLE_WALLET_ISSUER_ID": "3388000000012345678",
        "GOOGLE_WALLET_SERVICE_ACCOUNT": str(tmp_path / "account.json"),
    }
    held = Held()
    header, said = claims(held, x509.load_pem_x509_certificate(_certificate(pair)).public_key())
    assert header == {"alg": "RS256", "kid": "kid-1", "typ": "JWT"}
    assert (said["iss"], said["typ"], said["origins"]) == (
        *("wallet@example.iam", "savetowallet", [settings.BASE_URL]),
    )
    (programme,), (card,) = said["payload"]["loyaltyClasses"], said["payload"]["loyaltyObjects"]
    assert programme["id"] == card["classId"] == f"3388000000012345678.programme-{held.card.pk}"
    assert programme["hexBackgroundColor"] == "#00aa33"
    assert programme["localizedProgramName"]["translatedValues"] == [{"language": "lt", "value": "Auksinė kortelė"}]
    assert card["loyaltyPoints"]["balance"] == {"int": 35}
    assert card["barcode"]["value"] == str(held.issued.qr_value)
    assert (card["state"], card["accountId"]) == ("ACTIVE", held.issued.number)


def test_a_development_machine_makes_its_key_once(tmp_path: Path) -> None:
    held = Held()
    held.app.get(held.path("google-wallet"))
    made = (tmp_path / "wallet" / "google.pem").read_bytes()
    wallet_keys._read_pair.cache_clear()
    _header, said = claims(held, x509.load_pem_x509_certificate(_certificate(made)).public_key())
    assert said["iss"] == "development@localhost"
    assert [path.name for path in (tmp_path / "wallet").iterdir()] == ["google.pem"]


# --- Paper


def test_the_printed_card_holds_nothing_but_drawings_and_escaped_text() -> None:
    held = Held()
    response = held.app.client.get(held.path("card.svg", "lt"))
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    root = ET.fromstring(response.content)
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words == [
        "Ąžuolo „kava“ & Ko <scr…",
        "Auksinė kortelė",
        "Vardas",
        "Ona <b>Petraitė</b>",
        "Kortelės numeris",
        held.issued.number,
    ]
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "text", "path"}


def test_a_name_with_what_xml_cannot_hold_still_gives_a_card() -> None:
    held = Held()
    customer = held.issued.customer
    customer.name = "Ona\x0b Petr\x1fait\uffffė"
    customer.save()
    root = ET.fromstring(held.app.client.get(held.path("card.svg", "lt")).content)
    assert "Ona Petraitė" in [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("bad", ['#fff" onload="x', "red", "#12345", None, 7])
def test_only_colors_become_colors(bad: Any) -> None:
    assert color({"text_color": bad}, "text_color", "#112233") == "#112233"


def test_colors_with_opacity_and_short_ones_are_understood() -> None:
    assert color({"a": "#ABCDEF80"}, "a", "#000000") == "#abcdef"
    assert color({"a": "#1aF"}, "a", "#000000") == "#11aaff"


# --- Whose


@pytest.mark.parametrize("what", ["pass.pkpass", "google-wallet", "card.svg"])
def test_a_till_reaches_its_partners_cards_and_a_person_the_own_ones(what: str) -> None:
    held, other = Held(), Held()
    for caller in (held.till, held.app):
        assert caller.client.get(held.path(what)).status_code == 200
        foreign = caller.get(other.path(what), 404)
        absent = caller.get(f"/en/shop/issued-cards/999999999/{what}", 404)
        assert (foreign["code"], foreign["message"]) == (absent["code"], absent["message"])
    stranger = person_caller(PersonFactory())
    assert stranger.get(held.path(what), 404)["code"] == "RESOURCE_NOT_FOUND"


def test_a_blocked_card_is_shown_as_void() -> None:
    held = Held()
    block_card(actor=SYSTEM, partner=held.partner, issued_card=held.issued, reason="lost", at=timezone.now())
    assert json.loads(held.apple()["pass.json"])["voided"] is True


_PEM = serialization.Encoding.PEM


def _certificate(pair: bytes) -> bytes:
    return pair[pair.index(b"-----BEGIN CERTIFICATE") :]
