"""What platform staff do with a partner's state. Each step asks for its reason and says what follows."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.enums import ActionVariant

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import actor_of
from loyalty.backoffice.display import instant, link, list_url
from loyalty.backoffice.forms import ReasonForm
from loyalty.backoffice.panels import Panel
from loyalty.models import AuditEvent
from partners.choices import PartnerStatus
from partners.models import Partner, Verification
from partners.rules.lifecycle import next_states
from partners.selectors.lifecycle import list_open_money
from partners.services.lifecycle import Review, change_status, close_partner

PERMISSION = "partners.change_partner"
SHOWN = 20
STEPS = ("partner.created", "partner.status_changed")


class StepForm(ReasonForm):
    """A step: why, whether the partner is told, and the state that was on the screen when it was decided."""

    notify = forms.BooleanField(
        label=_("Tell the partner by e-mail"), required=False, initial=True, widget=widgets.UnfoldBooleanWidget()
    )
    seen = forms.CharField(widget=forms.HiddenInput(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.subject.status  # type: ignore[attr-defined]


class RejectForm(StepForm):
    """A rejection: its reason is the partner's to read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Reason, told to the partner")


class CloseForm(ReasonForm):
    """Closing: money that is open has to be seen."""

    force = forms.BooleanField(
        label=_("Close although money is open"), required=False, widget=widgets.UnfoldBooleanWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unsettled = list_open_money(self.subject)  # type: ignore[arg-type]
        if not unsettled:
            del self.fields["force"]
            return
        shown = ", ".join(f"{row['what']}: {row['amount']} {row['currency']}" for row in unsettled)
        self.fields["force"].help_text = _("Still open: %(open)s") % {"open": shown}


def _can(after: str) -> Callable[[Partner], bool]:
    return lambda partner: after in next_states(partner.status)


def _is(*states: str, after: str) -> Callable[[Partner], bool]:
    return lambda partner: partner.status in states and after in next_states(partner.status)


class LifecycleActions:
    """The steps, for the page of a partner."""

    lifecycle_actions = (
        *("approve", "mark_signed", "activate", "send_back", "reject"),
        *("suspend", "close", "reopen"),
    )

    @reason_action(
        title=_("Approve"),
        question=_("The business is who it says it is. Its registration must be verified; the agreement comes next."),
        permission=PERMISSION,
        form=StepForm,
        icon="thumb_up",
        variant=ActionVariant.PRIMARY,
        when=_is(PartnerStatus.PENDING_REVIEW, after=PartnerStatus.APPROVED),
    )
    def approve(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        return _move(request, subject, data, PartnerStatus.APPROVED)

    @reason_action(
        title=_("Documents are signed"),
        question=_("The agreement is signed by both sides. It must be verified among the partner's papers."),
        permission=PERMISSION,
        form=StepForm,
        icon="draw",
        variant=ActionVariant.PRIMARY,
        when=_can(PartnerStatus.DOCUMENTS_SIGNED),
    )
    def mark_signed(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        return _move(request, subject, data, PartnerStatus.DOCUMENTS_SIGNED)

    @reason_action(
        title=_("Activate"),
        question=_("From now on the partner's staff, tills and systems are served."),
        permission=PERMISSION,
        form=StepForm,
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        when=_can(PartnerStatus.ACTIVE),
    )
    def activate(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        return _move(request, subject, data, PartnerStatus.ACTIVE)

    @reason_action(
        title=_("Back to review"),
        question=_("The application is looked at again from its beginning. Papers stay as they were found."),
        permission=PERMISSION,
        form=StepForm,
        icon="undo",
        when=_is(PartnerStatus.APPROVED, PartnerStatus.REJECTED, after=PartnerStatus.PENDING_REVIEW),
    )
    def send_back(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        return _move(request, subject, data, PartnerStatus.PENDING_REVIEW)

    @reason_action(
        title=_("Reject"),
        question=_("The application ends here. Its owner can still read why, and hand in nothing more."),
        permission=PERMISSION,
        form=RejectForm,
        icon="thumb_down",
        variant=ActionVariant.DANGER,
        when=_can(PartnerStatus.REJECTED),
    )
    def reject(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        return _move(request, subject, data, PartnerStatus.REJECTED)

    @reason_action(
        title=_("Suspend"),
        question=_(
            "The partner's staff, tills and systems are refused at once. Customers keep their points and cards, but "
            "cannot collect or spend until the partner is active again."
        ),
        permission=PERMISSION,
        form=StepForm,
        icon="pause",
        variant=ActionVariant.DANGER,
        when=_is(PartnerStatus.ACTIVE, after=PartnerStatus.SUSPENDED),
    )
    def suspend(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        return _move(request, subject, data, PartnerStatus.SUSPENDED)

    @reason_action(
        title=_("Close"),
        question=_(
            "The business with this partner ends. Its API keys are revoked for good, its staff and tills shut out at "
            "once. Customers, points, sales and claims stay. It can be reopened, and then needs new keys."
        ),
        permission=PERMISSION,
        form=CloseForm,
        icon="block",
        variant=ActionVariant.DANGER,
        when=_can(PartnerStatus.CLOSED),
    )
    def close(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        close_partner(
            actor=actor_of(request),
            partner=subject,
            reason=data["reason"],
            force=data.get("force", False),
            at=timezone.now(),
        )
        return _("The partner was closed.")

    @reason_action(
        title=_("Reopen"),
        question=_("The partner comes back as suspended: look at it, issue new keys, then activate it."),
        permission=PERMISSION,
        form=StepForm,
        icon="lock_open",
        when=_is(PartnerStatus.CLOSED, after=PartnerStatus.SUSPENDED),
    )
    def reopen(self, request: HttpRequest, subject: Partner, data: dict[str, Any]) -> Any:
        return _move(request, subject, data, PartnerStatus.SUSPENDED)


def _move(request: HttpRequest, partner: Partner, data: dict[str, Any], after: str) -> Any:
    is_rejected = after == PartnerStatus.REJECTED
    review = Review(
        status=after,
        review_notes=None if is_rejected else data["reason"],
        rejection_reason=data["reason"] if is_rejected else "",
        send_notification=data["notify"],
        expected=data["seen"] or None,
    )
    moved = change_status(actor=actor_of(request), partner=partner, review=review, at=timezone.now())
    return _("The partner is now: %(status)s.") % {"status": moved.get_status_display()}


def history(partner: Partner) -> Panel:
    """Where the partner came from, step by step, as the audit log has it."""
    trail = AuditEvent.objects.filter(
        target_type=partner._meta.label_lower, target_id=str(partner.pk), action__in=STEPS
    ).order_by("-pk")
    rows = [
        [instant(event.at), f"{event.actor_kind} {event.actor_id or ''}", *_states(event), event.reason]
        for event in trail[:SHOWN]
    ]
    more = list_url("loyalty.auditevent", target_type__exact="partners.partner", target_id__exact=partner.pk)
    headers = [_("at"), _("who"), _("state before"), _("state after"), _("reason")]
    return Panel(_("States"), headers, rows, more_url=more, empty=_("No step is on record."))


def papers(partner: Partner) -> Panel:
    """The newest papers with their state."""
    found = Verification.objects.filter(partner=partner).order_by("-pk")[:SHOWN]
    rows = [
        [
            link(paper, paper.get_kind_display()),
            paper.file_name,
            paper.get_state_display(),
            paper.reason,
            instant(paper.uploaded_at),
        ]
        for paper in found
    ]
    headers = [_("kind"), _("file name"), _("state"), _("reason"), _("handed in at")]
    more = list_url("partners.verification", partner__id__exact=partner.pk)
    return Panel(_("Papers"), headers, rows, more_url=more, empty=_("Nothing was handed in yet."))


def _states(event: AuditEvent) -> tuple[str, str]:
    names = dict(PartnerStatus.choices)
    before, after = event.changes.get("status", [None, None])
    return str(names.get(before, before or "")), str(names.get(after, after or ""))
