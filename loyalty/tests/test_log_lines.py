"""A log says which route failed, never the address: links of mails and of providers are secrets, others name people."""

import json
import logging
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import resolve
from django.utils.log import log_response

from loyalty.conf.logging import JsonFormatter

LINK = "/mail/unsubscribe/gAAAAABSECRET"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """The lines that a level of INFO would write."""
    caplog.set_level(logging.DEBUG, logger="django.request")
    return lambda: [JsonFormatter().format(record) for record in caplog.records]


@pytest.mark.parametrize("status", [404, 500])
def test_what_failed_is_named_by_its_route(lines: Any, status: int) -> None:
    request = RequestFactory().post(LINK)
    request.resolver_match = resolve(LINK)
    failed = type("Answer", (), {"status_code": status})()
    log_response("%s: %s", "Failed", request.path, response=failed, request=request)
    [line] = lines()
    assert json.loads(line)["event"] == "Failed: /mail/unsubscribe/<str:token>"
    assert "SECRET" not in line


def test_what_is_no_route_is_not_named(lines: Any) -> None:
    request = RequestFactory().get("/lt/jonas@klientai.test")
    failed = type("Answer", (), {"status_code": 404})()
    log_response("%s: %s", "Not Found", request.path, response=failed, request=request)
    [line] = lines()
    assert json.loads(line)["event"] == "Not Found: an address that is not ours"
    assert "jonas" not in line
