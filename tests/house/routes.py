"""Every route of the API, read from the URLconf itself, so that nothing can be forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from customers.api.base import ShopViewSet
from loyalty.api.base import AdminViewSet, ApiViewSet, PublicViewSet
from partners.api.base import PartnerViewSet
from partners.api.keys import KeyViewSet

METHODS = ("get", "post", "put", "patch", "delete")
# Not part of the API: pages for a browser, the OpenAPI document and its readers, files, and "nothing here".
PAGES = re.compile(r"^(account/|admin(/|$)|i18n/|mail/|media/|api/(schema|docs|redoc)$|qr$|\^\(\?P<path>|$)")


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    viewset: type[ApiViewSet]
    action: str

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def slots(self) -> list[str]:
        """The names of the values in the path."""
        return re.findall(r"<(?:\w+:)?(\w+)>", self.path)

    @property
    def parameters(self) -> frozenset[str]:
        return self.viewset.parameters.get(self.action, frozenset())

    @property
    def capabilities(self) -> frozenset[str]:
        """What a caller must have one of."""
        return frozenset(self.viewset.wanted_capabilities(self.action))

    @property
    def rights(self) -> tuple[str, ...] | None:
        """What platform staff need in the back office for the same; None: it is not said."""
        rights = self.viewset.rights.get(self.action)
        return (rights,) if isinstance(rights, str) else rights

    @property
    def serves_persons(self) -> bool:
        """Whether somebody who buys reaches it with a token of their own."""
        return not self.is_public and any(one.startswith("customer.") for one in self.capabilities)

    @property
    def serves_tills(self) -> bool:
        """Whether API credentials reach it on the Shop API."""
        return self.path.startswith(("shop/", "sms/")) and any(
            not one.startswith("customer.") for one in self.capabilities
        )

    @property
    def is_lenient(self) -> bool:
        """Whether unknown input is ignored (decision 18)."""
        return self.viewset.ignores_unknown_parameters

    @property
    def is_public(self) -> bool:
        return issubclass(self.viewset, PublicViewSet)

    @property
    def is_tenant(self) -> bool:
        return issubclass(self.viewset, PartnerViewSet | ShopViewSet | KeyViewSet) and not self.is_platform

    @property
    def is_platform(self) -> bool:
        """Whether only platform staff reach it."""
        return self.capabilities == {"admin"}

    def address(self, locale: str = "en", **values: Any) -> str:
        """The address with its slots filled; 1 (or a UUID that nothing has) where no value is given."""
        place = "" if self.path.startswith("health") else f"/{locale}"
        blank = {"uuid": "11111111-2222-4333-8444-555555555555"}
        return f"{place}/" + re.sub(
            r"<(?:(\w+):)?(\w+)>", lambda slot: str(values.get(slot[2], blank.get(slot[1], 1))), self.path
        )


def patterns(nodes: list[Any] | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every leaf of the URLconf with its whole path."""
    for node in get_resolver().url_patterns if nodes is None else nodes:
        path = before + str(node.pattern)
        if isinstance(node, URLResolver):
            if not PAGES.match(path) or not path:
                yield from patterns(node.url_patterns, path)
        else:
            yield path, node


def routes() -> list[Route]:
    """Every method of every address of the API. An address that is served by something else is a mistake."""
    found: list[Route] = []
    for path, pattern in patterns():
        if PAGES.match(path):
            continue
        view: Any = pattern.callback
        assert hasattr(view, "actions"), f"{path} is no view set; add it to PAGES in {__file__} if it is for browsers"
        short = path.removeprefix("<locale:locale>/")
        served = {method: action for method, action in view.actions.items() if method in METHODS}
        found += [Route(method, short, view.cls, action) for method, action in served.items()]
    return sorted(found, key=str)


ROUTES = routes()
SURFACES: dict[str, type[ApiViewSet]] = {
    "partners": PartnerViewSet,
    "admin": AdminViewSet,
    "shop": ShopViewSet,
    "sms": KeyViewSet,
    # Where the customer's app calls without /shop.
    "auth": ShopViewSet,
    "loyalty-cards": ShopViewSet,
    "games": ShopViewSet,
    "game-sessions": ShopViewSet,
}
