"""`/{locale}/shop/realtime/config`: where a till listens for the customer's answer (contract 9.1)."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.http.request import split_domain_port
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import TillViewSet
from loyalty.api.base import Capability
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from partners.errors import ScopeInsufficient


class RealtimeConfigSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="Stands in the socket's address: /app/{key}.")
    host = serializers.CharField()
    port = serializers.IntegerField()
    scheme = serializers.ChoiceField(["http", "https"], help_text="https means wss, http means ws.")


class RealtimeConfigViewSet(TillViewSet):
    """The address of the realtime server."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"list": ("till.read", "till.sell")}

    @document(
        "Get realtime config",
        description="Any client of the Pusher protocol 7 connects with it. Channels are public: "
        "`qr-login.{session_id}` and `qr-card.{session_id}`.",
        answer=RealtimeConfigSerializer,
        raises=(ScopeInsufficient,),
        example={"key": "loyalty", "host": "loyalty.example.com", "port": 8001, "scheme": "http"},
    )
    def list(self, request: Request, locale: str) -> Response:
        asked, _port = split_domain_port(request.get_host())
        return ok(
            {
                "key": settings.REALTIME_KEY,
                "host": settings.REALTIME_HOST or asked,
                "port": settings.REALTIME_PUBLIC_PORT,
                "scheme": settings.REALTIME_SCHEME,
            }
        )
