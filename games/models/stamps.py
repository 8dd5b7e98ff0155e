from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from games.choices import StampAction
from games.models.keys import LOOSE


class StampProgress(models.Model):
    """How far one issued card has come in one stamp game. `rounds` counts the cards that were filled."""

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    game = models.ForeignKey("games.Game", models.PROTECT, related_name="+", verbose_name=_("game"))
    issued_card = models.ForeignKey("cards.IssuedCard", models.PROTECT, related_name="+", verbose_name=_("issued card"))
    current_step = models.PositiveSmallIntegerField(_("stamps"), default=0)
    is_completed = models.BooleanField(_("full"), default=False)
    completed_at = models.DateTimeField(_("completed at"), null=True)
    rounds = models.PositiveIntegerField(_("cards filled"), default=0)
    coupon = models.ForeignKey(
        "games.Coupon", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("last coupon")
    )
    started_at = models.DateTimeField(_("started at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("stamp card")
        verbose_name_plural = _("stamp cards")
        constraints = [
            models.UniqueConstraint(fields=["game", "issued_card"], name="stamp_card_once"),
            models.CheckConstraint(
                condition=Q(is_completed=False) | Q(completed_at__isnull=False), name="stamp_card_completed_has_moment"
            ),
        ]

    def __str__(self) -> str:
        return str(self.current_step)


class StampEvent(models.Model):
    """One thing that happened on a stamp card. Insert-only; `business_key` names a cause that may count only once."""

    progress = models.ForeignKey(
        "games.StampProgress", models.PROTECT, db_index=False, related_name="events", verbose_name=_("stamp card")
    )
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    action = models.CharField(_("what happened"), max_length=20, choices=StampAction)
    value = models.SmallIntegerField(_("stamps"))
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )
    transaction = models.ForeignKey(
        "ledger.Transaction", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("transaction")
    )
    business_key = models.CharField(_("business key"), max_length=120, null=True)
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    # --- so that the row is its own idempotency record, and can be undone
    step_after = models.PositiveSmallIntegerField(_("stamps afterwards"), default=0)
    filled = models.PositiveSmallIntegerField(_("cards filled by it"), default=0)
    fingerprint = models.BinaryField(max_length=32, null=True)
    answer = models.JSONField(_("answer"), null=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("stamp event")
        verbose_name_plural = _("stamp events")
        constraints = [
            models.UniqueConstraint(
                fields=["progress", "business_key"],
                condition=Q(business_key__isnull=False),
                name="stamp_event_once_per_cause",
            ),
        ]
        indexes = [
            models.Index(F("progress"), F("id").desc(), name="stamp_event_progress"),
            models.Index(
                fields=["transaction"], condition=Q(transaction__isnull=False), name="stamp_event_transaction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.value:+d}"
