"""Reading partners."""

from partners.models import Partner


def list_partner_ids_across_partners() -> list[int]:
    """The ids of all partners, for scheduled work that fans out one task a partner."""
    return list(Partner.objects.order_by("pk").values_list("pk", flat=True))
