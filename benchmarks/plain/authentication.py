import hmac
from typing import Any

from django.conf import settings
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from partners.models import ApiCredential
from partners.rules import secrets


class Caller:
    """The user of a proven key."""

    is_authenticated = True


class KeyAuthentication(BaseAuthentication):
    """X-API-Key and X-API-Secret, looked up in the database."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiCredential]:
        credential = (
            ApiCredential.objects.select_related("partner")
            .prefetch_related("secrets")
            .filter(key=request.headers.get("X-API-Key", ""), revoked_at=None)
            .first()
        )
        secret = request.headers.get("X-API-Secret", "")
        if credential is None or not any(self._is(secret, one) for one in credential.secrets.all()):
            raise exceptions.AuthenticationFailed
        return Caller(), credential

    @staticmethod
    def _is(secret: str, stored: Any) -> bool:
        pepper = settings.CREDENTIAL_PEPPERS[stored.pepper_version]
        return hmac.compare_digest(secrets.digest(secret, pepper), bytes(stored.digest))
