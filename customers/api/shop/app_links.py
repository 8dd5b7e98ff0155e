"""An SMS with the link to the app (contract 5.4)."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import TillViewSet
from customers.api.guards import guard_app_link
from customers.errors import PartnerNotAuthenticated
from customers.services.app_links import prepare_app_link, send_app_link
from loyalty.api.base import Capability
from loyalty.api.envelope import acknowledged
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from messaging.errors import SmsSendFailed
from partners.errors import ScopeInsufficient, StoreAccessDenied


class AppLinkForm(serializers.Serializer):
    phone = serializers.CharField(max_length=40, help_text="E.164, or as people of the partner's country write it.")
    shop_id = serializers.IntegerField()
    customer_name = serializers.CharField(max_length=255, required=False, allow_null=True, allow_blank=True)
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES, required=False, allow_null=True, help_text="Of the SMS; else that of the path."
    )


class AppLinkViewSet(TillViewSet):
    """From the till to the phone of whoever stands there."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"create": "till.sell"}
    unproven = PartnerNotAuthenticated

    @document(
        "Send the link to the app",
        description="One SMS; the same phone again within a minute is a repeat and sends nothing. Three a day to one "
        "phone, and a budget of SMS a day for the partner.",
        body=AppLinkForm,
        raises=(
            *(PartnerNotAuthenticated, ScopeInsufficient, ValidationFailed),
            *(ResourceNotFound, StoreAccessDenied, SmsSendFailed),
        ),
        body_example={"phone": "+37060000001", "shop_id": 3, "customer_name": "Ona", "language": "lt"},
    )
    def create(self, request: Request, locale: str) -> Response:
        form = self.validated(AppLinkForm)
        link = prepare_app_link(
            partner=self.partner,
            phone=form["phone"],
            shop_id=form["shop_id"],
            reach=self.shop_ids,
            name=form.get("customer_name") or "",
            language=form.get("language") or locale,
            at=self.now,
        )
        answer = acknowledged(_("The link is on its way."))
        if link.is_repeat:
            answer.headers["Idempotency-Replayed"] = "true"
            return answer
        guard_app_link(request._request, partner=self.partner, phone=link.phone)
        send_app_link(link=link, at=self.now)
        return answer
