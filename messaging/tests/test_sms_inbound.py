"""STOP over HTTP: the provider hands on what somebody wrote, to an address that only it knows."""

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from loyalty.tests.together import together
from messaging.models import Consent, SmsAccount, SmsMessage
from messaging.services.consents import NO_PROOF
from messaging.services.partner_sms import set_consent
from messaging.services.sms_links import inbound_token, inbound_url_of, receipt_token
from messaging.services.sms_notices import note_text_call
from messaging.tests.sms_factories import SmsAccountFactory
from partners.tests.callers import admin_caller

PHONE = "+37060000001"
SAID = {"id": "IN-1", "source": PHONE, "destination": "Coffee", "message": "STOP", "timestamp": "2026-11-27T08:00:00Z"}


def agree(account: SmsAccount) -> None:
    set_consent(partner=account.partner, phone=PHONE, is_given=True, source="api", proof=NO_PROOF, at=timezone.now())


def tell(token: str, expected: int = 200, **said: Any) -> dict[str, Any]:
    body = json.dumps({**SAID, **said})
    answer = Client().post(f"/en/sms/inbound/{token}", body, content_type="application/json")
    assert answer.status_code == expected, answer.content
    return dict(answer.json())


def answers(account: SmsAccount) -> list[bool]:
    return list(Consent.objects.filter(partner=account.partner).order_by("pk").values_list("is_given", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_provider_calls_and_the_consent_is_taken_back(live_server: Any, settings: Any) -> None:
    settings.BASE_URL = live_server.url
    account, other = SmsAccountFactory(), SmsAccountFactory()
    agree(account)
    agree(other)
    call = Request(inbound_url_of(account), json.dumps(SAID).encode(), {"Content-Type": "application/json"})
    for _ in range(2):
        with urlopen(call) as answer:
            assert answer.status == 200
    assert answers(account) == [True, False]
    assert answers(other) == [True], "another partner's consent is its own"
    noted = Consent.objects.latest("pk")
    assert (noted.source, noted.reference) == ("sms_stop", f"{account.pk}:IN-1")
    connections.close_all()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("word", "is_stop"),
    [
        *[("stop", True), (" Stop. ", True), ("STOPP", True), ("ATSISAKAU!", True), ("„Nebesiųsti“", True)],
        *[("nebesiu\u0328sti", True), ("opt  out", True)],
        *[("Stop by tomorrow?", False), ("Ačiū", False), ("", False), ("nonstop", False)],
    ],
)
def test_words_that_stop_and_words_that_do_not(word: str, is_stop: bool) -> None:
    account = SmsAccountFactory()
    agree(account)
    tell(inbound_token(account.pk), message=word)
    assert answers(account) == ([True, False] if is_stop else [True])
    assert SmsMessage.objects.count() == 0, "what people write is not kept"


@pytest.mark.django_db
def test_the_same_stop_told_late_does_not_take_back_a_newer_yes() -> None:
    account = SmsAccountFactory()
    token = inbound_token(account.pk)
    tell(token)
    tell(token, id="IN-2")
    agree(account)
    tell(token)
    tell(token, id="IN-2")
    assert answers(account) == [False, False, True]
    tell(token, id="IN-3")
    assert answers(account)[-1] is False
    agree(account)
    tell(token, id=None)  # without a number it is a new one
    assert answers(account)[-1] is False


@pytest.mark.django_db
def test_a_guessed_address_is_404_and_changes_nothing() -> None:
    account = SmsAccountFactory()
    agree(account)
    token = inbound_token(account.pk)
    signature = token.split(".")[1]
    wrong = [
        *(f"{account.pk}.x", "x", str(account.pk), f"{account.pk + 1}.{signature}"),
        receipt_token(account.pk),  # signed by us, for something else
    ]
    for one in wrong:
        assert tell(one, 404)["code"] == "RESOURCE_NOT_FOUND"
    SmsAccount.objects.filter(pk=account.pk).update(is_active=False, deleted_at=timezone.now())
    assert tell(token, 404)["code"] == "RESOURCE_NOT_FOUND"
    assert answers(account) == [True]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": None}, "source"),
        ({"message": None}, "message"),
        ({"id": "x" * 201}, "id"),
    ],
)
def test_a_broken_call_names_its_field(said: dict[str, Any], field: str) -> None:
    account = SmsAccountFactory()
    agree(account)
    assert list(tell(inbound_token(account.pk), 422, **said)["errors"]) == [field]
    assert answers(account) == [True]


@pytest.mark.django_db
def test_who_writes_from_no_number_is_nobody() -> None:
    account = SmsAccountFactory()
    tell(inbound_token(account.pk), source="Coffee")
    assert answers(account) == []


@pytest.mark.django_db(transaction=True)
def test_of_eight_calls_at_once_one_counts() -> None:
    account = SmsAccountFactory()
    agree(account)
    said = {"id": "IN-1", "source": PHONE, "message": "Stop"}
    done = together([lambda: note_text_call(account_id=account.pk, said=said, at=timezone.now())] * 8)
    assert sorted(done) == [False] * 7 + [True]
    assert answers(account) == [True, False]


@pytest.mark.django_db
def test_platform_staff_read_the_address_of_an_account() -> None:
    account = SmsAccountFactory()
    shown = admin_caller().get(f"/en/admin/partners/{account.partner_id}/sms-accounts/{account.pk}", 200)["data"]
    assert shown["inbound_url"] == inbound_url_of(account)
