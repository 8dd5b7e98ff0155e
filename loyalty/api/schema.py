"""How views describe themselves in the OpenAPI document: one decorator for envelope, errors, examples and headers."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from loyalty import errors
from loyalty.errors import LoyaltyError

ErrorClass = type[LoyaltyError]
PUBLIC = "x-public"
WRITES = {"post", "put", "delete", "patch"}
LIMIT_HEADERS = {
    "X-RateLimit-Limit": "Calls an hour.",
    "X-RateLimit-Remaining": "Calls left in this hour.",
    "X-RateLimit-Reset": "When there will be more, in Unix seconds.",
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key and body get the first answer again for 72 hours.",
}
ALWAYS: tuple[ErrorClass, ...] = (
    *(errors.UnknownParameter, errors.QuotaExceeded),
    *(errors.InternalError, errors.TemporarilyUnavailable),
)
AUTHENTICATED: tuple[ErrorClass, ...] = (errors.AuthRequired, errors.InvalidToken, errors.TokenExpired)
WITH_BODY: tuple[ErrorClass, ...] = (errors.MalformedRequest, errors.PayloadTooLarge, errors.UnsupportedMediaType)
KEYED: tuple[ErrorClass, ...] = (
    *(errors.InvalidIdempotencyKey, errors.IdempotencyInFlight, errors.IdempotencyKeyReused),
)
REQUEST_ID = "7b0e2d4c-9a51-4d0e-8a53-6d1f1c0c2f11"
# `from` is no name that a class body could give.
Meta = inline_serializer(
    "Meta",
    {
        **{name: serializers.IntegerField() for name in ("current_page", "last_page", "per_page", "total")},
        **{name: serializers.IntegerField(allow_null=True) for name in ("from", "to")},
    },
)


class ErrorSerializer(serializers.Serializer):
    """Every refusal: the house's members and those of RFC 9457."""

    success = serializers.BooleanField(default=False)
    code = serializers.CharField(help_text="Upper-snake code, see GET /{locale}/error-codes.")
    message = serializers.CharField(help_text="For a person, in the language of the path.")
    request_id = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # the name on the wire
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    type = serializers.CharField(help_text="Where the code is explained, relative to this server.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    error_number = serializers.IntegerField(required=False, help_text="The number that older documentation gives it.")
    details = serializers.DictField(required=False, help_text="What a program can act on, where there is something.")


class HouseSchema(AutoSchema):
    """drf-spectacular's reading of a view, minus guesses: what is not declared is not shown."""

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        if parts[0] == "sms":
            return ["sms"]
        if parts[0] not in {"partners", "shop", "admin"}:
            return ["system"]
        is_account = parts[0] == "admin" and len(parts) == 2
        return ["admin accounts" if is_account else " ".join(parts[:2])]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        return ""

    def get_auth(self) -> list[dict[str, list[str]]]:
        view: Any = self.view
        return _security(self.path, view.wanted_capabilities(view.action))

    def get_filter_backends(self) -> list[Any]:
        return []


def document(
    summary: str,
    *,
    answer: Any = None,
    body: Any = None,
    many: bool = False,
    paginated: bool = False,
    code: int = 200,
    raises: Iterable[ErrorClass] = (),
    parameters: Iterable[OpenApiParameter] = (),
    example: Any = None,
    body_example: Any = None,
    description: str = "",
    operation_id: str | None = None,
    public: bool = False,
    media: str | Sequence[str] = (),
    refusal: type[serializers.Serializer] = ErrorSerializer,
) -> Callable[[Any], Any]:
    """Describe one operation. `answer` is the serializer of `data` (None: an acknowledgement without data).

    `media` is the type of a file that is answered instead of the envelope, or the types that it comes in; `example`
    then is its text, if it has one.
    `refusal` is what its errors look like, where they differ from the house's.
    """
    examples = []
    kinds = [media] if isinstance(media, str) else list(media)
    if kinds and example is not None:
        shown_file = OpenApiExample(summary, value=example, response_only=True, media_type=kinds[0])
        examples.append(shown_file)
    elif not kinds and (example is not None or answer is None):
        shown_example = _envelope(example, code, paginated=paginated)
        examples.append(OpenApiExample(summary, value=shown_example, response_only=True, status_codes=[str(code)]))
    if body_example is not None:
        examples.append(OpenApiExample(f"{summary}: request", value=body_example, request_only=True))
    possible = [*raises, *ALWAYS, *(() if public else AUTHENTICATED)]
    if body is not None:
        possible += WITH_BODY if public else (*WITH_BODY, *KEYED)
    responses: dict[Any, Any] = {code: _success(summary, answer, many=many, paginated=paginated)}
    if kinds:
        responses = {
            (code, kind): OpenApiTypes.STR if kind.startswith("text/") else OpenApiTypes.BINARY for kind in kinds
        }
    for status in sorted({error.status for error in possible}):
        codes = dict.fromkeys(error.code for error in possible if error.status == status)
        responses[status] = OpenApiResponse(refusal, description=", ".join(f"`{one}`" for one in codes))
    shown = list(parameters)
    if paginated:
        shown += [
            OpenApiParameter("page", OpenApiTypes.INT, description="Page, from 1.", default=1),
            OpenApiParameter("per_page", OpenApiTypes.INT, description="Rows a page; above the cap it is clamped."),
        ]
    return extend_schema(
        summary=summary,
        description=description or None,
        request=body,
        responses=responses,
        parameters=shown,
        examples=examples,
        operation_id=operation_id,
        extensions={PUBLIC: True} if public else None,
    )


def _success(summary: str, answer: Any, *, many: bool, paginated: bool) -> Any:
    words = re.findall(r"[A-Za-z0-9]+", summary.replace("'", ""))
    name = "".join(word.capitalize() for word in words) + "Envelope"
    fields: dict[str, Any] = {
        "success": serializers.BooleanField(default=True),
        "code": serializers.IntegerField(),
        "request_id": serializers.CharField(),
    }
    if answer is None:
        fields["message"] = serializers.CharField()
    else:
        fields["data"] = answer(many=many) if isinstance(answer, type) else answer
    if paginated:
        fields["meta"] = Meta
    return inline_serializer(name, fields)


def _envelope(data: Any, code: int, *, paginated: bool) -> dict[str, Any]:
    answer = {"success": True, "code": code, "request_id": REQUEST_ID}
    if data is None:
        return {**answer, "message": "Done."}
    answer["data"] = data
    if paginated:
        total = len(data)
        shown = {"from": 1 if total else None, "to": total or None}
        answer["meta"] = {"current_page": 1, "last_page": 1, "per_page": 15, "total": total, **shown}
    return answer


def add_house_rules(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """What holds for every operation: the two languages, the rate limit headers, Idempotency-Key on writes."""
    components = result.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "apiSecret": {"type": "apiKey", "in": "header", "name": "X-API-Secret"},
    }
    components["headers"] = {
        name: {"schema": {"type": "integer"}, "description": text} for name, text in LIMIT_HEADERS.items()
    }
    components["parameters"] = {"IdempotencyKey": IDEMPOTENCY_KEY}
    if "Error" in components.get("schemas", {}):
        codes = [cls.code for cls in errors.all_error_classes()]
        components["schemas"]["Error"]["properties"]["code"]["enum"] = codes
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _one_operation(path, method, operation)
    return result


def _one_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "locale":
            parameter["schema"] = {"type": "string", "enum": ["en", "lt"]}
    security = operation.pop("security", [])
    operation["security"] = [] if operation.pop(PUBLIC, False) else security
    if method in WRITES and operation["security"]:
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    if not path.startswith("/health"):
        for response in operation["responses"].values():
            headers = response.setdefault("headers", {})
            headers.update({name: {"$ref": f"#/components/headers/{name}"} for name in LIMIT_HEADERS})


def _security(path: str, capabilities: tuple[str, ...]) -> list[dict[str, list[str]]]:
    credentials: list[dict[str, list[str]]] = [{"apiKey": [], "apiSecret": []}]
    bearer: list[dict[str, list[str]]] = [{"bearer": []}]
    if path.startswith("/{locale}/shop"):
        persons = [one.startswith("customer.") for one in capabilities]
        return (bearer if any(persons) else []) + ([] if all(persons) and persons else credentials)
    if path.startswith("/{locale}/sms"):
        return credentials
    if capabilities == ("admin",):
        return bearer
    if path.startswith("/{locale}/partners") and not path.startswith("/{locale}/partners/auth"):
        return bearer + credentials
    return bearer
