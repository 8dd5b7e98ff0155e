"""Links to objects of which only the kind and the number are known."""

from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch

from loyalty.backoffice.display import change_url, to


def target_link(label: str, pk: str, text: str = "") -> Any:
    """A link to the page of `app.model` number `pk`, or plain text where it has no page."""
    try:
        name = apps.get_model(label)._meta.verbose_name
    except (LookupError, ValueError):
        name = label
    shown = text or f"{name} {pk}"
    try:
        return to(change_url(label, pk), shown)
    except NoReverseMatch:
        return shown
