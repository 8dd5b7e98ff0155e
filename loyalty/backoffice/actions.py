"""Actions on one object: a page that asks (GET changes nothing), a POST that does, a permission for both."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from loyalty.backoffice.display import change_url
from loyalty.backoffice.forms import ReasonForm
from loyalty.backoffice.once import SentForm, new_key
from loyalty.errors import LoyaltyError

# What an action does with a filled form: a sentence on what was done, or a page of its own.
Run = Callable[[Any, HttpRequest, Any, dict[str, Any]], str | Promise | HttpResponse]


def reason_action(
    *,
    title: str | Promise,
    question: str | Promise,
    permission: str,
    form: type[ReasonForm] = ReasonForm,
    icon: str = "edit",
    variant: ActionVariant = ActionVariant.DEFAULT,
    when: Callable[[Any], bool] = lambda _subject: True,
) -> Callable[[Run], Callable]:
    """Make `run(self, request, subject, data)` an action; `when` tells for which objects it makes sense."""

    def decorate(run: Run) -> Callable:
        name = run.__name__

        @wraps(run)
        def view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
            if request.method not in {"GET", "HEAD", "POST"}:
                return HttpResponseNotAllowed(["GET", "POST"])
            subject = self.get_object(request, unquote(object_id))
            if subject is None:
                raise Http404
            if not self.has_view_permission(request, subject):
                raise PermissionDenied
            if not when(subject):
                raise Http404
            asked = form(request.POST if request.method == "POST" else None, subject=subject)
            if request.method == "POST" and asked.is_valid():
                answer = _run(run, self, request, asked)
                if answer is not None:
                    return answer
            return _page(self, request, asked, title=title, question=question, variant=variant)

        decorated = action(
            view,
            description=title,
            permissions=[permission],
            url_path=name.replace("_", "-"),
            icon=icon,
            variant=variant,
        )
        decorated.when = when
        decorated.is_confirmed = True
        return decorated

    return decorate


def _run(run: Run, model_admin: Any, request: HttpRequest, form: Any) -> HttpResponse | None:
    back = change_url(form.subject._meta.label_lower, form.subject.pk)
    sent = SentForm(request)
    if not sent.take():
        messages.warning(request, _("This form was sent twice. What it asks for was done once."))
        return redirect(back)
    try:
        with sent:
            done = run(model_admin, request, form.subject, form.cleaned_data)
    except LoyaltyError as refusal:
        fields = {name: texts for name, texts in refusal.errors.items() if name in form.fields}
        for name, texts in fields.items():
            form.add_error(name, forms.ValidationError([str(text) for text in texts]))
        if not fields:
            form.add_error(None, refusal.message)
        return None
    if isinstance(done, HttpResponseBase):
        if done.status_code == HTTPStatus.OK:  # a page that asks on
            sent.give_back()
        return done
    messages.success(request, str(done))
    return redirect(back)


def _page(model_admin: Any, request: HttpRequest, form: Any, **shown: Any) -> HttpResponse:
    subject: Model = form.subject
    context = {
        **model_admin.admin_site.each_context(request),
        **shown,
        "form": form,
        "form_key": SentForm(request).key or new_key(),
        "media": model_admin.media + form.media,
        "opts": model_admin.opts,
        "original": subject,
        "facts": model_admin.facts(subject),
        "back_url": change_url(subject._meta.label_lower, subject.pk),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "loyalty/backoffice/reason_action.html", context)
