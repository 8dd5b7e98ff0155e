"""Changing a rate in two steps: what is asked for, then what that changes; only then it is done."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions.admin.wording import clock_in_words, scope_in_words, terms_in_words
from commissions.selectors.periods import last_closed_month
from commissions.services.rate_plans import PlannedStep, RatePlan, plan_rates
from commissions.services.rates import NewCard, set_rates
from loyalty.backoffice.base import actor_of
from loyalty.backoffice.display import NOTHING, list_url
from loyalty.errors import LoyaltyError
from partners.models import Partner, Shop


def decide(
    model_admin: Any, request: HttpRequest, *, title: Any, partner: Partner | None, card: NewCard, reason: str
) -> HttpResponse | str:
    """The page that shows what would change; or, once that very plan was agreed to, a sentence on what was done.

    Raises what `set_rates` raises.
    """
    at = timezone.now()
    plan = plan_rates(partner=partner, card=card, at=at)
    if not plan.steps:
        return _("This is how it is already: nothing was changed.")
    agreed = request.POST.get("plan", "")
    if agreed == plan.digest:
        set_rates(actor=actor_of(request), partner=partner, card=card, reason=reason, at=at)
        return _("The rates were changed.")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "whose": str(partner) if partner else _("Platform's default"),
        "plan": plan,
        "is_stale": bool(agreed),
        "table": {"headers": _headers(), "rows": _rows(plan)},
        "recomputed": _recomputed(plan, partner),
        "closed": _closed(partner),
        "kept": [(name, value) for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "plan"}],
        "back_url": list_url("commissions.commissionrate"),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "commissions/backoffice/rate_confirm.html", context)


def ask(model_admin: Any, request: HttpRequest, form: Any, *, title: Any) -> HttpResponse:
    """The page that asks for a rate, with what a refusal said at the fields that it speaks of."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "form": form,
        "media": model_admin.media + form.media,
        "opts": model_admin.opts,
        "back_url": list_url("commissions.commissionrate"),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "commissions/backoffice/rate_form.html", context)


def add_refusal(form: forms.Form, refusal: LoyaltyError) -> None:
    """Show a refusal at its fields, or above them."""
    for name, texts in refusal.errors.items():
        field = {"shop_id": "shop"}.get(name, name)
        form.add_error(field if field in form.fields else None, [str(text) for text in texts])
    if not refusal.errors:
        form.add_error(None, refusal.message)


def back_to_list(model_admin: Any, request: HttpRequest, sentence: str) -> HttpResponse:
    """Done."""
    model_admin.message_user(request, sentence)
    return redirect(list_url("commissions.commissionrate"))


def _headers() -> list[str]:
    return [_("rate"), _("until now"), _("from then on"), _("from when")]


def _rows(plan: RatePlan) -> list[list[Any]]:
    shops = Shop.objects.in_bulk([step.new.shop_id for step in plan.steps if step.new and step.new.shop_id])
    return [_row(step, shops) for step in plan.steps]


def _row(step: PlannedStep, shops: dict[int, Shop]) -> list[Any]:
    subject = step.new or step.old
    assert subject is not None
    after = terms_in_words(step.new)
    if step.is_withdrawn and step.new is None:
        after = _("withdrawn: it would have begun {moment}").format(moment=clock_in_words(step.moment))
    elif step.new is None:
        after = _("ends")
    when = NOTHING if step.is_withdrawn and step.new is None else clock_in_words(step.moment)
    return [scope_in_words(subject, shops), terms_in_words(step.old), after, when]


def _recomputed(plan: RatePlan, partner: Partner | None) -> str:
    if plan.since is None:
        return _("Lines of earlier sales stay as they are: nothing is computed again.")
    if partner is None:
        text = _("It reaches back: open months from {month} on are computed again, of every partner whom it concerns.")
        return text.format(month=plan.since)
    if not plan.months:
        text = _("It reaches back to {month}, where there are no sales yet: nothing is computed again.")
        return text.format(month=plan.since)
    return _("It reaches back: these months are computed again: {months}.").format(months=", ".join(plan.months))


def _closed(partner: Partner | None) -> str:
    month = last_closed_month(partner=partner) if partner else None
    return _("Months up to {month} are closed and stay as they are.").format(month=month) if month else ""
