"""Reading partners, across all of them: for the platform, and for work that fans out."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from loyalty.api.pagination import Page
from partners.models import Partner, Shop


def list_partner_ids_across_partners() -> list[int]:
    """The ids of all partners, for scheduled work that fans out one task a partner."""
    return list(Partner.objects.order_by("pk").values_list("pk", flat=True))


def partners_across_partners() -> QuerySet[Partner]:
    """All partners, the newest first, to be narrowed by filters."""
    return Partner.objects.order_by("-created_at", "-pk")


def list_partners_across_partners(*, narrowed: QuerySet[Partner], page: Page) -> tuple[list[Partner], int]:
    """One page with plan, parent and number of open shops at hand; and how many there are."""
    total = narrowed.order_by().count()
    shops = Shop.objects.filter(partner=OuterRef("pk"), is_active=True).order_by().values("partner")
    counted = Subquery(shops.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
    rows = narrowed.select_related("plan", "parent").annotate(open_shops=Coalesce(counted, 0))
    return list(rows[page.offset : page.offset + page.size]), total


def matching(rows: QuerySet[Partner], text: str) -> QuerySet[Partner]:
    """Those with `text` in a name, the registration code or the contact address."""
    fields = ("name", "legal_name", "registration_code", "contact_email")
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__icontains": text})
    return rows.filter(found)


def created_between(rows: QuerySet[Partner], first: date | None, last: date | None) -> QuerySet[Partner]:
    """Those made on one of these days (UTC), both included."""
    if first is not None:
        rows = rows.filter(created_at__gte=datetime.combine(first, time.min, UTC))
    if last is not None and last < date.max:
        rows = rows.filter(created_at__lt=datetime.combine(last + timedelta(days=1), time.min, UTC))
    return rows
