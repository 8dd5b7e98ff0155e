"""How views describe themselves in the OpenAPI document: one decorator for the envelope, errors, examples and headers."""

from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from loyalty import errors
from loyalty.errors import LoyaltyError

ErrorClass = type[LoyaltyError]
ALWAYS: tuple[ErrorClass, ...] = (errors.QuotaExceeded, errors.TemporarilyUnavailable, errors.InternalError)


class MetaSerializer(serializers.Serializer):
    current_page = serializers.IntegerField()
    last_page = serializers.IntegerField()
    per_page = serializers.IntegerField()
    total = serializers.IntegerField()


class ErrorSerializer(serializers.Serializer):
    """Every refusal: the house's members and those of RFC 9457."""

    success = serializers.BooleanField(default=False)
    code = serializers.CharField(help_text="Upper-snake code, see GET /{locale}/error-codes.")
    message = serializers.CharField(help_text="For a person, in the language of the path.")
    request_id = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)
    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()


class HouseSchema(AutoSchema):
    """drf-spectacular's reading of a view, minus guesses: what is not declared is not shown."""

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return [" ".join(parts[:2]) if parts else "system"]

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
) -> Callable[[Any], Any]:
    """Describe one operation. `answer` is the serializer of `data` (None: an acknowledgement without data)."""
    examples = []
    if example is not None:
        examples.append(OpenApiExample(summary, value=_envelope(example, code, paginated), response_only=True, status_codes=[str(code)]))
    if body_example is not None:
        examples.append(OpenApiExample(f"{summary}: request", value=body_example, request_only=True))
    auth = () if public else (errors.AuthRequired, errors.InvalidToken)
    by_status: dict[int, list[ErrorClass]] = {}
    for error in (*auth, *raises, *ALWAYS):
        if error not in by_status.setdefault(error.status, []):
            by_status[error.status].append(error)
    responses: dict[Any, Any] = {code: _success(summary, answer, many=many, paginated=paginated)}
    for status, classes in by_status.items():
        responses[status] = OpenApiResponse(
            ErrorSerializer, description=", ".join(f"`{cls.code}`" for cls in classes)
        )
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
        auth=[] if public else None,
    )


def _success(summary: str, answer: Any, *, many: bool, paginated: bool) -> Any:
    name = "".join(word.capitalize() for word in summary.replace("-", " ").replace("'", "").split()) + "Answer"
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
        fields["meta"] = MetaSerializer()
    return inline_serializer(name, fields)


def _envelope(data: Any, code: int, paginated: bool) -> dict[str, Any]:
    answer = {"success": True, "code": code, "request_id": "7b0e2d4c-9a51-4d0e-8a53-6d1f1c0c2f11", "data": data}
    if paginated:
        answer["meta"] = {"current_page": 1, "last_page": 1, "per_page": 15, "total": len(data)}
    return answer


def add_house_rules(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """What holds for every operation: the two languages, the rate limit headers, Idempotency-Key on writes."""
    schemes = result.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    schemes["apiKey"] = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    schemes["apiSecret"] = {"type": "apiKey", "in": "header", "name": "X-API-Secret"}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _one_operation(path, method, operation)
    return result


def _one_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "locale":
            parameter["schema"] = {"type": "string", "enum": ["en", "lt"]}
    if operation.get("security") != []:
        credentials: list[dict[str, list[str]]] = [{"apiKey": [], "apiSecret": []}]
        bearer: list[dict[str, list[str]]] = [{"bearer": []}]
        if path.startswith("/{locale}/shop"):
            operation["security"] = credentials
        elif path.startswith("/{locale}/partners"):
            operation["security"] = bearer + credentials
        else:
            operation["security"] = bearer
    if method in {"post", "put", "delete", "patch"} and operation.get("security") != []:
        operation.setdefault("parameters", []).append(
            {
                "in": "header",
                "name": "Idempotency-Key",
                "schema": {"type": "string", "maxLength": 255},
                "description": "The same key and body get the first answer again for 72 hours.",
            }
        )
    for response in operation["responses"].values():
        response.setdefault("headers", {}).update(
            {
                name: {"schema": {"type": "integer"}}
                for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
            }
        )
