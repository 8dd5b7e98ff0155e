"""Emptying a staging deployment of what was tried out on it, so that a new week begins where the last one did."""

from collections.abc import Mapping
from logging import getLogger
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

logger = getLogger("loyalty.staging")

# What happened. Whatever points at one of these rows has happened too, and goes with it: a coupon earned by a sale, a
# stamp. What partners set up stays: shops, staff, credentials, goods, card programmes, games, and who holds which card.
HAPPENED = (
    *("ledger.Transaction", "ledger.PointsEntry", "ledger.PointsLot"),
    *("games.Play", "games.StampProgress", "games.CollectedItem", "games.Coupon"),
    *("commissions.CommissionPeriod", "commissions.SyncRun", "commissions.CommissionCursor"),
    *("analytics.ShopDay", "analytics.PartnerDay", "analytics.PartnerMonth", "analytics.CategoryDay"),
    *(
        "analytics.CustomerDay",
        "analytics.RollupCursor",
        "analytics.AttachedReceipt",
        "analytics.CommissionNews",
    ),
    *("messaging.SentEmail", "messaging.SmsMessage", "messaging.EmailMessage", "messaging.Message"),
    *("loyalty.AuditEvent", "loyalty.IdempotencyRecord", "loyalty.OutboxEvent"),
)
# Rows that stay and say how much happened: their columns go back to where they began.
COUNTED = {"ledger.PointsBalance": ("balance", "debt", "earned", "redeemed", "expired", "next_expiry_at")}


class NotStagingError(Exception):
    """This deployment is not a staging one: nothing here may be forgotten."""


def list_what_happened() -> list[type[models.Model]]:
    """The models that a reset empties, by name: those named above and all that point at one of them."""
    known = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    found = {known[label] for label in HAPPENED if label in known}
    while more := {model for model in known.values() if model not in found and found & set(_targets(model))}:
        found |= more
    return sorted(found, key=lambda model: model._meta.label)


def _targets(model: type[models.Model]) -> list[Any]:
    return [field.related_model for field in model._meta.concrete_fields if field.related_model]


@transaction.atomic
def reset_staging() -> Mapping[str, int]:
    """Forget everything that happened, all at once; the number of rows by model. Raises NotStagingError elsewhere."""
    if settings.ENVIRONMENT != "staging":
        raise NotStagingError
    emptied = list_what_happened()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in emptied)
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        counts = {model._meta.label: model._base_manager.count() for model in emptied}
        # Not CASCADE: a table that points here and is not in the list must stop us, not vanish with the rest.
        cursor.execute(f"TRUNCATE TABLE {tables}")
    for label, columns in COUNTED.items():
        model = apps.get_model(label)
        model._base_manager.update(**{name: model._meta.get_field(name).get_default() for name in columns})
    # A line in the log and no row in the audit trail, which is empty now and speaks of records.
    logger.warning("staging_reset", extra={"rows": sum(counts.values())})
    return counts
