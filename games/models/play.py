import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from games.choices import PlayStatus
from games.models.keys import LOOSE


class Play(models.Model):
    """One customer's turn at a game, from start to reward; results are computed on the server only.

    Before anything is drawn, `seed_hash` (SHA-256 of the secret `server_seed`) and `odds` are published; afterwards the
    seed is revealed, and anybody can compute the result again (ADR 25). `state` is what the server knows and the player
    does not yet: right answers, where the pairs lie. A play is its own record of who did what: it names its actor.
    """

    session_key = models.UUIDField(_("session"), default=uuid.uuid4, unique=True)
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    game = models.ForeignKey("games.Game", models.PROTECT, db_index=False, related_name="+", verbose_name=_("game"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, db_index=False, related_name="+", verbose_name=_("customer")
    )
    issued_card = models.ForeignKey(
        "cards.IssuedCard", models.PROTECT, db_index=False, related_name="+", verbose_name=_("issued card")
    )
    shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("shop")
    )
    actor_kind = models.CharField(_("actor kind"), max_length=20, blank=True)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    status = models.CharField(_("status"), max_length=10, choices=PlayStatus, default=PlayStatus.ACTIVE)
    server_seed = models.CharField(_("server seed"), max_length=64)
    seed_hash = models.CharField(_("published hash"), max_length=64)
    client_seed = models.CharField(_("player's seed"), max_length=64, blank=True)
    odds = models.JSONField(_("published odds"), default=list)
    state = models.JSONField(_("state"), default=dict)
    result = models.JSONField(_("result"), default=dict)
    prize = models.ForeignKey(
        "games.Prize", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("prize")
    )
    coupon = models.OneToOneField(
        "games.Coupon", models.PROTECT, null=True, related_name="play", verbose_name=_("coupon")
    )
    score = models.IntegerField(_("score"), default=0)
    points_spent = models.PositiveIntegerField(_("points paid"), default=0)
    points_won = models.PositiveIntegerField(_("points won"), default=0)
    # The partner's local day, for limits a day.
    local_on = models.DateField(_("local day"))
    started_at = models.DateTimeField(_("started at"))
    expires_at = models.DateTimeField(_("expires at"))
    completed_at = models.DateTimeField(_("completed at"), null=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True)

    class Meta:
        verbose_name = _("play")
        verbose_name_plural = _("plays")
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="completed") | Q(completed_at__isnull=False), name="play_completed_has_moment"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("started_at")), name="play_expires_after_start"),
            models.UniqueConstraint(
                fields=["game", "issued_card"], condition=Q(status="active"), name="play_one_active_per_card"
            ),
        ]
        indexes = [
            models.Index(F("game"), F("issued_card"), F("id").desc(), name="play_game_card"),
            # Statistics of a game, by local day; with the customer, so that players are counted from the index alone.
            models.Index(fields=["game", "local_on", "customer"], name="play_game_day"),
            models.Index(F("partner"), F("id").desc(), name="play_partner"),
            models.Index(F("customer"), F("id").desc(), name="play_customer"),
            models.Index(fields=["expires_at"], condition=Q(status="active"), name="play_expiry"),
            models.Index(fields=["prize", "local_on"], condition=Q(prize__isnull=False), name="play_prize_day"),
        ]

    def __str__(self) -> str:
        return str(self.session_key)


class CollectedItem(models.Model):
    """How many of one item of a collection somebody has; `item` is its key in the game's configuration."""

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    game = models.ForeignKey("games.Game", models.PROTECT, db_index=False, related_name="+", verbose_name=_("game"))
    issued_card = models.ForeignKey("cards.IssuedCard", models.PROTECT, related_name="+", verbose_name=_("issued card"))
    item = models.CharField(_("item"), max_length=50)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    first_at = models.DateTimeField(_("first found at"))

    class Meta:
        verbose_name = _("collected item")
        verbose_name_plural = _("collected items")
        constraints = [
            models.UniqueConstraint(fields=["game", "issued_card", "item"], name="collected_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.item}"
