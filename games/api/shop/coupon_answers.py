"""Coupons as tills and apps read them (contract 5.9)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from games.choices import CouponStatus, RewardType
from games.models import Coupon
from games.rules.rewards import Reward, reward_of
from games.rules.texts import localized
from games.selectors.coupons import CouponView, status_of
from games.selectors.verified import Scanned
from partners.models import Category, Partner, Product


def reward_details(reward: Reward) -> dict[str, Any]:
    """What a coupon is worth, in figures."""
    return {
        "type": reward.type,
        "value": reward.value,
        "points": reward.points,
        "product_name": reward.product_name or None,
        "minimum_purchase": reward.minimum_purchase,
        "maximum_discount": reward.maximum_discount,
    }


def offer_answer(
    *, offer_id: int | None, title: Any, description: Any, reward: Reward, is_game: bool, partner: Partner
) -> dict[str, Any]:
    """What a coupon promises. One that was won in a game names no offer."""
    language = partner.default_language
    return {
        "id": offer_id,
        "title": localized(title, default_language=language),
        "description": localized(description, default_language=language),
        "discount_type": "game_reward" if is_game else discount_type(reward),
        "discount_value": reward.value,
        "reward_type": reward.type,
        "reward_details": reward_details(reward),
    }


def discount_type(reward: Reward) -> str:
    """The kind of discount, in the words of contract 5.9."""
    known = {RewardType.PERCENTAGE: "percentage", RewardType.FIXED: "fixed", RewardType.POINTS: "points"}
    return known.get(RewardType(reward.type), reward.type)


def coupon_answer(view: CouponView, partner: Partner, at: datetime) -> dict[str, Any]:
    """The body of CouponSerializer."""
    coupon, customer = view.coupon, view.coupon.customer
    status = status_of(coupon, at)
    return {
        "id": coupon.pk,
        "code": coupon.code,
        "qr_code": str(coupon.qr_value),
        "status": status,
        "expires_at": coupon.expires_at,
        "expiry_time": coupon.expires_at,
        "is_unlimited": coupon.expires_at is None,
        "days_until_expiry": days_until(coupon.expires_at, at),
        "is_used": status == CouponStatus.REDEEMED,
        "is_pending": status == CouponStatus.PENDING,
        "pending_shop_id": coupon.pending_shop_id,
        "offer": _offer_of(coupon, partner),
        "game": _game_of(coupon, partner),
        "user": None if customer is None else {"id": customer.pk, "name": customer.name, "email": customer.email},
        "card_id": coupon.issued_card_id,
        "products": [product_answer(product, partner) for product in view.products],
        "categories": [category_answer(category, partner) for category in view.categories],
        "requires_product_selection": view.must_choose,
        "redeemed_at": coupon.redeemed_at,
        "redeemed_shop_id": coupon.redeemed_shop_id,
        "created_at": coupon.issued_at,
    }


def days_until(moment: datetime | None, at: datetime) -> int | None:
    """Whole days left; None without an end."""
    return None if moment is None else max(0, (moment - at).days)


def _offer_of(coupon: Coupon, partner: Partner) -> dict[str, Any]:
    offer, game = coupon.offer, coupon.game
    shown = offer_answer(
        offer_id=None if offer is None else offer.pk,
        title=coupon.title if offer is None else offer.title,
        description="" if offer is None else offer.description,
        reward=reward_of(coupon),
        is_game=game is not None,
        partner=partner,
    )
    return {**shown, "original_price": None if offer is None else offer.minimum_purchase}


def _game_of(coupon: Coupon, partner: Partner) -> dict[str, Any] | None:
    game = coupon.game
    if game is None:
        return None
    language = partner.default_language
    return {
        "id": game.pk,
        "name": localized(game.name, default_language=language),
        "type": game.game_type,
        "reward_description": localized(game.reward_description, default_language=language),
    }


def product_answer(product: Product, partner: Partner) -> dict[str, Any]:
    """One good that can be chosen; `price` is what it costs now."""
    price = product.price if product.discounted_price is None else product.discounted_price
    return {
        "id": product.pk,
        "name": product.name,
        "description": product.description,
        "image_url": product.image_url or None,
        "sku": product.sku or product.external_id,
        "barcode": product.ean or None,
        "price": price,
        "regular_price": product.price,
        "currency": product.currency,
        "categories": [category_answer(category, partner) for category in product.categories.all()],
    }


def category_answer(category: Category, partner: Partner) -> dict[str, Any]:
    language = partner.default_language
    return {
        "id": category.pk,
        "name": localized(category.name or category.key, default_language=language),
        "description": localized(category.description, default_language=language),
    }


def scanned_answer(scanned: Scanned, partner: Partner) -> dict[str, Any]:
    """The body of VerifiedSerializer."""
    row, reward = scanned.row, scanned.reward
    is_game = row["game_id"] is not None
    title, description = row["title"], ""
    if row["offer_id"] is not None:
        title, description = row["offer_title"], row["offer_description"]
    answer: dict[str, Any] = {
        "coupon": {
            "id": row["id"],
            "code": row["code"],
            "qr_code": row["qr_value"],
            "status": scanned.status,
            "expires_at": row["expires_at"],
            "expiry_time": row["expires_at"],
            "is_used": scanned.status == CouponStatus.REDEEMED,
            "is_pending": scanned.status == CouponStatus.PENDING,
            "pending_shop_id": row["pending_shop_id"],
            "selected_product_id": row["selected_product_id"],
            "requires_product_selection": row["choices"] > 1,
            "offer": offer_answer(
                offer_id=row["offer_id"],
                title=title,
                description=description,
                reward=reward,
                is_game=is_game,
                partner=partner,
            ),
        },
        "user": _user_of(row),
        "card": _card_of(row),
        "points_rules": _rules_of(row),
        "games_count": row["games_count"],
        "coupons_count": row["coupons_count"],
    }
    if is_game:
        language = partner.default_language
        answer["game"] = {
            "id": row["game_id"],
            "name": localized(row["game_name"], default_language=language),
            "type": row["game_type"],
            "reward_description": localized(row["reward_description"], default_language=language),
        }
    return answer


def _user_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["customer_id"] is None:
        return None
    return {
        "id": row["customer_id"],
        "name": row["customer_name"],
        "email": row["customer_email"],
        "phone": row["customer_phone"],
        "default_card_id": row["card_id"],
        "points_balance": row["balance"] or 0,
    }


def _card_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["card_id"] is None:
        return None
    return {
        "id": row["card_id"],
        "card_number": row["card_number"],
        "user_id": row["customer_id"],
        "points_balance": row["balance"] or 0,
    }


def _rules_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["points_enabled"] is None:
        return None
    per_point = Decimal(row["currency_amount_redemption"]) / Decimal(row["points_per_currency_redemption"])
    return {
        "points_enabled": row["points_enabled"],
        "points_redemption_enabled": row["points_redemption_enabled"],
        "points_per_euro": round(Decimal(row["points_per_currency"]) / Decimal(row["currency_amount"]), 4),
        "euro_per_point": round(per_point, 6),
    }
