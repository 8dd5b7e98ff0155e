"""The root of every anticipated refusal, and the kernel's own codes.

One class per code. `code` is the upper-snake string of the wire, `status` its HTTP status, `template` a translatable
sentence with `{named}` details, `number` the four-digit number that older documentation gives it (contract 2.2, 12).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

Fields = Mapping[str, Sequence[str | Promise]]


class LoyaltyError(Exception):
    """A refusal that the caller can understand and act on; raising it must leave nothing changed."""

    code: ClassVar[str] = ""
    status: ClassVar[int] = 400
    template: ClassVar[str | Promise] = ""
    number: ClassVar[int | None] = None

    def __init__(self, *, errors: Fields | None = None, **details: Any) -> None:
        self.errors = errors or {}
        self.details = details
        super().__init__(self.code)

    @property
    def message(self) -> str:
        """The sentence for a person, in the active language."""
        return str(self.template).format(**self.details)

    @property
    def retry_after(self) -> int | None:
        """Seconds after which the same call may succeed, if waiting helps."""
        value = self.details.get("retry_after")
        return None if value is None else int(value)


class NotFoundError(LoyaltyError):
    status = 404


class AccessError(LoyaltyError):
    status = 403


class InvalidError(LoyaltyError):
    status = 422


class ConflictError(LoyaltyError):
    status = 409


class QuotaError(LoyaltyError):
    status = 429


class UnavailableError(LoyaltyError):
    """Something we need is away for a moment: the only family that a task retries."""

    status = 503


class AuthenticationError(LoyaltyError):
    status = 401


# --- Requests that cannot be read


class MalformedRequest(LoyaltyError):
    code = "MALFORMED_REQUEST"
    template = _("The request cannot be read: {reason}")


class UnknownParameter(LoyaltyError):
    code = "UNKNOWN_PARAMETER"
    template = _("Unknown query parameter: {names}. Allowed here: {allowed}.")


class ValidationFailed(InvalidError):
    code = "VALIDATION_ERROR"
    number = 1100
    template = _("Some fields are missing or wrong. See 'errors' for each of them.")


class EndpointNotFound(NotFoundError):
    code = "ENDPOINT_NOT_FOUND"
    template = _("There is nothing at this address. Check the path and the language prefix (en or lt).")


class ResourceNotFound(NotFoundError):
    code = "RESOURCE_NOT_FOUND"
    template = _("The requested object does not exist.")


class MethodNotAllowed(LoyaltyError):
    code = "METHOD_NOT_ALLOWED"
    status = 405
    template = _("Method {method} is not allowed here.")


class NotAcceptable(LoyaltyError):
    code = "NOT_ACCEPTABLE"
    status = 406
    template = _("Only application/json can be answered.")


class PayloadTooLarge(LoyaltyError):
    code = "PAYLOAD_TOO_LARGE"
    status = 413
    template = _("The request body is larger than allowed.")


class UnsupportedMediaType(LoyaltyError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    template = _("Send the body as application/json.")


class InvalidIdempotencyKey(LoyaltyError):
    code = "INVALID_IDEMPOTENCY_KEY"
    template = _("Idempotency-Key must be 1 to 255 visible ASCII characters, with or without quotes around them.")


# --- Who is calling


class AuthRequired(AuthenticationError):
    code = "AUTH_REQUIRED"
    number = 1004
    template = _("Authentication is required.")


class InvalidToken(AuthenticationError):
    code = "INVALID_TOKEN"
    template = _("The token is not valid. Log in again.")


class TokenExpired(AuthenticationError):
    code = "TOKEN_EXPIRED"
    template = _("The token has expired. Refresh it or log in again.")


class InvalidCredentials(AuthenticationError):
    code = "INVALID_CREDENTIALS"
    template = _("The e-mail address or the password is wrong.")


class InsufficientPermissions(AccessError):
    code = "INSUFFICIENT_PERMISSIONS"
    template = _("You are not allowed to do this.")


class InvalidResetLink(LoyaltyError):
    code = "INVALID_RESET_LINK"
    template = _("This link is not valid any more. Ask for a new one.")


# --- State


class ResourceAlreadyExists(ConflictError):
    code = "RESOURCE_ALREADY_EXISTS"
    template = _("It exists already, with other data: {what}.")


class ResourceExpired(LoyaltyError):
    code = "RESOURCE_EXPIRED"
    status = 410
    template = _("Its time is over: it has expired.")


class IdempotencyInFlight(ConflictError):
    code = "IDEMPOTENCY_IN_FLIGHT"
    template = _("The first request with this Idempotency-Key is still running. Try again in {retry_after} s.")


class IdempotencyKeyReused(InvalidError):
    code = "IDEMPOTENCY_KEY_REUSED"
    template = _("This Idempotency-Key was used for another request. Use a new key for a new request.")


class IdempotencyAnswerLost(ConflictError):
    """It was sealed with a key that is not used any more."""

    code = "IDEMPOTENCY_ANSWER_LOST"
    template = _("The request was done, but its answer cannot be read any more. Read the result instead.")


class QuotaExceeded(QuotaError):
    code = "QUOTA_EXCEEDED"
    template = _("Too many requests. Try again in {retry_after} s.")


class TemporarilyUnavailable(UnavailableError):
    code = "TEMPORARILY_UNAVAILABLE"
    template = _("This is not possible for a moment. Try again in {retry_after} s.")


class LimiterUnavailable(TemporarilyUnavailable):
    """What must be counted cannot be counted now: log-in, one-time codes and coupon checks refuse rather than guess."""


class InternalError(LoyaltyError):
    code = "INTERNAL_ERROR"
    status = 500
    template = _("Something went wrong on our side. Quote the request id when you report it.")


def all_error_classes() -> Iterator[type[LoyaltyError]]:
    """Every class with a code, of every installed app, in the order of their codes."""
    autodiscover_modules("errors")
    found: dict[str, type[LoyaltyError]] = {}
    queue: list[type[LoyaltyError]] = [LoyaltyError]
    while queue:
        for cls in queue.pop().__subclasses__():
            queue.append(cls)
            if "code" in vars(cls):
                found[f"{cls.code}:{cls.__module__}"] = cls
    return iter(sorted(found.values(), key=lambda cls: cls.code))
