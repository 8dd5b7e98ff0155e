"""The OpenAPI document and its two readers. Their scripts and styles come from here, not from an outside host."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.response import Response

RENDERERS = {"yaml": OpenApiYamlRenderer, "json": OpenApiJsonRenderer}


@cache
def _rendered(form: str) -> bytes:
    """Made once per process: it costs a second and never changes while we run."""
    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    rendered = RENDERERS[form]().render(schema, renderer_context={})
    return rendered if isinstance(rendered, bytes) else rendered.encode()


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The document: YAML, or JSON with `?format=json`."""
    form = "json" if request.GET.get("format") == "json" else "yaml"
    return HttpResponse(_rendered(form), content_type=f"application/vnd.oai.openapi+{form}; charset=utf-8")


# Both readers know an outside host or two (a logo, a validator, fonts): the browser is told not to go there.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'"
)


class SwaggerPage(SpectacularSwaggerView):
    url_name = "schema"
    is_public = True
    authentication_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return _guarded(super().get(request, *args, **kwargs))


class RedocPage(SpectacularRedocView):
    url_name = "schema"
    template_name = "loyalty/docs/redoc.html"
    is_public = True
    authentication_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return _guarded(super().get(request, *args, **kwargs))


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response
