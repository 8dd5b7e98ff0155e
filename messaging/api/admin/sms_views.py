"""A partner's SMS accounts as the platform sees them: `/{locale}/admin/partners/{id}/sms-accounts` and their usage."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from messaging.api.admin import sms_examples as examples
from messaging.api.admin.sms_serializers import (
    NoForm,
    SmsAccountAnswer,
    SmsChangedAccountForm,
    SmsNewAccountForm,
    SmsTopUpAnswer,
    SmsTopUpForm,
    SmsTriedAnswer,
    SmsUsageAnswer,
    present_account,
)
from messaging.errors import SmsAccountBusy, SmsAccountNotReady
from messaging.models import SmsAccount
from messaging.selectors.sms_accounts import accounts_of, get_account, get_usage, month_usage
from messaging.services.sms_accounts import change_account, close_account, open_account
from messaging.services.sms_money import top_up
from messaging.services.sms_tests import try_connection
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)
FROM = OpenApiParameter(
    "date_from", OpenApiTypes.DATE, description="Local day, included; default the first of `date_to`'s month."
)
TO = OpenApiParameter("date_to", OpenApiTypes.DATE, description="Local day, included; default today.")
LONGEST = timedelta(days=366)


class SmsAccountViewSet(AdminPartnerViewSet):
    """Accounts: settings, connection, prices, balance."""

    capabilities = dict.fromkeys(
        ("list", "create", "retrieve", "update", "destroy", "test_connection", "add_money", "stats"), "admin"
    )
    rights = {
        "list": "messaging.view_smsaccount",
        "retrieve": "messaging.view_smsaccount",
        "stats": "messaging.view_smsaccount",
        "create": "messaging.add_smsaccount",
        "update": "messaging.change_smsaccount",
        "destroy": "messaging.change_smsaccount",
        "test_connection": "messaging.change_smsaccount",
        "add_money": "messaging.change_smsaccount",
    }
    parameters = {"list": PAGE_PARAMETERS, "stats": frozenset({"date_from", "date_to"})}
    repeatable = frozenset({"create", "add_money"})

    @document(
        "List a partner's SMS accounts",
        description="Newest first, with this month's usage.",
        answer=SmsAccountAnswer,
        many=True,
        paginated=True,
        raises=(*REFUSED, ValidationFailed),
        example=[examples.ACCOUNT],
    )
    def list(self, request: Request, locale: str, id: int) -> Response:
        rows, page = accounts_of(self.partner), self.page()
        found = list(rows[page.offset : page.offset + page.size])
        usage = month_usage(partner=self.partner, accounts=found, at=self.now)
        shown = [present_account(account, usage[account.pk]) for account in found]
        return envelope.ok(shown, meta=page.meta(rows.count()))

    @document(
        "Open an SMS account",
        description=(
            "Without a connection of its own it sends through the platform's. With `auto_activate` it takes the place "
            "of the active account: a partner has one at most."
        ),
        body=SmsNewAccountForm,
        answer=SmsAccountAnswer,
        code=201,
        raises=(*REFUSED, SmsAccountNotReady, ValidationFailed),
        example=examples.ACCOUNT,
        body_example=examples.NEW,
    )
    def create(self, request: Request, locale: str, id: int) -> Response:
        form = self.validated(SmsNewAccountForm)
        account = open_account(
            actor=self.actor,
            partner=self.partner,
            data=form,
            is_activated=form.get("auto_activate", False),
            at=self.now,
        )
        return envelope.created(self._shown(account))

    @document(
        "An SMS account",
        answer=SmsAccountAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.ACCOUNT,
    )
    def retrieve(self, request: Request, locale: str, id: int, pk: int) -> Response:
        return envelope.ok(self._shown(get_account(partner=self.partner, account_id=pk)))

    @document(
        "Change an SMS account",
        description="What is not named stays; a blank password keeps the old one.",
        body=SmsChangedAccountForm,
        answer=SmsAccountAnswer,
        raises=(*REFUSED, ResourceNotFound, SmsAccountNotReady, ValidationFailed),
        example=examples.ACCOUNT,
        body_example=examples.CHANGE,
    )
    def update(self, request: Request, locale: str, id: int, pk: int) -> Response:
        form = self.validated(SmsChangedAccountForm, partial=True)
        account = change_account(actor=self.actor, partner=self.partner, account_id=pk, data=form, at=self.now)
        return envelope.ok(self._shown(account))

    @document(
        "Close an SMS account",
        description="Refused while messages of it still wait to be sent. What it sent stays known.",
        raises=(*REFUSED, ResourceNotFound, SmsAccountBusy),
    )
    def destroy(self, request: Request, locale: str, id: int, pk: int) -> Response:
        close_account(actor=self.actor, partner=self.partner, account_id=pk, at=self.now)
        return envelope.acknowledged(_("The SMS account is closed."))

    @document(
        "Test an SMS account's connection",
        description=(
            "Connects and logs in as sending would, within the account's time limits, and sends nothing. That it does "
            "not work is an answer too: 200 with `success: false` in `data`."
        ),
        answer=SmsTriedAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.TRIED,
    )
    def test_connection(self, request: Request, locale: str, id: int, pk: int) -> Response:
        self.validated(NoForm)
        tried = try_connection(actor=self.actor, partner=self.partner, account_id=pk, at=self.now)
        return envelope.ok(SmsTriedAnswer(tried).data)

    # The provider must not be called inside the transaction that keeps answers; a repeat only tests again.
    test_connection.keeps_its_own_key = True

    @document(
        "Put money on an SMS account",
        description="A `reference` counts once: the same again answers the same and adds nothing.",
        body=SmsTopUpForm,
        answer=SmsTopUpAnswer,
        code=201,
        raises=(*REFUSED, ResourceNotFound, ResourceAlreadyExists, ValidationFailed),
        example=examples.TOP_UP,
        body_example={"amount": 50, "reference": "INV-2026-118", "reason": "Paid by bank transfer"},
    )
    def add_money(self, request: Request, locale: str, id: int, pk: int) -> Response:
        form = self.validated(SmsTopUpForm)
        done, is_repeat = top_up(
            actor=self.actor,
            partner=self.partner,
            account_id=pk,
            amount=form["amount"],
            reference=form.get("reference", ""),
            reason=form.get("reason", ""),
            at=self.now,
        )
        answer = envelope.created(SmsTopUpAnswer(done).data)
        if is_repeat:
            answer.headers["Idempotency-Replayed"] = "true"
        return answer

    @document(
        "A partner's SMS usage",
        description="By day, country, purpose, template and account; a message counts on the day it was queued.",
        answer=SmsUsageAnswer,
        parameters=[FROM, TO],
        raises=(*REFUSED, ValidationFailed),
        example=examples.USAGE,
    )
    def stats(self, request: Request, locale: str, id: int) -> Response:
        today = self.now.astimezone(ZoneInfo(self.partner.time_zone)).date()
        until = _day(request, "date_to") or today
        since = _day(request, "date_from") or until.replace(day=1)
        if since > until:
            raise ValidationFailed(errors={"date_from": [_("Must not be after date_to.")]})
        if until - since > LONGEST:
            raise ValidationFailed(errors={"date_from": [_("At most a year at once.")]})
        return envelope.ok(SmsUsageAnswer(get_usage(partner=self.partner, since=since, until=until)).data)

    def _shown(self, account: SmsAccount) -> dict[str, Any]:
        usage = month_usage(partner=self.partner, accounts=[account], at=self.now)
        return present_account(account, usage[account.pk])


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 9000:
        raise ValidationFailed(errors={name: [_("Must be a day such as 2026-11-23.")]})
    return day
