"""What games forget of somebody: the only words that people could have written into their rows."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from games.models import Coupon
from loyalty.contributions import Subject
from loyalty.services.audit import Actor


@transaction.atomic
def erase_notes(subject: Subject, *, actor: Actor, at: datetime) -> int:
    """Empty notes and references of the subject's coupons; how many there were. Stamps and plays hold no words.

    The service that erases the subject writes the audit row.
    """
    coupons = Coupon.objects.filter(customer_id__in=subject.all_customer_ids)
    written = coupons.exclude(Q(notes="") & Q(redemption_reference=""))
    return written.update(notes="", redemption_reference="")
