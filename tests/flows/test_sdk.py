"""The official SDK 3.1.0, unmodified, against the running platform: from a key to points on a card."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
import requests
from django.utils import timezone
from loyalty_sdk import LoyaltyAPIError, LoyaltySDK

from cards.models import Card, IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from ledger.models import PointsBalance, Transaction
from ledger.selectors.integrity import find_drift
from loyalty.services.audit import SYSTEM
from partners.models import ApiCredential, Partner, Shop
from partners.services.credentials import issue_credential, revoke_credential
from partners.tests.factories import PartnerFactory, ShopFactory
from tests.conftest import Web

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@dataclass
class Business:
    """A partner ready to sell."""

    partner: Partner
    shop: Shop
    card: Card
    customer: Customer
    issued: IssuedCard
    credential: ApiCredential
    sdk: LoyaltySDK


@pytest.fixture
def business(web: Web) -> Business:
    return open_business(web)


def open_business(web: Web, locale: str = "en") -> Business:
    partner = PartnerFactory.create(name="Kavos namai")
    shop = ShopFactory.create(partner=partner, name="Gedimino pr. 9")
    card = CardFactory.create(
        partner=partner, points_redemption_enabled=True, min_points_for_redemption=100, initial_bonus_points=100
    )
    customer = CustomerFactory.create(partner=partner, name="Ona Kazlauskienė", email="ona@example.lt")
    issued = issue_card(actor=SYSTEM, partner=partner, card=card, customer=customer, at=timezone.now())
    new = issue_credential(actor=SYSTEM, partner=partner, name="Till 1", at=timezone.now())
    sdk = LoyaltySDK(new.credential.key, new.secret, locale=locale)
    sdk.base_url = web.url
    return Business(partner, shop, card, customer, issued, new.credential, sdk)


def refused(call: Callable[[], object]) -> LoyaltyAPIError:
    with pytest.raises(LoyaltyAPIError) as caught:
        call()
    return caught.value


def test_credentials_are_validated(business: Business) -> None:
    answer = business.sdk.validate_credentials()
    assert answer["valid"] is True
    assert answer["partner"] == {"id": business.partner.pk, "name": "Kavos namai", "status": "active"}
    assert answer["partner_name"] == "Kavos namai"


def test_health_is_answered_to_anybody(business: Business) -> None:
    assert business.sdk.health_check()["status"] == "ok"


def test_a_sale_puts_points_on_the_card(business: Business) -> None:
    sale = business.sdk.create_transaction(
        order_id="A-1",
        user_id=business.customer.pk,
        order_total=15.50,
        shop_id=business.shop.pk,
        cart_items=[{"product_id": 7, "product_name": "Latte", "quantity": 2, "unit_price": 7.75, "total_price": 15.5}],
        meta_data={"till": "1"},
    )
    assert sale["points_awarded"] == sale["points"] == 15
    assert sale["points_balance"] == 115
    assert sale["transaction_id"] == sale["id"]
    assert sale["loyalty_card_id"] == business.issued.pk
    assert sale["card_number"] == business.issued.number
    assert (sale["order_total"], sale["currency"]) == (15.5, "EUR")
    assert PointsBalance.objects.get(pk=business.issued.pk).balance == 115
    assert not any(find_drift().values())


def test_a_sale_by_unknown_email_enrols_a_customer(business: Business) -> None:
    sale = business.sdk.create_transaction(order_id="A-1", user_email="Naujas@Example.LT", order_total=10)
    customer = Customer.objects.get(pk=sale["user_id"])
    assert (customer.email, customer.source, customer.partner_id) == ("naujas@example.lt", "till", business.partner.pk)
    assert sale["points_balance"] == 110


def test_the_same_sale_again_is_answered_with_the_first_result(business: Business) -> None:
    first = business.sdk.create_transaction(order_id="A-1", user_id=business.customer.pk, order_total=15.50)
    again = business.sdk.create_transaction(order_id="A-1", user_id=business.customer.pk, order_total=15.50)
    assert again == first
    assert Transaction.objects.filter(partner=business.partner).count() == 1


def test_a_lost_reply_is_retried_by_the_sdk_without_a_second_effect(business: Business) -> None:
    business.sdk.session.hooks["response"].append(_lose_the_first_reply())
    sale = business.sdk.create_transaction(order_id="A-1", user_id=business.customer.pk, order_total=15.50)
    assert sale["points_balance"] == 115
    assert Transaction.objects.filter(partner=business.partner).count() == 1


def _lose_the_first_reply() -> Callable[..., object]:
    seen: list[object] = []

    def hook(response: object, *_args: object, **_kwargs: object) -> None:
        seen.append(response)
        if len(seen) == 1:
            raise requests.ConnectionError("the connection broke after the server had answered")

    return hook


def test_another_body_under_the_same_order_is_refused(business: Business) -> None:
    business.sdk.create_transaction(order_id="A-1", user_id=business.customer.pk, order_total=15.50)
    error = refused(
        lambda: business.sdk.create_transaction(order_id="A-1", user_id=business.customer.pk, order_total=16)
    )
    assert (error.code, error.http_status) == ("RESOURCE_ALREADY_EXISTS", 409)


def test_points_are_spent_and_given_back_by_a_refund(business: Business) -> None:
    sold = business.sdk.create_transaction(
        order_id="A-1", user_id=business.customer.pk, order_total=20, points_redeemed=100
    )
    assert (sold["points_discount_amount"], sold["order_total"]) == (1.0, 19.0)
    assert (sold["points_awarded"], sold["points_balance"]) == (19, 19)
    refund = business.sdk.create_transaction(
        order_id="A-1", user_id=business.customer.pk, transaction_type="refund", order_total=20
    )
    assert (refund["points_awarded"], refund["points_redeemed"], refund["points_balance"]) == (-19, -100, 100)


def test_too_few_points_are_an_error_the_cashier_can_read(web: Web) -> None:
    business = open_business(web, locale="lt")
    error = refused(
        lambda: business.sdk.create_transaction(
            order_id="A-1", user_id=business.customer.pk, order_total=50, points_redeemed=500
        )
    )
    assert (error.code, error.http_status) == ("INSUFFICIENT_POINTS", 400)
    assert Transaction.objects.filter(partner=business.partner).count() == 0


def test_shops_cards_and_transactions_are_listed_with_meta(business: Business) -> None:
    business.sdk.create_transaction(
        order_id="A-1", user_id=business.customer.pk, order_total=15.50, shop_id=business.shop.pk
    )
    shops = business.sdk.get_shops(is_active=True, is_virtual=False)
    assert [shop["name"] for shop in shops["data"]] == ["Gedimino pr. 9"]
    assert shops["meta"]["total"] == 1
    programmes = business.sdk.get_loyalty_cards()
    assert [row["id"] for row in programmes["data"]] == [business.card.pk]
    cards = business.sdk.get_loyalty_cards(card_number=business.issued.number)
    row = cards["data"][0]
    assert (row["id"], row["card_number"], row["points_balance"], row["status"], row["user"]["name"]) == (
        business.issued.pk,
        business.issued.number,
        115,
        "active",
        "Ona Kazlauskienė",
    )
    listed = business.sdk.get_transactions(loyalty_card_id=business.issued.pk, type="purchase")
    assert [(item["reference_number"], item["points"], item["amount"]) for item in listed["data"]] == [
        ("A-1", 15, 15.5)
    ]


def test_a_card_is_found_by_number_qr_value_and_user(business: Business) -> None:
    assert business.sdk.get_loyalty_card(business.issued.pk)["card_number"] == business.issued.number
    assert business.sdk.get_loyalty_card(business.card.pk)["initial_bonus_points"] == 100
    by_qr = business.sdk.get_loyalty_card_info(card_number=str(business.issued.qr_value))
    by_user = business.sdk.get_loyalty_card_info(user_id=business.customer.pk)
    assert by_qr == by_user
    assert by_qr["points"] == 100
    assert by_qr["redemption"] == {
        "enabled": True,
        "points_per_currency": 100.0,
        "currency_amount": 1.0,
        "min_points": 100,
        "max_points": None,
    }
    balance = business.sdk.get_points_balance(card_id=business.issued.pk)
    assert (balance["points"], balance["current_points"], balance["total_earned"]) == (100, 100, 100)


def test_a_revoked_key_is_refused_on_the_very_next_request(business: Business) -> None:
    business.sdk.get_shops()
    revoke_credential(actor=SYSTEM, credential=business.credential, at=timezone.now(), reason="lost")
    assert refused(business.sdk.get_shops).http_status == 401


def test_another_partners_customer_card_and_shop_do_not_exist(web: Web) -> None:
    mine, theirs = open_business(web), open_business(web)
    for body in (
        {"user_id": theirs.customer.pk},
        {"user_id": mine.customer.pk, "loyalty_card_id": theirs.issued.pk},
        {"user_id": mine.customer.pk, "shop_id": theirs.shop.pk},
    ):
        error = refused(partial(mine.sdk.create_transaction, order_id="A-1", order_total=10, **body))
        assert (error.code, error.http_status) == ("RESOURCE_NOT_FOUND", 404)
    assert refused(lambda: mine.sdk.get_loyalty_card(theirs.issued.pk)).http_status == 404
    assert Transaction.objects.count() == 0
