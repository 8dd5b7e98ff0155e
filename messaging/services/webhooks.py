"""A partner's webhook endpoints: made, changed, switched on and off, their secrets rotated (promise F2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.outbound.addresses import is_public
from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.targets import OutboundRefusedError, read_target
from loyalty.services import audit, outbox
from loyalty.services.audit import Actor
from loyalty.services.sealing import seal, unseal
from messaging.choices import DeliveryError, DeliveryState, EndpointReason, EndpointState
from messaging.errors import TooManyWebhooks, WebhookHeld, WebhookNotActive
from messaging.models import Delivery, WebhookEndpoint
from messaging.models.delivery import OPEN_DELIVERY
from messaging.rules.secret_links import shown_address
from messaging.rules.webhook_signing import new_secret
from messaging.selectors.webhooks import endpoints_of
from messaging.services.webhook_turn import wake
from partners.models import Partner

FIELDS = ("url", "description", "events")
SWITCHED = ["state", "reason", "state_at", "failing_since", "warned_at"]
# Nothing of it is about a person.
NOT_PERSONAL: frozenset[str] = frozenset()
MOST_ENDPOINTS = 50
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint with the only copy of its new secret."""

    endpoint: WebhookEndpoint
    secret: str


@transaction.atomic
def create_endpoint(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime) -> NewSecret:
    """A new endpoint that hears `data["events"]` from now on. `data` holds FIELDS.

    Raises ValidationFailed, ResourceAlreadyExists (the address is one of the partner's already), TooManyWebhooks.
    """
    # Two at once come one after the other, so that they are counted.
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if endpoints_of(partner).count() >= MOST_ENDPOINTS:
        raise TooManyWebhooks(most=MOST_ENDPOINTS)
    secret = new_secret()
    endpoint = WebhookEndpoint(
        partner=partner,
        url=checked_url(data["url"]),
        description=data.get("description") or "",
        events=_checked_events(data["events"]),
        secret=seal(secret),
        state_at=at,
        created_at=at,
    )
    _save(endpoint)
    made = audit.difference({}, audit.snapshot(endpoint, FIELDS))
    _note(actor, endpoint, "webhook.created", made, at)
    return NewSecret(endpoint, secret)


@transaction.atomic
def update_endpoint(
    *, actor: Actor, partner: Partner, endpoint_id: int, data: Mapping[str, Any], at: datetime
) -> WebhookEndpoint:
    """Change what `data` names: FIELDS, and `is_active`, which switches on what was off for whatever reason.

    Raises ResourceNotFound, ValidationFailed, ResourceAlreadyExists, WebhookHeld (a switch that is the platform's).
    """
    endpoint = lock_endpoint(partner=partner, endpoint_id=endpoint_id)
    if endpoint.is_held and data.get("is_active") is not None:
        raise WebhookHeld
    before = audit.snapshot(endpoint, (*FIELDS, "state"))
    if "url" in data:
        endpoint.url = checked_url(data["url"])
    if "description" in data:
        endpoint.description = data["description"] or ""
    if "events" in data:
        endpoint.events = _checked_events(data["events"])
    if data.get("is_active") is True:
        switch(endpoint, EndpointState.ACTIVE, "", at)
    elif data.get("is_active") is False:
        switch(endpoint, EndpointState.DISABLED, EndpointReason.SWITCHED_OFF, at)
    changes = audit.difference(before, audit.snapshot(endpoint, (*FIELDS, "state")))
    if changes:
        _save(endpoint)
        _note(actor, endpoint, "webhook.updated", changes, at)
        transaction.on_commit(wake)
    return endpoint


@transaction.atomic
def switch_endpoint(
    *, actor: Actor, partner: Partner, endpoint_id: int, is_active: bool, at: datetime, reason: str
) -> WebhookEndpoint:
    """Switch it on or off, as the platform does with a reason. Raises ResourceNotFound."""
    endpoint = lock_endpoint(partner=partner, endpoint_id=endpoint_id)
    before = endpoint.state
    state = EndpointState.ACTIVE if is_active else EndpointState.DISABLED
    switch(endpoint, state, "" if is_active else EndpointReason.SWITCHED_OFF, at)
    endpoint.save(update_fields=SWITCHED)
    _note(actor, endpoint, "webhook.switched", {"state": (before, state.value)}, at, reason=reason)
    transaction.on_commit(wake)
    return endpoint


@transaction.atomic
def hold_endpoint(*, actor: Actor, partner: Partner, endpoint_id: int, at: datetime, reason: str) -> WebhookEndpoint:
    """Pause it for the platform: its events wait until the platform switches it on. One that is paused already is
    held from now on; one that is off stays off. Raises ResourceNotFound, WebhookNotActive.
    """
    endpoint = lock_endpoint(partner=partner, endpoint_id=endpoint_id)
    if endpoint.state == EndpointState.DISABLED:
        raise WebhookNotActive
    before = (endpoint.state, endpoint.reason)
    if not endpoint.is_held:
        endpoint.state, endpoint.reason, endpoint.state_at = EndpointState.PAUSED, EndpointReason.HELD, at
        endpoint.save(update_fields=SWITCHED)
        changes = {"state": (before[0], endpoint.state), "reason": (before[1], endpoint.reason)}
        _note(actor, endpoint, "webhook.held", changes, at, reason=reason)
    return endpoint


@transaction.atomic
def delete_endpoint(*, actor: Actor, partner: Partner, endpoint_id: int, at: datetime, reason: str = "") -> None:
    """Nothing is sent there any more; what still waited is given up. Raises ResourceNotFound."""
    endpoint = lock_endpoint(partner=partner, endpoint_id=endpoint_id)
    endpoint.deleted_at = at
    endpoint.save(update_fields=["deleted_at"])
    waiting = Delivery.objects.filter(endpoint=endpoint, state__in=OPEN_DELIVERY)
    waiting.update(state=DeliveryState.FAILED, error=DeliveryError.GONE, finished_at=at)
    _note(actor, endpoint, "webhook.deleted", {"deleted_at": (None, at)}, at, reason=reason)


@transaction.atomic
def rotate_secret(
    *,
    actor: Actor,
    partner: Partner,
    endpoint_id: int,
    at: datetime,
    overlap: timedelta = OVERLAP,
    reason: str = "",
) -> NewSecret:
    """A new secret; for `overlap` the former one signs too, so that no receiver fails while it is changed.

    Raises ResourceNotFound.
    """
    endpoint = lock_endpoint(partner=partner, endpoint_id=endpoint_id)
    secret = new_secret()
    endpoint.former_secret = endpoint.secret if overlap else None
    endpoint.former_until = at + overlap if overlap else None
    endpoint.secret = seal(secret)
    endpoint.save(update_fields=["secret", "former_secret", "former_until"])
    _note(actor, endpoint, "webhook.secret_rotated", {"former_until": (None, endpoint.former_until)}, at, reason=reason)
    return NewSecret(endpoint, secret)


def lock_endpoint(*, partner: Partner, endpoint_id: int) -> WebhookEndpoint:
    """The endpoint as it is now; nobody else changes it or takes its deliveries. Raises ResourceNotFound."""
    endpoint = endpoints_of(partner).select_for_update(no_key=True, of=("self",)).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise ResourceNotFound
    return endpoint


def switch(endpoint: WebhookEndpoint, state: EndpointState, reason: str, at: datetime) -> None:
    """Set whether and why it hears nothing; the caller holds the row and saves it."""
    if endpoint.state == state and state != EndpointState.ACTIVE:
        return
    if endpoint.state != state:
        endpoint.state_at = at
    endpoint.state, endpoint.reason = state, reason
    if state == EndpointState.ACTIVE:
        endpoint.failing_since = endpoint.warned_at = None


def signing_keys(*, secret: bytes, former: bytes | None, former_until: datetime | None, at: datetime) -> list[str]:
    """The secrets that sign now, the present one first; none where no key of ours opens it."""
    present = unseal(secret)
    if present is None:
        return []
    is_former = former is not None and former_until is not None and at < former_until
    earlier = unseal(former) if is_former and former is not None else None
    return [present] if earlier is None else [present, earlier]


def checked_url(url: str) -> str:
    """The address, if it is one that we may call. Raises ValidationFailed.

    Where a name leads is looked at with every attempt, because it can lead elsewhere tomorrow.
    """
    allowance = configured_allowance()
    try:
        target = read_target(url.strip(), allowance=allowance)
    except OutboundRefusedError as error:
        raise ValidationFailed(errors={"url": [_why(error.reason)]}) from error
    if not target.is_tls and not settings.WEBHOOK_ALLOWS_HTTP:
        raise ValidationFailed(errors={"url": [_("Must begin with https://.")]})
    if _is_closed(target.host) and not target.is_allowed:
        raise ValidationFailed(errors={"url": [_("This address is not on the open internet.")]})
    return url.strip()


def _is_closed(host: str) -> bool:
    try:
        return not is_public(str(ip_address(host)))
    except ValueError:
        return False


def _why(reason: str) -> str:
    match reason:
        case "scheme":
            return _("Must begin with https://.")
        case "port":
            return _("Only the ports 443 and 80 are called.")
        case "user":
            return _("Must not contain a user name or password.")
    return _("This is no address of a web server.")


def _checked_events(events: list[str]) -> list[str]:
    known = [kind.name for kind in outbox.list_event_kinds()]
    unknown = sorted(set(events) - set(known))
    if unknown:
        text = _("Unknown: {names}. There are: {known}.")
        raise ValidationFailed(errors={"events": [text.format(names=", ".join(unknown)[:200], known=", ".join(known))]})
    if not events:
        raise ValidationFailed(errors={"events": [_("Choose one event or more.")]})
    return sorted(set(events))


def _save(endpoint: WebhookEndpoint) -> None:
    try:
        with transaction.atomic():
            endpoint.save()
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != "webhook_url_once_per_partner":
            raise
        text = _("Another endpoint has this address already.")
        raise ResourceAlreadyExists(what="url", errors={"url": [text]}) from error


def _note(
    actor: Actor,
    endpoint: WebhookEndpoint,
    action: str,
    changes: Mapping[str, tuple[Any, Any]],
    at: datetime,
    *,
    reason: str = "",
) -> None:
    outbox.forget_listeners()
    # The trail is for ever, and read by others than those who keep the endpoint.
    shown = dict(changes)
    if "url" in shown:
        before, after = shown["url"]
        shown["url"] = (before and shown_address(before), after and shown_address(after))
    audit.record(
        actor=actor,
        action=action,
        target=endpoint,
        partner_id=endpoint.partner_id,
        changes=shown,
        personal=NOT_PERSONAL,
        reason=reason,
        at=at,
    )
