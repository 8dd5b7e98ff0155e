"""The SMS account of each demo partner, with a month of messages that went nowhere."""

import random
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from customers.models import Customer
from loyalty.services.audit import SYSTEM
from messaging.choices import Channel, SmsAccountKind, SmsPurpose, SmsStatus
from messaging.models import SmsAccount, SmsMessage
from messaging.rules.sms import count_parts
from messaging.rules.sms_prices import country_of, price_of
from messaging.selectors.consents import list_consents
from messaging.services.sms_accounts import open_account
from messaging.services.sms_money import top_up
from messaging.services.sms_templates import create_sms_template
from partners.models import Partner

DAYS = 30
MESSAGES = 120
PAID = Decimal(50)
SEED = "loyalty demo sms 1"
CODE = "order_ready"
# The partner's own text for `/sms/send`, in both of its languages.
OWN_TEXTS = {
    "lt": "{{ name }}, Jūsų užsakymas {{ number }} paruoštas. Laukiame!",
    "en": "{{ name }}, your order {{ number }} is ready.",
}
TEXTS = (
    (SmsPurpose.SERVICE, "Ona, Jūsų užsakymas 217 paruoštas. Laukiame!", CODE),
    (SmsPurpose.SERVICE, "Your order is ready.", ""),
    (SmsPurpose.MARKETING, "Savaitgalį dvigubi taškai visoms kavoms. Atsisakyti: STOP", ""),
)
# How messages ended, out of a hundred.
ENDS = ((SmsStatus.DELIVERED, 92), (SmsStatus.SENT, 4), (SmsStatus.UNDELIVERABLE, 3), (SmsStatus.EXPIRED, 1))


class SmsDemo:
    """What the demo shows of SMS."""

    def load(self, *, partner: Partner, key: str, at: datetime, say: Callable[[str], None]) -> None:
        """One account that keeps its messages in the database, and a text of the partner's own, once."""
        if SmsAccount.objects.filter(partner=partner).exists():
            return
        with transaction.atomic():
            _load(partner, at)
        say(f"{partner.name}: an SMS account with {MESSAGES} messages and a text of its own")

    def handover(self, *, partner: Partner, at: datetime) -> dict[str, Any]:
        """Nothing: the back office shows it."""
        return {}


def _load(partner: Partner, at: datetime) -> None:
    sender = "".join(letter for letter in partner.name if letter.isascii() and (letter.isalnum() or letter == " "))
    account = open_account(
        actor=SYSTEM,
        partner=partner,
        data={
            "account_name": f"{partner.name} SMS",
            "contact_name": "Ona Petraitė",
            "contact_email": partner.contact_email,
            "company_name": partner.legal_name or partner.name,
            "kind": SmsAccountKind.DATABASE,
            "senders": [sender[:11].strip() or "Loyalty"],
        },
        is_activated=True,
        at=at,
    )
    top_up(
        actor=SYSTEM,
        partner=partner,
        account_id=account.pk,
        amount=PAID,
        reference="DEMO",
        reason="Demo",
        at=at - timedelta(days=DAYS),
    )
    for language, text in OWN_TEXTS.items():
        data = {"code": CODE, "language": language, "text": text}
        create_sms_template(actor=SYSTEM, partner=partner, data=data, at=at)
    known = Customer.objects.filter(partner=partner, phone__startswith="+").order_by("pk")
    phones = [str(phone) for phone in known.values_list("phone", flat=True)[:MESSAGES]]
    if not phones:
        return
    answers = list_consents(partner=partner, addresses=phones)
    agreed = {address for (channel, _purpose, address), given in answers.items() if given and channel == Channel.SMS}
    chance = random.Random(f"{SEED} {partner.name}")  # noqa: S311 - a demo that is the same each time
    made = [_message(account, chance.choice(phones), agreed, chance, at) for _ in range(MESSAGES)]
    SmsMessage.objects.bulk_create(sorted(made, key=lambda one: one.queued_at))
    spent = sum((one.cost for one in made if one.refunded_at is None), Decimal(0))
    SmsAccount.objects.filter(pk=account.pk).update(balance=F("balance") - spent)


def _message(
    account: SmsAccount, phone: str, agreed: Collection[str], chance: random.Random, at: datetime
) -> SmsMessage:
    purpose, text, template = chance.choice(TEXTS if phone in agreed else TEXTS[:2])
    status = chance.choices([end for end, _weight in ENDS], [weight for _end, weight in ENDS])[0]
    queued = at - timedelta(days=1, seconds=chance.randrange(DAYS * 86_400))
    has_left = status != SmsStatus.EXPIRED
    ended = queued + timedelta(seconds=chance.randint(3, 40))
    country, parts = country_of(phone), count_parts(text)
    return SmsMessage(
        partner_id=account.partner_id,
        account=account,
        purpose=purpose,
        template=template,
        sender=account.senders[0],
        phone=phone,
        country=country,
        text=text,
        parts=parts,
        cost=parts * price_of(account.prices, country),
        currency=account.currency,
        status=status,
        is_handed=has_left,
        attempts=int(has_left),
        error="too late" if status == SmsStatus.EXPIRED else "",
        queued_at=queued,
        due_at=queued,
        expires_at=queued + timedelta(hours=24),
        sent_at=queued + timedelta(seconds=1) if has_left else None,
        delivered_at=ended if status == SmsStatus.DELIVERED else None,
        failed_at=ended if status in {SmsStatus.UNDELIVERABLE, SmsStatus.EXPIRED} else None,
        refunded_at=None if has_left else ended,
    )
