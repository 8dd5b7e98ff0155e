"""What anybody may ask: is it alive, is it ready, which error codes exist."""

from dataclasses import replace

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.base import PublicViewSet
from loyalty.api.envelope import body, ok
from loyalty.api.principal import Principal
from loyalty.api.schema import document
from loyalty.errors import TemporarilyUnavailable
from loyalty.selectors.error_codes import list_error_codes
from loyalty.selectors.health import Component, check_now, last_known


class ComponentAnswer(serializers.Serializer):
    status = serializers.ChoiceField(["ok", "failed", "unknown"])
    message = serializers.CharField(required=False)
    latency = serializers.FloatField(required=False, help_text="Milliseconds.")


class ComponentsAnswer(serializers.Serializer):
    api = ComponentAnswer()
    database = ComponentAnswer()
    cache = ComponentAnswer()


class HealthAnswer(serializers.Serializer):
    status = serializers.ChoiceField(["ok", "degraded"])
    version = serializers.CharField()
    environment = serializers.CharField()
    timestamp = serializers.DateTimeField()
    components = ComponentsAnswer()


class ErrorCodeAnswer(serializers.Serializer):
    status = serializers.IntegerField()
    message = serializers.CharField(help_text="May hold {names} that each refusal fills in.")
    number = serializers.IntegerField(required=False, help_text="The number older documentation gives it.")


HEALTH_EXAMPLE = {
    "status": "ok",
    "version": "0.1.0",
    "environment": "production",
    "timestamp": "2026-11-23T21:00:00Z",
    "components": {
        "api": {"status": "ok"},
        "database": {"status": "ok", "latency": 1.2},
        "cache": {"status": "ok", "latency": 0.3},
    },
}


class UncountedViewSet(PublicViewSet):
    """For probes, which come from one address and all the time: outside the rate limits (decision 17)."""

    def authenticate(self, request: Request) -> Principal:
        return replace(super().authenticate(request), limit_headers={})


class HealthViewSet(UncountedViewSet):
    """Alive, and ready for traffic."""

    capabilities = {"health": "public", "ready": "public"}

    @document(
        "Health",
        description="Answers from memory: databases are looked at in the background, never while you wait.",
        answer=HealthAnswer,
        example=HEALTH_EXAMPLE,
        public=True,
    )
    def health(self, request: Request) -> Response:
        return ok(self._present(last_known()))

    @document(
        "Readiness",
        description="Looks now, for two seconds at most: 503 while PostgreSQL is away or migrations are missing. "
        "Without Redis it is ready all the same, because sales go on.",
        answer=HealthAnswer,
        raises=(TemporarilyUnavailable,),
        example=HEALTH_EXAMPLE,
        public=True,
    )
    def ready(self, request: Request) -> Response:
        components = check_now()
        if components["database"].status == "ok":
            return ok(self._present(components))
        refusal = TemporarilyUnavailable(retry_after=5)
        answer = {**body(self._present(components)), "success": False, "code": refusal.code}
        return Response({**answer, "message": refusal.message}, status=refusal.status, headers={"Retry-After": "5"})

    def _present(self, components: dict[str, Component]) -> dict[str, object]:
        shown = {"api": Component("ok"), **components}
        return {
            "status": "ok" if all(one.status != "failed" for one in shown.values()) else "degraded",
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            "environment": settings.ENVIRONMENT,
            "timestamp": timezone.now(),
            "components": {name: one.present() for name, one in shown.items()},
        }


class ErrorCodesViewSet(PublicViewSet):
    """The catalog of refusals."""

    capabilities = {"list": "public"}

    @document(
        "Error codes",
        description="Every `code` of a refusal, with its HTTP status and its sentence in the path's language.",
        answer=serializers.DictField(child=ErrorCodeAnswer()),
        example={"PARTNER_NOT_FOUND": {"status": 404, "message": "There is no such partner."}},
        public=True,
    )
    def list(self, request: Request, locale: str) -> Response:
        return ok(list_error_codes())
