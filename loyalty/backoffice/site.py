"""The back office at /admin/."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from loyalty.backoffice.login import LoginForm


class LabelledAutocomplete(AutocompleteJsonView):
    """Search results that say which partner's object they are: "Vilnius" alone is nobody's shop."""

    model_admin: Any

    def get_queryset(self) -> QuerySet:
        found = super().get_queryset()
        related = self.model_admin.list_select_related
        return found.select_related(*related) if related else found

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": self.model_admin.search_label(obj)}


class BackOfficeSite(UnfoldAdminSite):
    """Unfold's site with a guarded log-in."""

    login_form = LoginForm
    index_title = _("Overview")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return LabelledAutocomplete.as_view(admin_site=self)(request)
