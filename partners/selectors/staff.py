"""Who works where."""

from dataclasses import dataclass

from django.db.models import Count, Q

from loyalty.models import User
from partners.choices import StaffRole
from partners.models import Partner, StaffMember


def list_jobs(user: User) -> list[StaffMember]:
    """The jobs a user still has, each with its partner, the partner's plan and number of open shops."""
    return list(
        StaffMember.objects.select_related("user", "partner", "partner__plan")
        .annotate(open_shops=Count("partner__shops", filter=Q(partner__shops__is_active=True)))
        .filter(user=user, is_active=True)
        .order_by("partner__name", "id")
    )


def is_on_staff(*, partner: Partner, user: User) -> bool:
    """Whether somebody has a job at this partner, or had one that can be switched on again."""
    return StaffMember.objects.filter(partner=partner, user=user).exists()


@dataclass(frozen=True, slots=True)
class Self:
    """A staff member as they see themselves: this job, and all of their jobs."""

    staff: StaffMember
    jobs: list[StaffMember]
    shop_ids: frozenset[int] | None


def get_self(staff: StaffMember, shop_ids: frozenset[int] | None) -> Self:
    """Oneself at this partner, with the other partners one could log in to."""
    jobs = list_jobs(staff.user)
    return Self(next((job for job in jobs if job.pk == staff.pk), staff), jobs, shop_ids)


def list_owner_addresses(*, partner: Partner) -> list[str]:
    """Mail addresses of the partner's owners; of its contact where it has no owner."""
    owners = StaffMember.objects.filter(partner=partner, role=StaffRole.OWNER, is_active=True, user__is_active=True)
    addresses = list(owners.order_by("pk").values_list("user__email", flat=True))
    return [address for address in addresses if address] or [partner.contact_email]
