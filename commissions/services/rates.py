"""Changing rates. A version is never edited: it is ended, or (before it counted for a closed month) withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.errors import CommissionLocked
from commissions.models import CommissionRate
from commissions.rules.cards import SCOPE, Draft, collisions, complaints, overlap
from commissions.rules.months import begins_at, month_of, next_month
from commissions.selectors.periods import last_closed_month, total_of
from commissions.selectors.rates import latest_wall_clock, list_rates, wall_clock
from commissions.services.locking import PLATFORM, refuse_locked, wait_for_lock
from commissions.services.periods import lock_partner
from commissions.services.pins import keep_defaults_of_locked
from commissions.services.sync import note_rates_changed
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner, Shop


@dataclass(frozen=True, slots=True)
class NewCard:
    """What is asked for: `rates`, the full set of own rates; or `flat`, percent or fixed of wide rates by component.

    `valid_from` is when flat fields begin to count; None: now. Or, one by one: `begun`, rates that begin beside the
    others, before which what they overlap of their own scope ends; and `ended`, versions by number with the moment of
    their end (None: now).
    """

    rates: Sequence[Draft] | None = None
    flat: Mapping[str, Mapping[str, Decimal]] | None = None
    valid_from: datetime | None = None
    lock_after_update: bool = False
    begun: Sequence[Draft] = ()
    ended: Mapping[int, datetime | None] = field(default_factory=dict)


@transaction.atomic
def set_rates(*, actor: Actor, partner: Partner | None, card: NewCard, reason: str = "", at: datetime) -> None:
    """Make a partner's own rates, or (no partner) the platform's defaults, what the card says. The same: no change.

    Other defaults do not reach partners whose commission is locked now, until it is not.

    Raises CommissionLocked (the partner, or a closed month that a rate would reach into), ValidationFailed,
    ResourceNotFound (shop), CommissionSyncRunning.
    """
    prepare_change(partner=partner, card=card, at=at).write(actor, reason)
    if card.lock_after_update and partner is not None:
        lock_partner(actor=actor, partner=partner, at=at)


def prepare_change(*, partner: Partner | None, card: NewCard, at: datetime) -> "RateChange":
    """Decide what a card changes, and write none of it yet; the caller owns the transaction. Raises as `set_rates`."""
    wait_for_lock(partner_id=partner.pk if partner else PLATFORM)
    if partner is not None:
        refuse_locked(partner_id=partner.pk, at=at)
    else:
        keep_defaults_of_locked(at=at)
    change = RateChange(partner, at)
    if card.rates is not None:
        change.replace_all(card.rates)
    elif card.flat:
        change.replace_wide(card.flat, card.valid_from)
    else:
        change.end_some(card.ended)
        change.begin_beside(card.begun)
    return change


class RateChange:
    """One change of one owner's rates, decided in memory and then written."""

    def __init__(self, partner: Partner | None, at: datetime) -> None:
        self.partner, self.at = partner, at
        self.floor: datetime | None = None
        self.now = latest_wall_clock(at) if partner is None else wall_clock(partner, at)
        closed = last_closed_month(partner=partner) if partner else None
        if closed is not None:
            self.floor = begins_at(next_month(closed))
        self.since = max(self.now, self.floor or self.now)
        self.present = list(list_rates(partner=partner).select_for_update())
        self.before = [_shown(version) for version in self.present]
        self.ended: dict[int, datetime] = {}
        self.withdrawn: set[int] = set()
        self.made: list[Draft] = []

    def replace_all(self, drafts: Sequence[Draft]) -> None:
        """Keep what is said again, begin what is new, end what is missing."""
        self._check(drafts)
        kept: set[int] = set()
        for draft in drafts:
            same = next((version for version in self.present if self._is_said_by(draft, version)), None)
            if same is None:
                self._begin(draft)
            else:
                kept.add(same.pk)
        for version in self.present:
            if version.pk not in kept and (version.valid_to is None or version.valid_to > self.since):
                self._end(version, self.since)
        for index, draft in enumerate(self.made):
            self._make_room(draft, kept, f"rates.{index}")

    def replace_wide(self, flat: Mapping[str, Mapping[str, Decimal]], valid_from: datetime | None) -> None:
        """One percentage for everything, by component; terms that are not named stay as they are."""
        currency = self.partner.currency if self.partner else "EUR"
        for component, terms in flat.items():
            draft = Draft(component, currency=currency, valid_from=valid_from)
            begin = valid_from or self.since
            now = [
                version
                for version in self._versions(draft)
                if overlap(begin, None, version.valid_from, version.valid_to)
            ]
            if now and now[0].valid_from <= begin:
                first = now[0]
                draft = replace(draft, percent=first.percent, fixed=first.fixed)
                draft = replace(draft, minimum=first.minimum, maximum=first.maximum)
            draft = replace(draft, percent=terms.get("percent", draft.percent), fixed=terms.get("fixed", draft.fixed))
            self._check([draft], flat=True)
            is_same = len(now) == 1 and now[0].valid_from <= begin and draft.has_terms_of(now[0])
            if not (is_same and now[0].valid_to is None):
                self._begin(draft)
                self._make_room(self.made[-1], set(), "valid_from")

    def begin_beside(self, drafts: Sequence[Draft]) -> None:
        """Let rates begin, and end what they overlap of their own scope; what is in force already stays as it is."""
        self._check(drafts, flat=True)
        for draft in drafts:
            if not any(self._is_said_by(draft, version) for version in self._versions(draft)):
                self._begin(draft)
                self._make_room(self.made[-1], set(), "valid_from")

    def end_some(self, ended: Mapping[int, datetime | None]) -> None:
        """Let versions end, unless they do so earlier anyway."""
        present = {version.pk: version for version in self.present}
        for pk, asked in ended.items():
            moment = asked or self.since
            if pk not in present:
                raise ResourceNotFound
            if self.floor is not None and moment < self.floor:
                raise CommissionLocked
            valid_to = present[pk].valid_to
            if valid_to is None or valid_to > moment:
                self._end(present[pk], moment)

    @property
    def reaches_back_to(self) -> str | None:
        """The first month whose lines another rate may cover now; None: only sales to come are touched."""
        moments = [draft.valid_from or self.since for draft in self.made]
        moments += [*self.ended.values(), *(row.valid_from for row in self.present if row.pk in self.withdrawn)]
        earliest = min(moments, default=self.now)
        return month_of(earliest.date()) if earliest < self.now else None

    def write(self, actor: Actor, reason: str = "") -> None:
        """Store it, let open months be computed anew where it reaches back, and note it in the audit trail."""
        if not (self.made or self.ended or self.withdrawn):
            return
        CommissionRate.objects.filter(pk__in=self.withdrawn).update(withdrawn_at=self.at)
        for pk, moment in self.ended.items():
            CommissionRate.objects.filter(pk=pk).update(valid_to=moment)
        rows = [self._row(draft, actor) for draft in self.made]
        for row in rows:
            row.save()
        if self.reaches_back_to is not None:
            note_rates_changed(partner_id=self.partner.pk if self.partner else None, since=self.reaches_back_to)
        after = [_shown(version) for version in list_rates(partner=self.partner)]
        total = total_of(partner=self.partner) if self.partner else None
        changes: dict[str, tuple[Any, Any]] = {"rates": (self.before, after)}
        if total is not None:
            changes["total"] = (total, total)
        audit.record(
            actor=actor,
            action="commission.rates_changed",
            target=self.partner or (rows[0] if rows else self.present[0]),
            partner_id=self.partner.pk if self.partner else None,
            changes=changes,
            reason=reason,
            at=self.at,
        )

    def _versions(self, draft: Draft) -> list[CommissionRate]:
        same = [version for version in self.present if tuple(getattr(version, name) for name in SCOPE) == draft.scope]
        return [version for version in same if version.pk not in self.withdrawn]

    def _is_said_by(self, draft: Draft, version: CommissionRate) -> bool:
        if tuple(getattr(version, name) for name in SCOPE) != draft.scope or not draft.has_terms_of(version):
            return False
        if draft.valid_to != version.valid_to:
            return False
        if draft.valid_from is not None:
            return draft.valid_from == version.valid_from
        return version.valid_from <= self.since and (version.valid_to is None or version.valid_to > self.since)

    def _begin(self, draft: Draft) -> None:
        if draft.valid_from is not None and self.floor is not None and draft.valid_from < self.floor:
            raise CommissionLocked
        self.made.append(replace(draft, valid_from=draft.valid_from or self.since))

    def _end(self, version: CommissionRate, moment: datetime) -> None:
        if version.valid_from < moment:
            self.ended[version.pk] = min(moment, self.ended.get(version.pk, moment))
        else:
            self.ended.pop(version.pk, None)
            self.withdrawn.add(version.pk)

    def _make_room(self, draft: Draft, kept: set[int], name: str) -> None:
        begin = draft.valid_from or self.since
        for version in self._versions(draft):
            end = self.ended.get(version.pk, version.valid_to)
            if overlap(begin, draft.valid_to, version.valid_from, end):
                if version.pk in kept:
                    raise ValidationFailed(errors={name: [_("Overlaps another rate of the same scope.")]})
                self._end(version, begin)

    def _check(self, drafts: Sequence[Draft], *, flat: bool = False) -> None:
        errors: dict[str, list[str]] = {}
        for index, draft in enumerate(drafts):
            place = "" if flat else f"rates.{index}."
            for name, text in complaints(draft, self.since):
                errors.setdefault(place + _wire(name), []).append(text)
            if self.partner is not None and draft.currency != self.partner.currency:
                text = _("This partner's currency is {currency}.").format(currency=self.partner.currency)
                errors.setdefault(f"{place}currency", []).append(text)
            if self.partner is None and draft.shop_id is not None:
                errors.setdefault(f"{place}shop_id", []).append(_("The platform's defaults name no shop."))
        for index in collisions(drafts, self.since):
            errors.setdefault(f"rates.{index}", []).append(_("Overlaps another rate of the same scope."))
        if errors:
            raise ValidationFailed(errors=errors)
        self._check_shops(drafts)

    def _check_shops(self, drafts: Sequence[Draft]) -> None:
        wanted = {draft.shop_id for draft in drafts if draft.shop_id is not None}
        own = set(Shop.objects.filter(partner=self.partner, pk__in=wanted).values_list("pk", flat=True))
        for index, draft in enumerate(drafts):
            if draft.shop_id is not None and draft.shop_id not in own:
                raise ResourceNotFound(errors={f"rates.{index}.shop_id": [_("There is no such shop.")]})

    def _row(self, draft: Draft, actor: Actor) -> CommissionRate:
        return CommissionRate(
            partner=self.partner,
            shop_id=draft.shop_id,
            category=draft.category,
            component=draft.component,
            mode=draft.mode,
            percent=draft.percent,
            fixed=draft.fixed,
            minimum=draft.minimum,
            maximum=draft.maximum,
            tiers=draft.kept_tiers,
            currency=draft.currency,
            valid_from=draft.valid_from,
            valid_to=draft.valid_to,
            created_at=self.at,
            actor_kind=actor.kind,
            actor_id=actor.id,
        )


def _wire(name: str) -> str:
    return {"minimum": "min", "maximum": "max"}.get(name, name)


def _shown(version: CommissionRate) -> dict[str, Any]:
    return {
        "id": version.pk,
        **{name: getattr(version, name) for name in ("component", "shop_id", "category", "mode", "currency", "tiers")},
        **{name: f"{getattr(version, name).normalize():f}" for name in ("percent", "fixed")},
        **{
            name: None if getattr(version, name) is None else str(getattr(version, name))
            for name in ("minimum", "maximum")
        },
        "valid_from": version.valid_from.isoformat(),
        "valid_to": version.valid_to.isoformat() if version.valid_to else None,
    }
