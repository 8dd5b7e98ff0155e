"""The ways into the demo: its accounts and API credentials, always such that what var/demo.json says works.

A password or secret of an earlier run is kept as long as it works; one that was changed or forgotten is set anew.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from cards.models import Card, IssuedCard
from customers.choices import CustomerSource
from customers.models import Customer
from ledger.demo.blueprints import ROLES, Blueprint
from ledger.demo.members import ORDINARY
from loyalty.errors import LoyaltyError
from loyalty.models import User
from loyalty.selectors.accounts import find_user
from loyalty.services import audit
from loyalty.services.accounts import set_password
from loyalty.services.audit import SYSTEM
from partners.models import ApiCredential, Partner, Shop, StaffMember, StaffShop
from partners.selectors.access import check_credential, get_credential
from partners.services.credentials import issue_credential, rotate_secret

ADMIN_EMAIL = "admin@loyalty.example"
CREDENTIAL_NAME = "Demo tills"
SYLLABLES = "bcdfghjkmnpqrstvwxz", "aeiu"
LISTED_CUSTOMERS = 200
RENEWED = "The demo's file did not have it any more"


@dataclass(frozen=True, slots=True)
class Login:
    """An account of the demo with its password."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class _Account:
    email: str
    name: str
    language: str
    is_admin: bool = False


def open_admin(*, remembered: Mapping[str, Any], at: datetime) -> Login:
    """The back office's superuser."""
    account = _Account(ADMIN_EMAIL, "Loyalty Admin", "en", is_admin=True)
    return _open_account(account, remembered.get("admin"), at)[1]


@transaction.atomic
def open_partner(
    *, partner: Partner, blueprint: Blueprint, remembered: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Everything that somebody needs to try one partner out, as the file says it."""
    shops = Shop.objects.filter(partner=partner, is_active=True).order_by("pk")
    cards = list(Card.objects.filter(partner=partner, deleted_at=None).order_by("pk"))
    logins = {
        role: _open_staff(partner, blueprint, role, remembered.get(role), at=at, name=name)
        for role, name in zip(ROLES, blueprint.staff, strict=True)
    }
    key, secret = _open_credential(partner, remembered, at)
    return {
        "id": partner.pk,
        "name": partner.name,
        **{role: {"email": login.email, "password": login.password} for role, login in logins.items()},
        "api_key": key,
        "api_secret": secret,
        "shops": [shop.pk for shop in shops],
        "cards": [card.pk for card in cards],
        "customers": _list_customers(partner, cards),
    }


def _open_staff(
    partner: Partner, blueprint: Blueprint, role: str, remembered: Any, *, at: datetime, name: str
) -> Login:
    language = "lt" if partner.default_language == "lt" else "en"
    user, login = _open_account(_Account(f"{role}@{blueprint.domain}", name, language), remembered, at)
    staff, is_new = StaffMember.objects.get_or_create(user=user, partner=partner, defaults={"role": role})
    if is_new:
        audit.record(
            actor=SYSTEM,
            action="staff.created",
            target=staff,
            partner_id=partner.pk,
            changes={"role": (None, role)},
            at=at,
        )
        reach = Shop.objects.filter(partner=partner).order_by("pk")[: blueprint.limited_to.get(role, 0)]
        StaffShop.objects.bulk_create([StaffShop(staff=staff, shop=shop) for shop in reach])
    elif not staff.is_active or staff.role != role:
        staff.is_active, staff.role = True, role
        staff.save(update_fields=["is_active", "role"])
    return login


def _open_account(account: _Account, remembered: Any, at: datetime) -> tuple[User, Login]:
    known = _password_of(account.email, remembered)
    password = known or _new_password()
    user = find_user(account.email)
    if user is None:
        make = User.objects.create_superuser if account.is_admin else User.objects.create_user
        user = make(account.email, password, name=account.name, language=account.language)
        audit.record(actor=SYSTEM, action="user.created", target=user, at=at)
    elif not (known and user.check_password(known)):
        user = set_password(actor=SYSTEM, user=user, password=password, at=at, reason=RENEWED)
    if not user.is_active or user.is_superuser != account.is_admin or user.is_staff != account.is_admin:
        user.is_active, user.is_staff, user.is_superuser = True, account.is_admin, account.is_admin
        user.save(update_fields=["is_active", "is_staff", "is_superuser"])
    return user, Login(account.email, password)


def _password_of(email: str, remembered: Any) -> str | None:
    if isinstance(remembered, dict) and remembered.get("email") == email:
        password = remembered.get("password")
        return password if isinstance(password, str) and password else None
    return None


def _new_password() -> str:
    """Random, and easy to type: four groups of syllables, 56 bits."""
    return "-".join([*(_syllable() + _syllable() for _ in range(4)), f"{secrets.randbelow(100):02}"])


def _syllable() -> str:
    return "".join(secrets.choice(letters) for letters in SYLLABLES)


def _open_credential(partner: Partner, remembered: Mapping[str, Any], at: datetime) -> tuple[str, str]:
    key, secret = remembered.get("api_key"), remembered.get("api_secret")
    if isinstance(key, str) and isinstance(secret, str) and _works(partner, key, secret, at):
        return key, secret
    own = ApiCredential.objects.filter(partner=partner, name=CREDENTIAL_NAME, kind=settings.ENVIRONMENT)
    credential = own.filter(revoked_at=None, expires_at=None).order_by("pk").first()
    if credential is None:
        new = issue_credential(actor=SYSTEM, partner=partner, name=CREDENTIAL_NAME, at=at)
    else:
        new = rotate_secret(actor=SYSTEM, credential=credential, at=at, reason=RENEWED)
    return new.credential.key, new.secret


def _works(partner: Partner, key: str, secret: str, at: datetime) -> bool:
    try:
        access = get_credential(key)
        check_credential(access, secret=secret, address=None, at=at)
    except LoyaltyError:
        return False
    return access.partner.pk == partner.pk


def _list_customers(partner: Partner, cards: Sequence[Card]) -> list[dict[str, Any]]:
    """Ordinary customers with their card of the first programme; the first of them have saved up points."""
    made = Customer.objects.filter(partner=partner, source=CustomerSource.DEMO)
    count = min(LISTED_CUSTOMERS, int(made.count() * ORDINARY))
    ids = list(made.order_by("pk").values_list("pk", flat=True)[:count])
    held = IssuedCard.objects.filter(partner=partner, card=cards[0], customer_id__in=ids).select_related("customer")
    return [
        {
            "id": issued.customer_id,
            "email": issued.customer.email,
            "phone": issued.customer.phone,
            "issued_card_id": issued.pk,
            "card_number": issued.number,
        }
        for issued in held.order_by("customer_id")
    ]
