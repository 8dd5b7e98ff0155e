"""A person's own account: what it shows, what it changes, and how it ends."""

import contextlib
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.events import CustomerErased
from customers.models import Customer, Person
from customers.services.erasure import erase_person
from customers.services.one_time_codes import send_code
from customers.services.persons import block_person, log_in, set_preferences
from customers.tests.callers import customer_headers, person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from ledger.models import PointsBalance, PointsEntry, Transaction
from ledger.tests.tills import sell
from loyalty import events
from loyalty.errors import LoyaltyError
from loyalty.models import AuditEvent, IdempotencyRecord, LoginSession
from loyalty.services.audit import SYSTEM, Actor
from loyalty.services.tokens import open_person_session
from loyalty.tests.together import together
from messaging.models import Consent, SentEmail, SmsMessage
from messaging.services.sms import queue_sms
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
BASE = "/en/shop/auth"


@pytest.fixture
def person() -> Person:
    return PersonFactory(name="Ona Savoji", email="ona.savoji@example.test", phone="+37061234567")


def member(person: Person, points: str = "25.00", **values: Any) -> Customer:
    """The person at a new partner, with a card that has earned."""
    customer = CustomerFactory(person=person, phone=person.phone, **values)
    card = CardFactory(partner=customer.partner)
    issue_card(actor=SYSTEM, partner=customer.partner, card=card, customer=customer, at=AT)
    sell(customer.partner, f"S-{customer.pk}", points, at=AT, customer=customer)
    return customer


# --- Looking


def test_me_is_the_person_or_what_a_partner_knows(person: Person) -> None:
    customer = CustomerFactory(person=person, phone=person.phone, name="O. at the shop")
    own = person_caller(person).get(f"{BASE}/me")["data"]
    assert (own["id"], own["name"], own["email"]) == (person.pk, "Ona Savoji", "ona.savoji@example.test")
    at_shop = person_caller(person, customer.partner).get(f"{BASE}/me")["data"]
    assert (at_shop["id"], at_shop["name"], at_shop["email"]) == (customer.pk, "O. at the shop", customer.email)
    assert at_shop["phone_verified_at"] is not None
    person_caller(person, PartnerFactory()).get(f"{BASE}/me", 404)


def test_credentials_beside_ones_own_token_narrow_me_to_their_partner(person: Person) -> None:
    customer = CustomerFactory(person=person)
    till = credential_caller(customer.partner).client
    headers = {**customer_headers(person)}
    answer = till.get(f"{BASE}/me", headers=headers)
    assert answer.json()["data"]["id"] == customer.pk


def test_statistics_add_up_what_every_app_knows(person: Person) -> None:
    here, there = member(person), member(person, "10.00")
    member(PersonFactory(), "500.00")
    own = person_caller(person).get(f"{BASE}/statistics")["data"]
    assert own == {
        "total_cards": 2,
        "total_points": 35,
        "total_coupons": 0,
        "active_coupons": 0,
        "completed_games": 0,
        "level": None,
    }
    at_one = person_caller(person, there.partner).get(f"{BASE}/statistics")["data"]
    assert (at_one["total_cards"], at_one["total_points"]) == (1, 10)
    assert at_one["level"] == "Bronze"
    assert person_caller(PersonFactory()).get(f"{BASE}/statistics")["data"]["total_cards"] == 0
    assert here.partner != there.partner


def test_statistics_cost_the_same_for_two_partners_and_for_twenty(person: Person) -> None:
    def cost() -> int:
        caller = person_caller(person)
        with CaptureQueriesContext(connection) as queries:
            caller.get(f"{BASE}/statistics")
        return len(queries)

    for _ in range(2):
        member(person)
    few = cost()
    for _ in range(18):
        member(person)
    assert cost() == few


def test_the_export_holds_everything_and_nothing_of_others(person: Person) -> None:
    customer = member(person, name="Ona Klientė")
    member(PersonFactory(name="Somebody else"), name="Somebody else")
    Consent.objects.create(
        partner=customer.partner, channel="sms", address=person.phone, is_given=True, source="till", given_at=AT
    )
    queue_sms(partner=customer.partner, phone=person.phone, text="Sveiki!", purpose="service", at=AT)
    found = person_caller(person).get(f"{BASE}/account")["data"]
    assert found["person"]["phone"] == person.phone
    assert [row["name"] for row in found["customers"]["customers"]] == ["Ona Klientė"]
    assert found["messaging"]["sms"][0]["text"] == "Sveiki!"
    assert found["messaging"]["consents"][0]["is_given"] is True
    assert len(found["cards"]["issued_cards"]) == 1
    assert [row["order_id"] for row in found["ledger"]["transactions"]] == [f"S-{customer.pk}"]
    assert found["ledger"]["points"][0]["balance"] == 25
    assert set(found) == {"person", "loyalty", "messaging", "customers", "cards", "ledger", "games"}
    assert "Somebody else" not in json.dumps(found)


# --- Changing


def test_a_profile_changes_what_is_named_and_partners_keep_what_they_were_told(person: Person) -> None:
    customer = CustomerFactory(person=person, name="At the shop")
    caller = person_caller(person)
    answer = caller.put(f"{BASE}/profile", {"name": " Ona Naujoji "})["data"]
    assert (answer["name"], answer["email"]) == ("Ona Naujoji", "ona.savoji@example.test")
    caller.put(f"{BASE}/profile", {"email": None, "language": "en"})
    person.refresh_from_db()
    customer.refresh_from_db()
    assert (person.name, person.email, person.language, customer.name) == ("Ona Naujoji", None, "en", "At the shop")
    trail = list(AuditEvent.objects.filter(action="person.updated").order_by("pk").values_list("changes", flat=True))
    assert [sorted(changes) for changes in trail] == [["name"], ["email", "language"]]
    assert "Ona" not in str(trail)


@pytest.mark.parametrize(
    ("body", "field"), [({"name": " "}, "name"), ({"email": "x"}, "email"), ({"language": "de"}, "language")]
)
def test_a_wrong_profile_changes_nothing(person: Person, body: dict[str, Any], field: str) -> None:
    before = Person.objects.values().get()
    answer = person_caller(person).put(f"{BASE}/profile", body, 422)
    assert list(answer["errors"]) == [field]
    assert Person.objects.values().get() == before


def test_preferences_are_merged_and_null_forgets(person: Person) -> None:
    caller = person_caller(person)
    assert caller.get(f"{BASE}/preferences")["data"] == {}
    caller.put(f"{BASE}/preferences", {"theme": "dark", "shops": [1, 2], "ratio": 0.5})
    answer = caller.put(f"{BASE}/preferences", {"theme": None, "news": {"sms": True}})["data"]
    assert answer == {"shops": [1, 2], "ratio": 0.5, "news": {"sms": True}}
    assert caller.get(f"{BASE}/preferences")["data"] == answer
    assert "dark" not in str(list(AuditEvent.objects.values("changes")))


@pytest.mark.parametrize(
    "body",
    [
        {f"k{number}": 1 for number in range(101)},
        {"k" * 61: 1},
        {"": 1},
        {"k": "x" * 9_000},
        {"k": 10**30},
    ],
    ids=["too many", "long name", "no name", "too large", "a number for no reader"],
)
def test_preferences_stay_small(person: Person, body: dict[str, Any]) -> None:
    person_caller(person).put(f"{BASE}/preferences", body, 422)
    person.refresh_from_db()
    assert person.preferences == {}


def test_a_token_granted_to_a_till_reaches_no_account(person: Person) -> None:
    bound = person_caller(person, PartnerFactory())
    for method, path in (("put", "profile"), ("put", "preferences"), ("delete", "account")):
        answer = getattr(bound, method)(f"{BASE}/{path}", *([{}] if method == "put" else []), 403)
        assert answer["code"] == "INSUFFICIENT_PERMISSIONS"
    for path in ("preferences", "account"):
        bound.get(f"{BASE}/{path}", 403)
    person.refresh_from_db()
    assert person.erased_at is None


# --- Tokens


def test_a_refresh_works_once_and_reuse_ends_the_session(person: Person) -> None:
    first = open_person_session(person_id=person.pk, token_version=1, at=timezone.now() - timedelta(minutes=1))
    caller = Caller({})
    second = caller.post(f"{BASE}/refresh", {"refresh_token": first.refresh}, 200)["data"]
    assert second["expires_in"] == 3600
    again = caller.post(f"{BASE}/refresh", {"refresh_token": first.refresh}, 200)["data"]
    assert again == second
    LoginSession.objects.update(rotated_at=timezone.now() - timedelta(seconds=11))
    assert caller.post(f"{BASE}/refresh", {"refresh_token": first.refresh}, 401)["code"] == "INVALID_TOKEN"
    assert caller.post(f"{BASE}/refresh", {"refresh_token": second["refresh_token"]}, 401)["code"] == "INVALID_TOKEN"


def test_a_blocked_person_cannot_refresh(person: Person) -> None:
    pair = open_person_session(person_id=person.pk, token_version=1, at=timezone.now())
    Person.objects.update(is_active=False)
    Caller({}).post(f"{BASE}/refresh", {"refresh_token": pair.refresh}, 401)


@pytest.mark.django_db(transaction=True)
def test_eight_refreshes_at_once_make_one_child() -> None:
    pair = open_person_session(person_id=PersonFactory().pk, token_version=1, at=timezone.now())
    body = {"refresh_token": pair.refresh}
    answers = together([lambda: Client().post(f"{BASE}/refresh", body, content_type="application/json")] * 8)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json()["data"]["refresh_token"] for answer in answers}) == 1


@pytest.mark.parametrize("by", ["header", "body"])
def test_logging_out_ends_both_tokens(person: Person, by: str) -> None:
    pair = open_person_session(person_id=person.pk, token_version=1, at=timezone.now())
    caller = Caller({"Authorization": f"Bearer {pair.access}"})
    caller.get(f"{BASE}/me")
    if by == "header":
        caller.post(f"{BASE}/logout", {}, 200)
    else:
        Caller({}).post(f"{BASE}/logout", {"refresh_token": pair.refresh}, 200)
    caller.get(f"{BASE}/me", 401)
    Caller({}).post(f"{BASE}/refresh", {"refresh_token": pair.refresh}, 401)
    Caller({}).post(f"{BASE}/logout", {}, 401)


# --- The end


def everything_but(*labels: str) -> str:
    """Every row of ours as text."""
    models = [
        model
        for app in ("loyalty", "partners", "messaging", "customers", "cards", "ledger", "games")
        for model in apps.get_app_config(app).get_models()
        if model._meta.label not in labels
    ]
    return "".join(serializers.serialize("json", model._default_manager.all(), ensure_ascii=False) for model in models)


def test_an_erased_person_is_nowhere_and_the_books_are_as_before(person: Person) -> None:
    customer = member(person, name="Ona Klientė", email="ona.kliente@example.test", external_id="EXT-ONA")
    second = member(person, name="O. Savoji")
    stays = member(PersonFactory(), name="Kitas")
    Consent.objects.create(
        partner=customer.partner, channel="sms", address=person.phone, is_given=True, source="till", given_at=AT
    )
    queue_sms(partner=customer.partner, phone=person.phone, text="Sveika, Ona Savoji!", purpose="service", at=AT)
    IdempotencyRecord.objects.create(
        scope=f"person:{person.pk} PUT /x", key="k", method="PUT", path="/x", fingerprint=b"x" * 32, status=200,
        body='{"name": "Ona Savoji"}', created_at=AT, expires_at=AT + timedelta(days=3),
    )  # fmt: skip
    books = [list(model.objects.order_by("pk").values()) for model in (Transaction, PointsEntry, PointsBalance)]
    told: list[CustomerErased] = []
    events.subscribe(CustomerErased, told.append)
    caller = person_caller(person)

    caller.delete(f"{BASE}/account")

    left = everything_but()
    for trace in (person.phone, "Savoji", "Klientė", "ona.savoji", "ona.kliente", "EXT-ONA"):
        assert trace not in left, trace
    assert [list(model.objects.order_by("pk").values()) for model in (Transaction, PointsEntry, PointsBalance)] == books
    for gone in (customer, second):
        gone.refresh_from_db()
        assert (gone.is_active, gone.person, str(gone)) == (False, None, str(gone.pk))
    stays.refresh_from_db()
    assert (stays.name, stays.is_active) == ("Kitas", True)
    assert {event.customer_id for event in told} == {customer.pk, second.pk}
    person.refresh_from_db()
    assert (person.phone, person.name, person.is_active) == (None, "", False)
    assert Consent.objects.get().address.startswith("#")
    caller.get(f"{BASE}/me", 401)
    # The number is free again, and whoever has it now is somebody else.
    assert PersonFactory(phone="+37061234567").pk != person.pk


def test_an_address_that_somebody_only_says_is_theirs_shows_and_erases_nothing_of_its_owner() -> None:
    """Nobody proves an e-mail address: whoever writes down another's must not reach what that one left behind."""
    thief = PersonFactory(email="ona@example.test")
    partner = member(thief).partner
    owner = CustomerFactory(partner=partner, email="ona@example.test", phone="+37061230009")
    longer = SentEmail.objects.create(to="leona@example.test", sender="a@b.test", subject="Leonai", body="Tekstas")
    consent = Consent.objects.create(
        partner=partner, channel="email", address=owner.email, is_given=False, source="till", given_at=AT
    )
    kept = IdempotencyRecord.objects.create(
        scope="credential:1 POST /en/partners/customers", key="k", method="POST", path="/", fingerprint=b"x" * 32,
        status=201, body='{"email":"leona@example.test"}', created_at=AT, expires_at=AT + timedelta(days=3),
    )  # fmt: skip

    caller = person_caller(thief)
    assert caller.get(f"{BASE}/account")["data"]["messaging"]["consents"] == []
    caller.delete(f"{BASE}/account")

    consent.refresh_from_db()
    longer.refresh_from_db()
    assert consent.address == "ona@example.test"
    assert (longer.to, longer.subject) == ("leona@example.test", "Leonai")
    assert IdempotencyRecord.objects.filter(pk=kept.pk).exists()


def test_a_card_of_an_erased_customer_is_refused_at_the_till(person: Person) -> None:
    customer = member(person)
    till = credential_caller(customer.partner)
    number = till.get("/en/shop/loyalty-cards", user_id=customer.pk)["data"][0]["card_number"]
    erase_person(actor=SYSTEM, person=person, reason="asked by mail", at=timezone.now())
    sale = {"order_id": "AFTER-1", "order_total": 10, "card_number": number}
    assert 400 <= till.client.post(
        "/en/shop/transactions/create", json.dumps(sale), content_type="application/json"
    ).status_code < 500  # fmt: skip
    assert Transaction.objects.filter(order_id="AFTER-1").count() == 0


def test_an_erased_customer_without_a_card_gets_none_by_a_later_sale(person: Person) -> None:
    customer = CustomerFactory(person=person)
    CardFactory(partner=customer.partner)
    erase_person(actor=SYSTEM, person=person, reason="asked by mail", at=timezone.now())
    sale = {"order_id": "AFTER-2", "order_total": 10, "user_id": customer.pk}
    answer = credential_caller(customer.partner).post("/en/shop/transactions/create", sale, 404)
    assert answer["code"] == "RESOURCE_NOT_FOUND"
    assert IssuedCard.objects.count() == Transaction.objects.count() == 0


def test_an_old_session_needs_a_fresh_code(person: Person) -> None:
    old = Caller(customer_headers(person, at=timezone.now() - timedelta(minutes=11)))
    answer = old.delete(f"{BASE}/account", 422)
    assert list(answer["errors"]) == ["otp"]
    person.refresh_from_db()
    assert person.erased_at is None
    Caller({}).post(f"{BASE}/request-otp", {"phone": person.phone, "type": "verify"}, 200)
    code = re.search(r"\d{6}", SmsMessage.objects.get().text)
    assert code
    wrong = f"{(int(code[0]) + 1) % 1_000_000:06}"

    def delete(otp: str) -> int:
        body = json.dumps({"otp": otp})
        return old.client.delete(f"{BASE}/account", body, content_type="application/json").status_code

    assert delete(wrong) == 400
    assert delete(code[0]) == 200
    person.refresh_from_db()
    assert person.erased_at is not None
    assert AuditEvent.objects.get(action="person.erased").actor_id == person.pk


@pytest.mark.django_db(transaction=True)
def test_four_erasures_at_once_are_one() -> None:
    person = PersonFactory()
    member(person)
    together([lambda: erase_person(actor=SYSTEM, person=person, reason="asked", at=AT)] * 4)
    assert Counter(AuditEvent.objects.filter(action__endswith=".erased").values_list("action", flat=True)) == {
        "person.erased": 1,
        "customer.erased": 1,
    }


@pytest.mark.django_db(transaction=True)
def test_preferences_set_at_once_are_all_kept() -> None:
    person = PersonFactory()
    actor = Actor("person", person.pk)
    together(
        [
            lambda key=f"k{number}": set_preferences(actor=actor, person=person, data={key: 1}, at=AT)  # type: ignore[misc]
            for number in range(6)
        ]
    )
    person.refresh_from_db()
    assert person.preferences == {f"k{number}": 1 for number in range(6)}


@pytest.mark.django_db(transaction=True)
def test_blocking_and_logging_in_at_once_leaves_no_open_session() -> None:
    for _ in range(3):
        person = PersonFactory()
        send_code(phone=person.phone, purpose="login", brand=None, language="en", at=AT)
        code = re.search(r"\d{6}", SmsMessage.objects.latest("pk").text)
        assert code

        def enter(person: Person = person, code: str = code[0]) -> None:
            with contextlib.suppress(LoyaltyError):
                log_in(phone=person.phone or "", code=code, partner=None, at=AT)

        def shut_out(person: Person = person) -> None:
            block_person(actor=SYSTEM, person=person, reason="asked", at=AT)

        together([enter, shut_out])
        person.refresh_from_db()
        assert not person.is_active
        open_ones = LoginSession.objects.filter(person_id=person.pk, revoked_at=None)
        assert [one for one in open_ones if one.token_version == person.token_version] == []
        assert open_ones.count() == 0
