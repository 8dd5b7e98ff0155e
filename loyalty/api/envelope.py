"""The one shape of every answer (contract 1.3)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.response import Response

from loyalty.api.json import dumps
from loyalty.context import request_id


def body(data: Any, *, code: int = 200, meta: dict[str, Any] | None = None, message: str | None = None) -> dict:
    """`data` is always there; `meta` only on lists, because the SDK unwraps by its presence."""
    answer: dict[str, Any] = {"success": True, "code": code, "request_id": request_id()}
    if message is not None:
        answer["message"] = message
    answer["data"] = data
    if meta is not None:
        answer["meta"] = meta
    return answer


def ok(data: Any, *, code: int = 200, meta: dict[str, Any] | None = None, message: str | None = None) -> Response:
    return Response(body(data, code=code, meta=meta, message=message), status=code)


def written(data: Any, *, meta: dict[str, Any] | None = None) -> HttpResponse:
    """`ok` as bytes at once, for a read that everybody waits for: DRF's response costs more than to write it."""
    return HttpResponse(dumps(body(data, meta=meta)), content_type="application/json")


def created(data: Any, *, message: str | None = None) -> Response:
    return ok(data, code=201, message=message)


def acknowledged(message: str) -> Response:
    """Done, and nothing to show: a body without `data`, never a 204."""
    return Response({"success": True, "code": 200, "request_id": request_id(), "message": message})
