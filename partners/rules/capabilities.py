"""Role → capability: the one table. What is not listed is denied."""

from partners.choices import CredentialScope, StaffRole
from partners.rules.lifecycle import left_in

VIEW = frozenset({"partner.view", "customers.view", "transactions.view", "cards.view", "shops.view", "games.view"})
ONBOARDING = frozenset({"verification.view", "verification.edit"})
CATALOG_VIEW = frozenset({"offers.view", "catalog.view"})
CATALOG_EDIT = frozenset({"offers.edit", "catalog.edit"})
MESSAGES = frozenset({"messages.view", "messages.send"})
# What leaves for the partner's own systems, and what those did wrong.
WEBHOOKS = frozenset({"webhooks.view", "webhooks.edit", "requests.view"})
TILL_READ = frozenset({"till.read"})
TILL_WRITE = frozenset({"till.sell"})
SMS_VIEW = frozenset({"sms.view"})
SMS_SEND = frozenset({"sms.send"})

ROLE_CAPABILITIES: dict[str, frozenset[str]] = {
    StaffRole.OWNER: VIEW
    | {"partner.edit", "customers.edit", "cards.edit", "points.adjust", "games.edit", "statements.view"}
    | ONBOARDING
    | MESSAGES
    | WEBHOOKS
    | CATALOG_VIEW
    | CATALOG_EDIT,
    StaffRole.MANAGER: VIEW
    | {"customers.edit", "cards.edit", "points.adjust", "games.edit"}
    | MESSAGES
    | WEBHOOKS
    | CATALOG_VIEW
    | CATALOG_EDIT,
    StaffRole.CASHIER: frozenset({"customers.view", "customers.edit", "transactions.view", "cards.view", "shops.view"})
    | CATALOG_VIEW,
    StaffRole.ANALYST: VIEW | {"statements.view"} | CATALOG_VIEW,
}

# API credentials of a partner act on the Partner API too (contract 16.36), within their scopes.
SCOPE_CAPABILITIES: dict[str, frozenset[str]] = {
    CredentialScope.READ: VIEW | TILL_READ | {"statements.view"} | CATALOG_VIEW | SMS_VIEW,
    CredentialScope.WRITE: TILL_WRITE | SMS_SEND | {"customers.edit", "cards.edit", "games.edit"} | CATALOG_EDIT,
}

# A person who buys: what is their own, and the account itself; a token that they granted to a till reaches only the
# first.
PERSON_CAPABILITIES: dict[str, frozenset[str]] = {
    "free": frozenset({"customer.self", "customer.account"}),
    "bound": frozenset({"customer.self"}),
}


def capabilities_of_role(role: str) -> frozenset[str]:
    """What staff of this role may do at their partner."""
    return ROLE_CAPABILITIES.get(role, frozenset()) | {"session"}


def capabilities_of_staff(role: str, status: str) -> frozenset[str]:
    """What staff of this role may do while their partner is in this state; none: they are not let in."""
    return left_in(status, capabilities_of_role(role))


def capabilities_of_scopes(scopes: list[str]) -> frozenset[str]:
    """What a credential with these scopes may do."""
    return frozenset().union(*(SCOPE_CAPABILITIES.get(scope, frozenset()) for scope in scopes))
