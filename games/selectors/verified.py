"""A scanned coupon with everything a till shows of it, in one statement."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cards.errors import CardBlocked
from games.choices import LIVE_COUPON, CouponStatus
from games.errors import CouponAlreadyUsed, CouponExpired, CouponNotAtShop, OperationNotAllowed
from games.rules.codes import normalize
from games.rules.rewards import Reward
from games.selectors.coupons import qr_value_of
from loyalty.database.prepared import fetch_row
from partners.models import Partner
from partners.selectors.shops import check_shops

_VERIFY = "SELECT is_shop_known, seen FROM games_verify_coupon(%s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What `games_verify_coupon` found, by its names; numbers are exact."""

    row: dict[str, Any]
    status: str

    @property
    def reward(self) -> Reward:
        row = self.row
        return Reward(
            type=row["reward_type"],
            value=row["reward_value"],
            points=row["reward_points"],
            product_name=row["reward_product_name"],
            minimum_purchase=row["minimum_purchase"],
            maximum_discount=row["maximum_discount"],
        )


def scan_coupon(
    *, partner: Partner, shop_id: int, reach: frozenset[int] | None, code: str, at: datetime
) -> Scanned | None:
    """By code as typed or by QR value; None where this partner has no such coupon.

    Raises ResourceNotFound and StoreAccessDenied (shop), CouponAlreadyUsed, CouponExpired, CouponNotAtShop,
    OperationNotAllowed (cancelled). One that another shop holds is told of: the till sees who has it.
    """
    if reach is not None and shop_id not in reach:
        check_shops(partner=partner, shop_ids=[shop_id], reach=reach)
    qr_value = qr_value_of(code)
    typed = None if qr_value is not None else normalize(code)[:20]
    row = fetch_row(_VERIFY, (partner.pk, shop_id, typed, qr_value, at))
    is_known, text = row or (False, None)
    if not is_known:
        # Nothing is told for a shop of somebody else: that is looked at again with the right words.
        check_shops(partner=partner, shop_ids=[shop_id], reach=reach)
    if text is None:
        return None
    scanned = _read(text, at)
    _refuse(scanned)
    return scanned


def _read(text: str, at: datetime) -> Scanned:
    row = json.loads(text, parse_float=Decimal)
    row["expires_at"] = None if row["expires_at"] is None else datetime.fromisoformat(row["expires_at"])
    for name in ("reward_value", "minimum_purchase", "maximum_discount"):
        row[name] = None if row[name] is None else Decimal(row[name])
    is_over = row["expires_at"] is not None and row["expires_at"] <= at
    status = CouponStatus.EXPIRED if is_over and row["status"] in LIVE_COUPON else row["status"]
    return Scanned(row, str(status))


def _refuse(scanned: Scanned) -> None:
    match scanned.status:
        case CouponStatus.REDEEMED:
            raise CouponAlreadyUsed
        case CouponStatus.EXPIRED:
            raise CouponExpired
        case CouponStatus.CANCELLED:
            raise OperationNotAllowed(reason=_("this coupon was cancelled."))
    if not scanned.row["is_valid_here"]:
        raise CouponNotAtShop
    if scanned.row["is_blocked"]:
        raise CardBlocked
