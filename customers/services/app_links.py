"""Telling somebody at the till where the app is."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from customers.rules.contact import normalized_phone
from loyalty.errors import ValidationFailed
from messaging.choices import SmsPurpose
from messaging.models import SmsMessage
from messaging.rules.placeholders import fill
from messaging.selectors.sms_templates import find_sms_text
from messaging.services.sms import queue_sms
from partners.models import Partner
from partners.selectors.shops import check_shops

# A till that missed the reply asks again within seconds; nobody wants the same link twice in a minute.
REPEAT = timedelta(seconds=60)
LONGEST_NAME = 40
APP_LINK = "app_link"
# What a name is made of. Whatever else a till sends in its place (an address of a website!) stays out of our SMS.
_NOT_A_NAME = re.compile(r"[^\w '\-]|[\d_]")


@dataclass(frozen=True, slots=True)
class AppLink:
    """A checked wish to send the link; `is_repeat`: it went to this phone a moment ago."""

    partner: Partner
    phone: str
    name: str
    language: str
    is_repeat: bool


def prepare_app_link(
    *,
    partner: Partner,
    phone: str,
    shop_id: int,
    reach: frozenset[int] | None,
    name: str,
    language: str,
    at: datetime,
) -> AppLink:
    """Raises ValidationFailed for the phone, ResourceNotFound or StoreAccessDenied for the shop."""
    check_shops(partner=partner, shop_ids=[shop_id], reach=reach)
    number = normalized_phone(phone, partner.country)
    if number is None:
        raise ValidationFailed(errors={"phone": [_("This is no phone number.")]})
    same = SmsMessage.objects.filter(partner=partner, phone=number, purpose=SmsPurpose.APP_LINK)
    is_repeat = same.filter(queued_at__gt=at - REPEAT, queued_at__lte=at).exists()
    return AppLink(partner, number, name, language, is_repeat)


def send_app_link(*, link: AppLink, at: datetime) -> SmsMessage:
    """Queue the SMS. Raises SmsSendFailed where nothing sends SMS."""
    with translation.override(link.language):
        greeted = " ".join(_NOT_A_NAME.sub(" ", link.name).split())[:LONGEST_NAME].strip()
        words = {"partner": link.partner.name[:LONGEST_NAME], "name": greeted, "link": settings.APP_LINK}
        own = find_sms_text(partner=link.partner, code=APP_LINK, language=link.language)
        if own is not None:
            text = fill(own, words)
        elif greeted:
            text = _("{partner}: hello, {name}! Points and offers in our app: {link}").format(**words)
        else:
            text = _("{partner}: points and offers in our app: {link}").format(**words)
    return queue_sms(
        partner=link.partner, phone=link.phone, text=text, purpose=SmsPurpose.APP_LINK, at=at, template=APP_LINK
    )
