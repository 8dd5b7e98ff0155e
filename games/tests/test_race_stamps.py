"""Tills at once on one stamp card: real threads on real connections (promises A4, B4)."""

import uuid
from collections import Counter

import pytest
from django.utils import timezone

from games.models import StampEvent, StampProgress
from games.tests.tills import GameTill
from ledger.errors import ReceiptNotAttachable
from ledger.models import Transaction
from ledger.services.receipts import attach_receipt
from ledger.tests.factories import balance_of
from ledger.tests.test_race_tills import deadlocks, together
from loyalty.services.audit import SYSTEM
from partners.models import Plan

pytestmark = pytest.mark.django_db(transaction=True)


def busy(**game: object) -> GameTill:
    plan = Plan.objects.create(code="busy", name="Busy", credential_per_minute=100_000, credential_per_hour=100_000)
    return GameTill(partner={"plan": plan}, game=game)


def keyed() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def test_eight_tills_giving_the_last_stamp_at_once_earn_one_reward() -> None:
    till = busy(reset_on_complete=False)
    till.stamp(7).ok()
    answers = [one.ok() for one in together([lambda: till.stamp(1, headers=keyed()) for _ in range(8)])]
    assert sum("reward_generated" in one for one in answers) == 1
    assert Counter(one["was_already_completed"] for one in answers) == {False: 1, True: 7}
    assert (len(till.coupons), till.progress.rounds) == (1, 1)


def test_the_first_stamps_of_a_card_at_once_are_all_counted() -> None:
    till = busy(stamps_required=100)
    for one in together([lambda: till.stamp(1, headers=keyed()) for _ in range(40)]):
        one.ok()
    assert (till.progress.current_step, StampProgress.objects.count()) == (40, 1)
    assert StampEvent.objects.filter(action="stamp_added").count() == 40


def test_a_burst_of_equal_calls_without_a_key_counts_once() -> None:
    till = busy(stamps_required=100)
    answers = together([till.stamp for _ in range(16)])
    assert Counter(one.is_replay for one in answers) == {False: 1, True: 15}
    assert {str(one.ok()) for one in answers} == {str(answers[0].ok())}
    assert till.progress.current_step == 1


@pytest.mark.parametrize("round_", range(5))
def test_completing_by_hand_and_by_the_last_stamp_at_once_earns_one_reward(round_: int) -> None:
    till = busy()
    till.stamp(7).ok()
    acts = [lambda: till.play("complete", headers=keyed()), lambda: till.stamp(1, headers=keyed())] * 4
    for one in together(acts):
        assert one.status == 200 or one.code == "OPERATION_NOT_ALLOWED", one.body
    assert len(till.coupons) == 1


def test_stamps_completions_restarts_and_sales_go_on_together_without_a_deadlock() -> None:
    till = busy(stamps_required=3, auto_stamp="per_purchase", reward_type="points", reward_points=5)
    before = deadlocks()
    acts = [
        lambda: till.stamp(2, headers=keyed()),
        lambda: till.play("complete", headers=keyed()),
        lambda: till.sale(user_id=till.buyer.pk, order_total=1),
        lambda: till.play("restart", headers=keyed()),
    ] * 10
    codes = Counter(one.code for one in together(acts))
    assert set(codes) <= {200, "OPERATION_NOT_ALLOWED"}
    assert deadlocks() == before
    assert balance_of(till.buyer)[0] == 10 + 5 * till.progress.rounds


@pytest.mark.parametrize("round_", range(3))
def test_a_receipt_attached_while_it_is_refunded_leaves_no_stamp(round_: int) -> None:
    till = busy(auto_stamp="per_purchase", stamps_required=1, reset_on_complete=False)
    before = deadlocks()
    sale = Transaction.objects.get(pk=till.sale("A-1", order_total=10, shop_id=till.shop.pk).ok()["transaction_id"])

    def attach() -> str:
        try:
            attach_receipt(
                actor=SYSTEM,
                partner=till.partner,
                transaction=sale,
                customer=till.buyer,
                at=timezone.now(),
                reason="Forgot",
            )
        except ReceiptNotAttachable as error:
            return error.code
        return "attached"

    found = Counter(str(one) for one in together([attach, lambda: till.refund("A-1", order_total=10).code] * 2))
    assert found["attached"] <= 1
    till.refund("A-1", order_total=10).ok()
    assert {coupon.status for coupon in till.coupons} <= {"cancelled"}
    assert len(till.coupons) == found["attached"] == StampEvent.objects.filter(action="stamp_added").count()
    assert set(StampProgress.objects.values_list("current_step", "is_completed")) <= {(0, False)}
    assert deadlocks() == before
