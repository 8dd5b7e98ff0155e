"""Every message of the platform on one page: what is sent, what stands in its place, and how it looks."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from loyalty.backoffice.display import NOTHING, change_url, list_url, to
from loyalty.backoffice.panels import Panel
from messaging.admin.frames import as_written, frame_of, mail_page
from messaging.rules.letters import Letter, Texts
from messaging.rules.templates import known_variables
from messaging.selectors.template_overview import Overview, Replaced, overview_across_partners
from messaging.selectors.templates import built_in_texts
from messaging.services.templates import preview_texts

TITLE = gettext_lazy("Messages of the platform")
VIEW, ADD = "messaging.view_messagetemplate", "messaging.add_messagetemplate"
LABEL = "messaging.messagetemplate"


def urls() -> list[URLPattern]:
    """To stand before those of the templates."""

    def view(function: Any) -> Any:
        return admin.site.admin_view(require_safe(function))

    return [
        path("built-in/", view(overview_page), name="messaging_built_in"),
        path("built-in/<slug:code>/<str:language>/", view(preview_page), name="messaging_built_in_preview"),
        path("built-in/<slug:code>/<str:language>/page/", view(letter_page), name="messaging_built_in_page"),
    ]


def overview_page(request: HttpRequest) -> HttpResponse:
    """All messages with their languages."""
    _check(request)
    rows = [[_name(one), _languages(one), _add_link(request, one)] for one in overview_across_partners()]
    headers = (_("message"), _("what is sent"), "")
    return _page(request, TITLE, [Panel(TITLE, headers, rows, list_url(LABEL))])


def preview_page(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """A built-in message with sample values."""
    _check(request)
    texts, letter = _built_in(code, language)
    words = [[f"{{{{ {name} }}}}", meaning] for name, meaning in known_variables(code).items()]
    url = reverse("admin:messaging_built_in_page", args=[code, language])
    shown = [
        [_("subject"), letter.subject],
        [_("text"), as_written(letter.text)],
        [_("text with layout"), frame_of(url, letter.subject)],
    ]
    panels = [Panel(_("Preview with sample values"), ["", ""], shown), Panel(_("Variables"), ["", ""], words)]
    if request.user.has_perm(ADD):
        link = to(add_url(code, texts.language), _("Write a text of your own"))
        panels.append(Panel(_("Not what you want to say?"), links=[link]))
    return _page(request, f"{code} ({language})", panels)


def letter_page(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """The same alone, for the frame."""
    _check(request)
    return mail_page(_built_in(code, language)[1].html)


def add_url(code: str, language: str) -> str:
    """A new text that begins with the built-in one."""
    query = urlencode({"code": code, "language": language})
    return f"{reverse('admin:messaging_messagetemplate_add')}?{query}"


def initial_texts(code: str, language: str) -> dict[str, str]:
    """What the form of a new text begins with."""
    texts = built_in_texts(code, language) or built_in_texts(code, "en")
    return {} if texts is None else {"subject": texts.subject, "body": texts.body, "button": texts.button}


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied


def _built_in(code: str, language: str) -> tuple[Texts, Letter]:
    texts = built_in_texts(code, language)
    if texts is None:
        raise Http404
    return texts, preview_texts(code=code, texts=texts)


def _name(one: Overview) -> Any:
    return format_html("{}<br>{}", one.title, one.code) if one.is_built_in else one.code


def _languages(one: Overview) -> Any:
    lines = [(language, _sent(one, language, replaced)) for language, replaced in one.languages.items()]
    return format_html_join(SafeString("<br>"), "{}: {}", lines)


def _sent(one: Overview, language: str, replaced: Replaced) -> Any:
    parts: list[Any] = []
    if replaced.everybody_id is not None:
        parts.append(to(change_url(LABEL, replaced.everybody_id), _("a text for everybody")))
    elif one.is_built_in and built_in_texts(one.code, language):
        parts.append(to(reverse("admin:messaging_built_in_preview", args=[one.code, language]), _("built in")))
    listed = list_url(LABEL, q=one.code, language__exact=language)
    if replaced.partners:
        said = ngettext("%(count)s partner's own", "%(count)s partners' own", replaced.partners)
        parts.append(to(listed, said % {"count": replaced.partners}))
    if replaced.drafts:
        said = ngettext("%(count)s draft", "%(count)s drafts", replaced.drafts)
        parts.append(to(listed, said % {"count": replaced.drafts}))
    return format_html_join(", ", "{}", ((part,) for part in parts)) or NOTHING


def _add_link(request: HttpRequest, one: Overview) -> Any:
    if not one.is_built_in or not request.user.has_perm(ADD):
        return ""
    free = [code for code, replaced in one.languages.items() if replaced.everybody_id is None]
    return to(add_url(one.code, free[0] if free else "en"), _("Write a text of your own"))


def _page(request: HttpRequest, title: Any, panels: list[Panel]) -> HttpResponse:
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": title,
        "panels": panels,
        "overview_url": reverse("admin:messaging_built_in"),
    }
    return TemplateResponse(request, "messaging/backoffice/built_in.html", context)
