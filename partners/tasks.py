"""Work in the background."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from partners.services import paper_sweep


@shared_task(name="partners.sweep_papers")
def sweep_papers() -> None:
    """Remove papers that no application names: whoever stored them died before keeping the row."""
    # A staging deployment forgets its applications every week.
    paper_sweep.sweep_papers(at=timezone.now(), is_sure=settings.ENVIRONMENT == "staging")
