"""What surrounds every request: its id, its language, and the browser's machinery where a browser is expected."""

import time
from collections.abc import Callable
from logging import getLogger

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.module_loading import import_string

from loyalty.api.errors import error_response
from loyalty.context import new_request_id, request_id_var
from loyalty.errors import MalformedRequest
from loyalty.services.request_log import note_refusal

logger = getLogger("loyalty.request")
Handler = Callable[[HttpRequest], HttpResponse]
REFUSED = 400
LOCALES = {code for code, _name in settings.LANGUAGES}


class RequestContext:
    """Give the request an id, check its host, speak the language that its path names, and log how it went."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = new_request_id(request.META.get("HTTP_X_REQUEST_ID"))
        token = request_id_var.set(request_id)
        locale = request.path_info[1:3] if request.path_info[3:4] == "/" else ""
        try:
            request.get_host()
            with translation.override(locale if locale in LOCALES else settings.LANGUAGE_CODE):
                response = self.get_response(request)
        except DisallowedHost:
            response = error_response(request, MalformedRequest(reason="this host name is not served here"))
        finally:
            elapsed = int((time.perf_counter() - started) * 1_000_000)
            request_id_var.reset(token)
        if response.status_code >= REFUSED:
            note_refusal(request, status=response.status_code, request_id=request_id)
        response.headers["X-Request-ID"] = request_id
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        if logger.isEnabledFor(20):
            self._log(request, response, request_id, elapsed)
        return response

    @staticmethod
    def _log(request: HttpRequest, response: HttpResponse, request_id: str, elapsed: int) -> None:
        match = request.resolver_match
        logger.info(
            "request",
            extra={
                "request_id": request_id,
                "method": request.method,
                "route": match.route if match else "",
                "status": response.status_code,
                "microseconds": elapsed,
                "principal": getattr(request, "principal_label", ""),
            },
        )


class BackOfficeOnly:
    """Run sessions, CSRF, messages and the like for pages that a browser opens, and for nothing else."""

    PREFIXES = ("/admin", "/i18n/", "/account/")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.browser: Handler | None = None

    def _chain(self) -> Handler:
        handler = self.get_response
        for dotted in reversed(settings.BACK_OFFICE_MIDDLEWARE):
            inner = import_string(dotted)(handler)
            handler = _with_view_hook(inner, handler)
        return handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(self.PREFIXES):
            return self.get_response(request)
        if self.browser is None:
            self.browser = self._chain()
        return self.browser(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        """Django calls this hook of the outer middleware only: pass it on to CSRF, the one that needs it."""
        for hook in getattr(request, "back_office_view_hooks", ()):
            answer = hook(request, view, args, kwargs)
            if answer is not None:
                return answer
        return None


def _with_view_hook(middleware: Handler, _inner: Handler) -> Handler:
    hook = getattr(middleware, "process_view", None)
    if hook is None:
        return middleware

    def call(request: HttpRequest) -> HttpResponse:
        request.back_office_view_hooks = [*getattr(request, "back_office_view_hooks", ()), hook]  # type: ignore[attr-defined]
        return middleware(request)

    return call
