"""Strict JSON in, one shape of JSON out.

In: an object, at most 32 levels deep, no duplicate keys, no NaN, no NUL, no lone surrogates; numbers with a fraction
become Decimal, never float. Out: Decimals as JSON numbers, instants as `2026-11-23T21:00:00Z` (UTC, whole seconds).
"""

import json
from decimal import Decimal
from typing import Any, NoReturn

import orjson
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from loyalty.errors import MalformedRequest, PayloadTooLarge

MAX_DEPTH = 32
MAX_BYTES = 2_621_440
# Every binary float fits; written out in full, a larger one would fill the memory.
MAX_EXPONENT = 308


def _refuse_constant(_text: str) -> NoReturn:
    raise MalformedRequest(reason=_("NaN and Infinity are not JSON numbers"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise MalformedRequest(reason=_("a key appears twice in one object"))
    return result


def _decimal(text: str) -> Decimal:
    if len(text) > 64:
        raise MalformedRequest(reason=_("a number is too long"))
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise MalformedRequest(reason=_("a number is too long")) from error
    if abs(value.adjusted()) > MAX_EXPONENT:
        raise MalformedRequest(reason=_("a number is too long"))
    return value


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_decimal, parse_constant=_refuse_constant)


def parse(raw: bytes) -> dict[str, Any]:
    """The body as an object; an empty body is an empty object. Raises MalformedRequest or PayloadTooLarge."""
    if len(raw) > MAX_BYTES:
        raise PayloadTooLarge
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedRequest(reason=_("the body is not UTF-8")) from error
    if not text.strip():
        return {}
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        _refuse_deep(text)
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(reason=_("the body is not valid JSON")) from error
    if not isinstance(value, dict):
        raise MalformedRequest(reason=_("the body must be a JSON object"))
    if "\\u" in text or "\x00" in text:
        _refuse_odd_text(value)
    return value


def _refuse_deep(text: str) -> None:
    depth = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedRequest(reason=_("the body is nested too deeply"))
        elif char in "}]":
            depth -= 1


def _refuse_odd_text(value: Any) -> None:
    if isinstance(value, str):
        refuse_odd_characters(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            refuse_odd_characters(key)
            _refuse_odd_text(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_odd_text(item)


def refuse_odd_characters(text: str) -> None:
    """PostgreSQL cannot store NUL, and nobody can store half of a surrogate pair."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise MalformedRequest(reason=_("a text contains characters that cannot be stored"))


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def dumps(value: Any) -> bytes:
    """The one way an answer becomes bytes."""
    return orjson.dumps(value, _default, orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_NON_STR_KEYS)


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        return parse(stream.read(MAX_BYTES + 1))


class EnvelopeRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return dumps(data)
