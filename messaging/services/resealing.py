"""Bringing secrets that are kept for years under the newest key, so that an older one can be given up."""

from collections.abc import Iterator
from dataclasses import dataclass
from logging import getLogger

from django.db.models import Model

from loyalty.services.sealing import reseal
from messaging.models import SmsAccount, WebhookEndpoint

# Where they lie. Codes that wait to be sent are gone within the day.
PLACES: tuple[tuple[type[Model], str], ...] = (
    (WebhookEndpoint, "secret"),
    (WebhookEndpoint, "former_secret"),
    (SmsAccount, "sealed_password"),
)

logger = getLogger("loyalty.sealing")


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets are kept, how many of them were renewed, and which no key of ours opens any more."""

    kept: int
    renewed: int
    unreadable: list[str]


def reseal_secrets() -> Resealed:
    """Seal anew whatever an older key sealed. Twice, side by side and beside a rotation it does no harm."""
    kept, renewed, unreadable = 0, 0, []
    for model, field, pk, sealed in _stored():
        kept += 1
        fresh = reseal(sealed)
        if fresh is None:
            unreadable.append(f"{model._meta.label} {pk} {field}")
        elif fresh != sealed:
            # Only what we have read: whoever changed it meanwhile used the newest key.
            renewed += model._default_manager.filter(pk=pk, **{field: sealed}).update(**{field: fresh})
    if renewed or unreadable:
        logger.info("resealed", extra={"kept": kept, "renewed": renewed, "unreadable": len(unreadable)})
    return Resealed(kept, renewed, unreadable)


def _stored() -> Iterator[tuple[type[Model], str, int, bytes]]:
    for model, field in PLACES:
        rows = model._default_manager.exclude(**{field: None}).order_by("pk").values_list("pk", field)
        for pk, sealed in rows.iterator(chunk_size=500):
            yield model, field, pk, bytes(sealed)
