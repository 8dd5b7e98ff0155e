from typing import Any

import pytest
from django.test import Client

from partners.models import Partner
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/en/shop/realtime/config"


@pytest.fixture
def till() -> Caller:
    partner: Partner = PartnerFactory.create()
    return credential_caller(partner)


@pytest.mark.parametrize(
    ("asked", "host"), [("127.0.0.1:8000", "127.0.0.1"), ("localhost", "localhost"), ("[::1]:8000", "[::1]")]
)
def test_a_till_is_told_the_host_that_it_asked(till: Caller, settings: Any, asked: str, host: str) -> None:
    settings.REALTIME_PUBLIC_PORT, settings.ALLOWED_HOSTS = 8001, ["localhost", "127.0.0.1", "[::1]"]
    response = till.client.get(PATH, headers={"Host": asked})
    assert response.json()["data"] == {"key": "loyalty", "host": host, "port": 8001, "scheme": "http"}


def test_behind_a_proxy_it_is_told_what_the_operator_says(till: Caller, settings: Any) -> None:
    settings.REALTIME_HOST, settings.REALTIME_SCHEME, settings.REALTIME_PUBLIC_PORT = "ws.example.lt", "https", 443
    settings.REALTIME_KEY = "another"
    expected = {"key": "another", "host": "ws.example.lt", "port": 443, "scheme": "https"}
    assert till.get(PATH)["data"] == expected


def test_strangers_are_told_nothing() -> None:
    assert Client().get(PATH).status_code == 401
