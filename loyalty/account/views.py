"""Pages about one's own account, for a browser."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from loyalty.account.forms import ForgottenPasswordForm, NewPasswordForm
from loyalty.api.guards import guard_forgotten, guard_reset
from loyalty.errors import LoyaltyError, ValidationFailed
from loyalty.services.passwords import request_password_reset, reset_password, user_of_link

TEMPLATE = "loyalty/account/reset.html"
FORGOTTEN = "loyalty/account/forgot.html"


@never_cache
@require_http_methods(["GET", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a password: who forgot it, and who was invited. Known and unknown get one answer."""
    form = ForgottenPasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, {"form": form}, 422 if form.is_bound else 200, FORGOTTEN)
    try:
        guard_forgotten(request, form.cleaned_data["email"])
        request_password_reset(email=form.cleaned_data["email"])
    except LoyaltyError as error:
        return _page(request, {"refusal": error.message}, error.status, FORGOTTEN)
    return _page(request, {"is_done": True}, template=FORGOTTEN)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Choose a new password by the link of a mail, in the language of whoever got it."""
    try:
        guard_reset(request)
        user = user_of_link(uid=uid, token=token)
        with translation.override(user.language):
            return _form(request, uid, token)
    except LoyaltyError as error:
        return _page(request, {"refusal": error.message}, error.status)


def _form(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            reset_password(uid=uid, token=token, password=form.cleaned_data["password"], at=timezone.now())
        except ValidationFailed as error:
            for text in error.errors["password"]:
                form.add_error("password", str(text))
        else:
            return _page(request, {"is_done": True})
    return _page(request, {"form": form}, 422 if form.is_bound else 200)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200, template: str = TEMPLATE) -> HttpResponse:
    response = render(request, template, context, status=status)
    # The address of a reset holds the link's secret, and the page loads nothing from anywhere.
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return response
