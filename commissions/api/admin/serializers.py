"""What platform staff send and get about commission."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from commissions.api.fields import ClockField, MonthField, PlainDecimalField, plain
from commissions.choices import Component, EntryKind, RateMode
from commissions.models import CommissionEntry, CommissionRate
from commissions.rules.cards import Draft
from commissions.selectors.rates import Effective, RateCard
from commissions.services.rates import NewCard
from commissions.services.sync import SyncReport

MOST_RATES = 500
PERCENT: dict[str, Any] = {"max_digits": 7, "decimal_places": 4}
MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 4}
# The flat names of the contract, the component and the term that each of them means.
FLAT = {
    "platform_commission_rate": ("platform", "percent"),
    "platform_commission_fixed": ("platform", "fixed"),
    "stripe_processing_fee_rate": ("processing", "percent"),
    "stripe_processing_fee_fixed": ("processing", "fixed"),
}


def _tiers(**options: Any) -> Any:
    """`from` is no name that a class body could give."""
    fields: dict[str, serializers.Field] = {
        "from": PlainDecimalField(**MONEY),
        "percent": PlainDecimalField(**PERCENT),
    }
    return inline_serializer("CommissionTier", fields, many=True, **options)


class RateForm(serializers.Serializer):
    """One rate of the full set."""

    component = serializers.ChoiceField(choices=Component.choices)
    shop_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    category = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=100)
    percent = PlainDecimalField(**PERCENT, required=False)
    fixed = PlainDecimalField(**MONEY, required=False)
    min = PlainDecimalField(**MONEY, required=False, allow_null=True)
    max = PlainDecimalField(**MONEY, required=False, allow_null=True)
    mode = serializers.ChoiceField(choices=RateMode.choices, required=False)
    tiers = _tiers(required=False, max_length=50)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    valid_from = ClockField(required=False, allow_null=True)
    valid_to = ClockField(required=False, allow_null=True)


class RatesForm(serializers.Serializer):
    """Either the flat fields, any of them, or `rates`, the full set: one of one's own that is missing ends now."""

    platform_commission_rate = PlainDecimalField(**PERCENT, required=False)
    platform_commission_fixed = PlainDecimalField(**MONEY, required=False)
    stripe_processing_fee_rate = PlainDecimalField(**PERCENT, required=False)
    stripe_processing_fee_fixed = PlainDecimalField(**MONEY, required=False)
    valid_from = ClockField(required=False, allow_null=True)
    rates: serializers.ListSerializer = serializers.ListSerializer(
        child=RateForm(), required=False, max_length=MOST_RATES
    )
    lock_after_update = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        flat = [name for name in FLAT if name in attrs]
        if "rates" in attrs and (flat or attrs.get("valid_from")):
            raise serializers.ValidationError({"rates": _("Send either the flat fields or rates, not both.")})
        if not flat and "rates" not in attrs and not attrs.get("lock_after_update"):
            raise serializers.ValidationError({"rates": _("Send the flat fields or rates.")})
        return attrs


def read_card(form: dict[str, Any], currency: str) -> NewCard:
    """The body in the service's words."""
    flat: dict[str, dict[str, Decimal]] = {}
    for name, (component, term) in FLAT.items():
        if name in form:
            flat.setdefault(component, {})[term] = form[name]
    drafts = [_draft(rate, currency) for rate in form["rates"]] if "rates" in form else None
    return NewCard(drafts, flat, form.get("valid_from"), form.get("lock_after_update", False))


def _draft(rate: dict[str, Any], currency: str) -> Draft:
    tiers = tuple((tier["from"], tier["percent"]) for tier in rate.get("tiers", []))
    return Draft(
        component=rate["component"],
        percent=rate.get("percent", Decimal(0)),
        fixed=rate.get("fixed", Decimal(0)),
        minimum=rate.get("min"),
        maximum=rate.get("max"),
        mode=rate.get("mode", RateMode.FLAT),
        tiers=tiers,
        shop_id=rate.get("shop_id"),
        category=(rate.get("category") or "").strip().casefold(),
        currency=rate.get("currency", currency),
        valid_from=rate.get("valid_from"),
        valid_to=rate.get("valid_to"),
    )


class RateAnswer(serializers.ModelSerializer):
    """One version of a rate."""

    category = serializers.SerializerMethodField()
    percent = PlainDecimalField(**PERCENT)
    fixed = PlainDecimalField(**MONEY)
    min = PlainDecimalField(**MONEY, source="minimum", allow_null=True)
    max = PlainDecimalField(**MONEY, source="maximum", allow_null=True)
    tiers = _tiers()
    valid_from = ClockField()
    valid_to = ClockField(allow_null=True)
    source = serializers.SerializerMethodField()  # type: ignore[assignment]  # the name on the wire

    class Meta:
        model = CommissionRate
        fields = (
            *("id", "source", "component", "shop_id", "category", "percent", "fixed", "min", "max", "mode", "tiers"),
            *("currency", "valid_from", "valid_to"),
        )

    def get_category(self, row: CommissionRate) -> str | None:
        return row.category or None

    def get_source(self, row: CommissionRate) -> str:
        return "global" if row.partner_id is None else "custom"


class EffectiveAnswer(serializers.Serializer):
    """A rate in force."""

    rate = RateAnswer(source="version")
    version = serializers.IntegerField(source="number", help_text="Which version of its scope.")
    tier_progress = serializers.SerializerMethodField()

    def get_tier_progress(self, row: Effective) -> dict[str, Any] | None:
        if row.volume is None:
            return None
        percent, following = row.version.percent, None
        for tier in row.version.tiers:
            if row.volume >= Decimal(tier["from"]):
                percent = Decimal(tier["percent"])
            elif following is None:
                following = plain(Decimal(tier["from"]))
        return {"volume": plain(row.volume), "percent": plain(percent), "next_from": following}


class RateCardAnswer(serializers.Serializer):
    """The flat fields are what a sale without a rate of its shop or category pays; null where nothing is set."""

    partner_id = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField()
    at = ClockField(help_text="On the partner's clock.")
    is_locked = serializers.BooleanField()
    lock_after_update = serializers.BooleanField(default=False)
    platform_commission_rate = PlainDecimalField(**PERCENT, allow_null=True)
    platform_commission_fixed = PlainDecimalField(**MONEY, allow_null=True)
    stripe_processing_fee_rate = PlainDecimalField(**PERCENT, allow_null=True)
    stripe_processing_fee_fixed = PlainDecimalField(**MONEY, allow_null=True)
    rates = RateAnswer(many=True)
    effective = EffectiveAnswer(many=True)
    global_rates = RateAnswer(many=True)


def present_card(card: RateCard) -> dict[str, Any]:
    """A rate card as it is answered."""
    wide = {component: row for component, row in card.wide.items() if row is not None}
    shown = {
        name: getattr(wide[component], term) if component in wide else None for name, (component, term) in FLAT.items()
    }
    return dict(
        RateCardAnswer(
            {
                "partner_id": card.partner.pk if card.partner else None,
                "currency": card.currency,
                "at": card.moment.replace(microsecond=0),
                "is_locked": card.is_locked,
                "lock_after_update": False,
                **shown,
                "rates": card.own if card.partner else card.defaults,
                "effective": card.effective,
                "global_rates": card.defaults,
            }
        ).data
    )


class SyncForm(serializers.Serializer):
    period = MonthField(required=False, allow_null=True)
    dry_run = serializers.BooleanField(required=False)


class LockForm(serializers.Serializer):
    period = MonthField(
        required=False, allow_null=True, help_text="A month; none: the partner's commission as a whole."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)
    locked_until = serializers.DateTimeField(required=False, allow_null=True, help_text="Not with `period`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("period") and attrs.get("locked_until"):
            text = _("A month stays locked until it is unlocked.")
            raise serializers.ValidationError({"locked_until": text})
        return attrs


class UnlockForm(serializers.Serializer):
    period = MonthField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=500, error_messages={"required": gettext_lazy("Say why it is unlocked.")})


class LockStatusAnswer(serializers.Serializer):
    is_locked = serializers.BooleanField()
    scope = serializers.ChoiceField(choices=["partner", "period"])
    period = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=["open", "locked", "settled"])
    version = serializers.IntegerField(allow_null=True)
    locked_at = serializers.DateTimeField(allow_null=True)
    locked_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    locked_until = serializers.DateTimeField(allow_null=True)
    lines = serializers.IntegerField()
    total = PlainDecimalField(**MONEY)
    currency = serializers.CharField()
    checksum = serializers.CharField(allow_null=True, help_text="SHA-256 over the lines of a closed month.")


class SyncAnswer(serializers.Serializer):
    """`created`, `updated`, `removed` and `unchanged` count lines of open months."""

    sync_id = serializers.IntegerField(allow_null=True, help_text="Null for a dry run, which leaves nothing behind.")
    dry_run = serializers.BooleanField()
    period = serializers.CharField(allow_null=True)
    rates_changed = serializers.IntegerField(help_text="Platform defaults that the last run did not know yet.")
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    removed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    skipped_locked_periods = serializers.ListField(child=serializers.CharField())
    adjustments = serializers.IntegerField(help_text="Of the lines, those that correct a closed month.")
    total_before = PlainDecimalField(**MONEY)
    total_after = PlainDecimalField(**MONEY)
    diff = serializers.ListField(child=serializers.DictField(), help_text="Up to 100 changed lines, before and after.")


def present_sync(report: SyncReport) -> dict[str, Any]:
    """A report as it is answered."""
    run = report.run
    row = {name: getattr(run, name) for name in SyncAnswer().get_fields() if hasattr(run, name)}
    sync_id = None if report.is_dry else run.pk
    return dict(SyncAnswer({**row, "sync_id": sync_id, "dry_run": report.is_dry, "period": run.month or None}).data)


class LineAnswer(serializers.Serializer):
    """One line of commission, with the rate as it was and the sale, refund, month or person that it comes from."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    component = serializers.ChoiceField(choices=Component.choices)
    amount = PlainDecimalField(**MONEY)
    base = PlainDecimalField(**MONEY)
    currency = serializers.CharField()
    category = serializers.SerializerMethodField()
    shop_id = serializers.IntegerField(allow_null=True)
    period = serializers.CharField(source="period.month")
    origin_period = serializers.CharField(source="origin_month")
    date = serializers.DateField(source="local_on")
    source_type = serializers.CharField()
    source_id = serializers.IntegerField()
    order_id = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField()
    rate = RateAnswer(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="Why a line was made by hand.")
    reverses = serializers.IntegerField(allow_null=True, help_text="The line by hand that it takes back.")
    recorded_at = serializers.DateTimeField()

    def get_category(self, row: CommissionEntry) -> str | None:
        return row.category or None
