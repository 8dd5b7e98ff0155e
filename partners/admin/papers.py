"""Papers of partners: read, found good or refused. A refused one is asked for again by e-mail."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import display, link, to
from loyalty.backoffice.forms import RecordForm
from loyalty.errors import ResourceNotFound
from loyalty.files.answers import file_answer
from loyalty.files.uploads import FileRefusedError, check_upload
from partners.choices import ReviewStatus
from partners.models import Verification
from partners.rules.papers import ALLOWED, MOST_BYTES
from partners.selectors.verification import open_paper
from partners.services.verification import hand_in_paper, review_paper

PERMISSION = "partners.change_verification"


class PaperForm(RecordForm):
    """A paper that came by post or e-mail."""

    file = forms.FileField(
        label=_("File"),
        widget=widgets.UnfoldAdminFileFieldWidget(),
        help_text=_("PDF, JPEG, PNG, WebP or DOCX of at most 10 MB."),
    )

    def clean_file(self) -> Any:
        try:
            return check_upload(self.cleaned_data["file"], allowed=ALLOWED, at_most=MOST_BYTES)
        except FileRefusedError as refusal:
            raise ValidationError(refusal.text) from refusal


@admin.register(Verification)
class VerificationAdmin(RecordAdmin):
    """What partners handed in. The newest of a kind counts; nothing is changed or deleted, only judged."""

    form = PaperForm
    list_display = ("file_name", "partner_link", "kind", "shown_state", "uploaded_at", "reviewed_at")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("partner", AutocompleteSelectFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("file_name", "partner__name")
    search_help_text = _("A part of the file's or the partner's name.")
    autocomplete_fields = ("partner",)
    readonly_fields = ("download", "shown_state")
    fieldsets = (
        (None, {"fields": ("partner", "kind", "download", "content_type", "size", "sha256")}),
        (_("Review"), {"fields": ("shown_state", "reason", "reviewed_at", "reviewed_by")}),
        (_("Times"), {"fields": ("uploaded_at", "uploaded_by")}),
    )
    add_fieldsets = ((None, {"fields": ("partner", "kind", "file")}),)
    actions_detail = ("verify", "refuse")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file))
        return [path("<int:pk>/file/", view, name="partners_verification_file"), *super().get_urls()]

    def file(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The paper as a download."""
        paper = Verification.objects.select_related("partner").filter(pk=pk).first()
        if not self.has_view_permission(request, paper):
            raise PermissionDenied
        try:
            if paper is None:
                raise ResourceNotFound
            _paper, file = open_paper(partner=paper.partner, paper_id=pk)
        except ResourceNotFound as error:
            raise Http404 from error
        return file_answer(file, name=paper.file_name, content_type=paper.content_type)

    def save_model(self, request: HttpRequest, obj: Verification, form: Any, change: bool) -> None:
        made = hand_in_paper(
            actor=actor_of(request),
            partner=obj.partner,
            kind=obj.kind,
            file=form.cleaned_data["file"],
            at=timezone.now(),
        )
        obj.pk, obj.file_name = made.pk, made.file_name

    @reason_action(
        title=_("Verify"),
        question=_("The paper is genuine and says what it should. The partner's checks follow."),
        permission=PERMISSION,
        icon="verified",
        variant=ActionVariant.PRIMARY,
        when=lambda paper: paper.state != ReviewStatus.VERIFIED,
    )
    def verify(self, request: HttpRequest, subject: Verification, data: dict[str, Any]) -> Any:
        self._review(request, subject, ReviewStatus.VERIFIED, data["reason"])
        return _("The paper was verified.")

    @reason_action(
        title=_("Refuse"),
        question=_("The partner is told the reason by e-mail and asked to send the paper again."),
        permission=PERMISSION,
        icon="gpp_bad",
        variant=ActionVariant.DANGER,
        when=lambda paper: paper.state != ReviewStatus.FAILED,
    )
    def refuse(self, request: HttpRequest, subject: Verification, data: dict[str, Any]) -> Any:
        self._review(request, subject, ReviewStatus.FAILED, data["reason"])
        return _("The paper was refused.")

    @staticmethod
    def _review(request: HttpRequest, paper: Verification, state: str, reason: str) -> None:
        review_paper(
            actor=actor_of(request),
            partner=paper.partner,
            paper_id=paper.pk,
            state=state,
            reason=reason,
            at=timezone.now(),
        )

    def facts(self, subject: Verification) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner),
            (_("kind"), subject.get_kind_display()),
            (_("file name"), subject.file_name),
            (_("state"), subject.get_state_display()),
        ]

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Verification) -> Any:
        return link(obj.partner)

    @display(description=_("state"), label={"pending": "warning", "verified": "success", "failed": "danger"})
    def shown_state(self, obj: Verification) -> tuple[str, Any]:
        return obj.state, obj.get_state_display()

    @display(description=_("file name"))
    def download(self, obj: Verification) -> Any:
        return to(reverse("admin:partners_verification_file", args=[obj.pk]), obj.file_name)
