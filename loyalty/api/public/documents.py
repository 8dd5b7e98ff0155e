"""The OpenAPI document and its two readers. Their scripts and styles come from here, not from an outside host."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerView

RENDERERS = {"yaml": OpenApiYamlRenderer, "json": OpenApiJsonRenderer}


@cache
def _rendered(form: str) -> bytes:
    """Made once per process: it costs a second and never changes while we run."""
    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    return RENDERERS[form]().render(schema, renderer_context={})


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The document: YAML, or JSON with `?format=json`."""
    form = "json" if request.GET.get("format") == "json" else "yaml"
    return HttpResponse(_rendered(form), content_type=f"application/vnd.oai.openapi+{form}; charset=utf-8")


class SwaggerPage(SpectacularSwaggerView):
    url_name = "schema"
    is_public = True
    authentication_classes = ()


class RedocPage(SpectacularRedocView):
    url_name = "schema"
    is_public = True
    authentication_classes = ()
