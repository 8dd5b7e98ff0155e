"""Commission as the platform sees it: `/{locale}/admin/partners/{id}/commission/…` and the defaults."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.api.admin.serializers import (
    LockForm,
    LockStatusAnswer,
    RateCardAnswer,
    RatesForm,
    SyncAnswer,
    SyncForm,
    UnlockForm,
    present_card,
    present_sync,
    read_card,
)
from commissions.api.fields import MonthField
from commissions.errors import (
    CommissionLocked,
    CommissionPeriodSettled,
    CommissionStatementIssued,
    CommissionSyncRunning,
    LaterPeriodLocked,
)
from commissions.selectors.periods import get_lock_status
from commissions.selectors.rates import get_rate_card
from commissions.services.periods import lock_partner, lock_period, unlock_partner, unlock_period
from commissions.services.rates import set_rates
from commissions.services.sync import force_sync
from loyalty.api import envelope
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)
AT = OpenApiParameter("at", OpenApiTypes.DATETIME, description="Rates in force at this instant; default now.")
PERIOD = OpenApiParameter("period", description="A month `YYYY-MM`; none: the partner's commission as a whole.")


class CommissionViewSet(AdminPartnerViewSet):
    """One partner's rates, locks and synchronizations."""

    capabilities = dict.fromkeys(("rates", "set_rates", "force_sync", "lock", "unlock", "lock_status"), "admin")
    rights = {
        "rates": "commissions.view_commissionrate",
        "set_rates": ("commissions.add_commissionrate", "commissions.change_commissionrate"),
        "force_sync": "commissions.change_commissionperiod",
        "lock": "commissions.change_commissionperiod",
        "unlock": "commissions.change_commissionperiod",
        "lock_status": "commissions.view_commissionperiod",
    }
    parameters = {
        "rates": frozenset({"at"}),
        "lock_status": frozenset({"period"}),
    }

    @document(
        "A partner's commission rates",
        description="Own rates, the platform's defaults, and what is in force.",
        answer=RateCardAnswer,
        parameters=[AT],
        raises=(*REFUSED, ValidationFailed),
        example=examples.CARD,
    )
    def rates(self, request: Request, locale: str, id: int) -> Response:
        asked = request.query_params.get("at")
        moment = self.now if asked is None else _instant(asked)
        return envelope.ok(present_card(get_rate_card(partner=self.partner, at=moment)))

    @document(
        "Change a partner's commission rates",
        description=(
            "Either some of the flat fields, or `rates`: the full set of the partner's own rates, where one that is "
            "missing ends now. What is said again stays as it is. Earlier sales keep their rate; a `valid_from` in the "
            "past reaches back, but never into a locked month."
        ),
        body=RatesForm,
        answer=RateCardAnswer,
        raises=(*REFUSED, CommissionLocked, CommissionSyncRunning, ResourceNotFound, ValidationFailed),
        example=examples.CARD,
        body_example=examples.FLAT,
    )
    def set_rates(self, request: Request, locale: str, id: int) -> Response:
        card = read_card(self.validated(RatesForm), self.partner.currency)
        set_rates(actor=self.actor, partner=self.partner, card=card, at=self.now)
        return envelope.ok(present_card(get_rate_card(partner=self.partner, at=self.now)))

    @document(
        "Synchronize a partner's commission",
        description=(
            "Computes every line of open months anew and posts what closed months lack as adjustments in the next open "
            "one. A second run changes nothing. `dry_run` only says what would change."
        ),
        body=SyncForm,
        answer=SyncAnswer,
        raises=(*REFUSED, CommissionLocked, CommissionSyncRunning, ValidationFailed),
        example=examples.SYNC,
        body_example={"dry_run": True},
    )
    def force_sync(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(SyncForm)
        report = force_sync(
            actor=self.actor,
            partner=self.partner,
            month=form.get("period"),
            is_dry=form.get("dry_run", False),
            at=self.now,
        )
        return envelope.ok(present_sync(report))

    @document(
        "Lock a partner's commission",
        description=(
            "With `period` the month is closed: its lines never change, later facts are posted in the next open month, "
            "and its statement is drafted. "
            "Without, the commission as a whole stands still: no synchronizing, no change of rates. Sales always go on."
        ),
        body=LockForm,
        answer=LockStatusAnswer,
        raises=(*REFUSED, CommissionPeriodSettled, CommissionSyncRunning, ValidationFailed),
        example=examples.LOCKED,
        body_example={"period": "2026-06", "reason": "June is closed"},
    )
    def lock(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(LockForm)
        who: dict[str, Any] = {"actor": self.actor, "partner": self.partner, "at": self.now}
        reason = form.get("reason", "")
        if form.get("period"):
            status = lock_period(month=form["period"], reason=reason, **who)
        else:
            status = lock_partner(reason=reason, locked_until=form.get("locked_until"), **who)
        return envelope.ok(LockStatusAnswer(status).data)

    @document(
        "Unlock a partner's commission",
        description=(
            "Months are unlocked from the last one on, each as its next version, and the draft of the statement is "
            "withdrawn. A month whose statement was issued stays: the next open month corrects it."
        ),
        body=UnlockForm,
        answer=LockStatusAnswer,
        raises=(
            *(*REFUSED, CommissionPeriodSettled, CommissionStatementIssued, LaterPeriodLocked),
            *(CommissionSyncRunning, ValidationFailed),
        ),
        example=examples.OPEN,
        body_example={"period": "2026-06", "reason": "A refund was missing"},
    )
    def unlock(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(UnlockForm)
        who = {"actor": self.actor, "partner": self.partner, "reason": form["reason"], "at": self.now}
        status = unlock_period(month=form["period"], **who) if form.get("period") else unlock_partner(**who)
        return envelope.ok(LockStatusAnswer(status).data)

    @document(
        "Whether a partner's commission is locked",
        answer=LockStatusAnswer,
        parameters=[PERIOD],
        raises=(*REFUSED, ValidationFailed),
        example=examples.LOCKED,
    )
    def lock_status(self, request: Request, locale: str, id: int) -> Response:
        month = request.query_params.get("period")
        if month is not None:
            month = MonthField().run_validation(month)
        return envelope.ok(LockStatusAnswer(get_lock_status(partner=self.partner, month=month, at=self.now)).data)


class DefaultRatesViewSet(AdminPartnerViewSet):
    """The platform's own rates, for partners who have none."""

    capabilities = {"rates": "admin", "set_rates": "admin"}
    rights = {
        "rates": "commissions.view_commissionrate",
        "set_rates": ("commissions.add_commissionrate", "commissions.change_commissionrate"),
    }

    @document(
        "The platform's commission rates",
        answer=RateCardAnswer,
        raises=(InsufficientPartnerPermissions,),
        example=examples.DEFAULTS,
    )
    def rates(self, request: Request, locale: str) -> Response:
        return envelope.ok(present_card(get_rate_card(partner=None, at=self.now)))

    @document(
        "Change the platform's commission rates",
        description="The same body as for one partner. They count for sales that no rate of the partner's own covers.",
        body=RatesForm,
        answer=RateCardAnswer,
        raises=(InsufficientPartnerPermissions, CommissionSyncRunning, ValidationFailed),
        example=examples.DEFAULTS,
        body_example=examples.FLAT,
    )
    def set_rates(self, request: Request, locale: str) -> Response:
        form = self.validated(RatesForm)
        if form.get("lock_after_update"):
            raise ValidationFailed(errors={"lock_after_update": [_("The platform's defaults cannot be locked.")]})
        set_rates(actor=self.actor, partner=None, card=read_card(form, "EUR"), at=self.now)
        return envelope.ok(present_card(get_rate_card(partner=None, at=self.now)))


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1 < found.year < 9999:
        raise ValidationFailed(errors={"at": [_("Must be an instant such as 2026-11-23T21:00:00Z.")]})
    return found
