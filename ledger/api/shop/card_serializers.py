"""Card programmes and issued cards as tills read them (contract 5.6, 16.13-16.15)."""

from typing import Any

from rest_framework import serializers

from cards.api.partner.serializers import CardSerializer
from cards.models import Card
from ledger.selectors.issued_cards import CardView
from ledger.selectors.qr_cards import redemption_of
from partners.models import Partner


class RedemptionSerializer(serializers.Serializer):
    enabled = serializers.BooleanField()
    points_per_currency = serializers.DecimalField(12, 4)
    currency_amount = serializers.DecimalField(12, 2)
    min_points = serializers.IntegerField()
    max_points = serializers.IntegerField(allow_null=True)


class CardUserSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)


class CardPartnerSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    logo = serializers.CharField(allow_null=True)


class ProgrammeSerializer(CardSerializer):
    """A card programme: the Partner API's fields, the till's extras, and the four names of an older page."""

    qr_code = serializers.SerializerMethodField()
    card_type = serializers.SerializerMethodField()
    partner = serializers.SerializerMethodField()
    redemption = serializers.SerializerMethodField()
    name = serializers.JSONField(source="title")
    points_per_euro = serializers.SerializerMethodField()
    welcome_bonus = serializers.IntegerField(source="initial_bonus_points")
    applicable_shops = serializers.SerializerMethodField()

    def get_qr_code(self, card: Card) -> str:
        return f"CARD-{card.partner_id:03d}-{card.pk}"

    def get_card_type(self, card: Card) -> str:
        return "loyalty"

    def get_partner(self, card: Card) -> dict[str, Any]:
        return partner_brief(self.context["partner"])

    def get_redemption(self, card: Card) -> dict[str, Any]:
        return redemption_of(card)

    def get_points_per_euro(self, card: Card) -> float:
        return float(round(card.points_per_currency / card.currency_amount, 4))

    def get_applicable_shops(self, card: Card) -> list[int]:
        return [shop.pk for shop in card.shops.all()]


class IssuedCardSerializer(serializers.Serializer):
    """One customer's card. `id` names the issued card everywhere a `card_id` or `loyalty_card_id` is asked for."""

    id = serializers.IntegerField()
    loyalty_card_id = serializers.IntegerField(help_text="The same as id.")
    partner_card_id = serializers.IntegerField(help_text="The card programme.")
    card_number = serializers.CharField()
    card_name = serializers.JSONField()
    card_type = serializers.CharField()
    qr_code = serializers.CharField()
    points = serializers.IntegerField()
    points_balance = serializers.IntegerField()
    points_debt = serializers.IntegerField()
    status = serializers.CharField()
    is_active = serializers.BooleanField()
    transactions_count = serializers.IntegerField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    redemption = RedemptionSerializer()
    user_id = serializers.IntegerField()
    user = CardUserSerializer()
    partner = CardPartnerSerializer()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class BalanceSerializer(serializers.Serializer):
    """Points of one issued card, under every name that clients read."""

    card_id = serializers.IntegerField()
    card_number = serializers.CharField()
    points = serializers.IntegerField()
    current_points = serializers.IntegerField()
    total_points = serializers.IntegerField()
    points_balance = serializers.IntegerField()
    available_points = serializers.IntegerField()
    points_debt = serializers.IntegerField()
    total_earned = serializers.IntegerField()
    total_redeemed = serializers.IntegerField()
    expiring_soon = serializers.IntegerField(help_text="Points that expire within 30 days.")
    expired_points = serializers.IntegerField()
    next_expiry_at = serializers.DateTimeField(allow_null=True)
    transactions_count = serializers.IntegerField()


def partner_brief(partner: Partner) -> dict[str, Any]:
    """The partner as shown beside a card."""
    return {"id": partner.pk, "name": partner.name, "logo": partner.logo_url or None}


def issued_card_answer(view: CardView) -> dict[str, Any]:
    """The body of IssuedCardSerializer."""
    issued, customer = view.issued, view.issued.customer
    return {
        "id": issued.pk,
        "loyalty_card_id": issued.pk,
        "partner_card_id": issued.card_id,
        "card_number": issued.number,
        "card_name": issued.card.title,
        "card_type": "partner_specific",
        "qr_code": str(issued.qr_value),
        "points": view.points.points,
        "points_balance": view.points.points,
        "points_debt": view.points.debt,
        "status": issued.status,
        "is_active": issued.status == "active",
        "transactions_count": view.transactions_count,
        "last_used_at": view.last_used_at,
        "redemption": redemption_of(issued.card),
        "user_id": customer.pk,
        "user": {"id": customer.pk, "name": customer.name, "email": customer.email, "phone": customer.phone},
        "partner": partner_brief(issued.partner),
        "created_at": issued.issued_at,
        "updated_at": issued.updated_at,
    }


def balance_answer(view: CardView) -> dict[str, Any]:
    """The body of BalanceSerializer."""
    points = view.points
    return {
        "card_id": view.issued.pk,
        "card_number": view.issued.number,
        "points": points.points,
        "current_points": points.points,
        "total_points": points.points,
        "points_balance": points.points,
        "available_points": points.available,
        "points_debt": points.debt,
        "total_earned": points.earned,
        "total_redeemed": points.redeemed,
        "expiring_soon": points.expiring_soon,
        "expired_points": points.expired,
        "next_expiry_at": points.next_expiry_at,
        "transactions_count": view.transactions_count,
    }
