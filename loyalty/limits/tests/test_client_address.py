import pytest
from django.test import RequestFactory
from pytest_django import Settings

from loyalty.limits.address import address_bucket, client_address

PROXIES = ["10.0.0.0/8", "2001:db8:ffff::/48", "unix"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("10.0.0.1", "1.1.1.1, not-an-address, 10.2.3.4", "10.2.3.4"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:DB8::0001]:4711", "2001:db8::1"),
        ("2001:db8:ffff::5", "2001:db8:1::7", "2001:db8:1::7"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", "198.51.100.1"),
        ("", "", "unknown"),
    ],
)
def test_the_address_is_the_nearest_that_no_trusted_proxy_has(
    settings: Settings, peer: str, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == expected


def test_without_trusted_proxies_the_header_is_never_read(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    for peer, expected in (("10.0.0.1", "10.0.0.1"), ("", "unknown")):
        request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR="198.51.100.1")
        assert client_address(request) == expected


def test_an_ipv6_subscriber_is_its_sixty_four() -> None:
    assert address_bucket("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert address_bucket("fe80::1%eth0") == "fe80::/64"
    assert address_bucket("198.51.100.1") == "198.51.100.1"
    assert address_bucket("unknown") == "unknown"
