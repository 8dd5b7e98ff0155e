"""Reads of API credentials."""

from collections.abc import Iterable

from partners.models import ApiCredential, Partner


def credentials_by_id(*, partner: Partner, ids: Iterable[int]) -> dict[int, ApiCredential]:
    """The partner's credentials with these ids, revoked ones too."""
    return {row.pk: row for row in ApiCredential.objects.filter(partner=partner, pk__in=set(ids))}


def find_credential_id(*, partner: Partner, key: str) -> int | None:
    """The id of the partner's credential with this public key."""
    return ApiCredential.objects.filter(partner=partner, key=key).values_list("pk", flat=True).first()
