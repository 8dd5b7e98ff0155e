"""Making, changing and ending games."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from games.choices import CouponValidity, GameType
from games.errors import MultipleActiveCoupons
from games.models import Coupon, Game
from games.rules.config import WITH_PRIZES, changed_config, config_faults
from games.rules.rewards import reward_of
from games.rules.stamp_settings import COLUMNS as STAMP_COLUMNS
from games.rules.stamp_settings import DEFAULT_STAMPS
from games.selectors.coupons import of_status
from games.selectors.games import (
    GameDetail,
    check_products,
    count_several_live_coupons,
    get_game,
    list_prizes,
    product_ids_of,
    shop_ids_of,
)
from games.services.game_looks import changed_branding, changed_stamp_design, stored_pictures
from games.services.game_parts import (
    WIRE,
    Errors,
    apply_reward,
    plan_prizes,
    prize_snapshot,
    set_products,
    set_shops,
    write_prizes,
)
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import StoreAccessDenied
from partners.models import Partner
from partners.selectors.shops import check_shops

PLAIN = (
    *("name", "description", "reward_description", "is_active", "starts_at", "ends_at"),
    *("allow_multiple_active_coupons", "coupon_validity", "coupon_validity_days"),
    *("points_cost", "plays_per_day", "plays_per_customer", "session_minutes"),
)
STAMPS = ("stamps_required", "reset_on_complete", "overflow", "auto_stamp", "stamp_expiration_days")
FIELDS = ("game_type", *PLAIN, *STAMPS, *WIRE, "branding", "stamp_design", "config")
Reach = frozenset[int] | None


def create_game(*, actor: Actor, partner: Partner, data: Mapping[str, Any], reach: Reach, at: datetime) -> GameDetail:
    """A new game. `data` holds its type, PLAIN columns, and parts: `reward` (columns), `stamp_settings` (`columns` and
    `design`), `branding`, `config`, `prizes`, `shop_ids` (empty: played everywhere) and `product_ids`.

    Raises ValidationFailed by dotted paths, ResourceNotFound for unknown shops and products, StoreAccessDenied.
    """
    data = stored_pictures(partner, data)
    with transaction.atomic():
        shop_ids = sorted(set(data.get("shop_ids") or ()))
        _check_shops(partner, shop_ids, reach)
        game = Game(partner=partner, game_type=data["game_type"])
        if game.game_type == GameType.STAMPS:
            game.stamps_required = DEFAULT_STAMPS
        apply_changes(game, data)
        game.save(force_insert=True)
        changed = {"shop_ids": shop_ids, **_write_parts(game, data)}
        set_shops(game, shop_ids)
        made = {**audit.snapshot(game, FIELDS), **changed}
        record_change(
            actor, "game.created", game, {name: (None, value) for name, value in made.items() if value}, at=at
        )
    return get_game(partner=partner, game_id=game.pk, at=at)


def update_game(
    *,
    actor: Actor,
    partner: Partner,
    game_id: int,
    data: Mapping[str, Any],
    reach: Reach,
    at: datetime,
    reason: str = "",
) -> GameDetail:
    """Change what `data` names and nothing else; coupons that were won stay as they are.

    Raises what `create_game` raises, and MultipleActiveCoupons where customers hold more than may be from now on.
    """
    data = stored_pictures(partner, data)
    with transaction.atomic():
        game = lock_game(partner, game_id, against_coupons=data.get("allow_multiple_active_coupons") is False)
        present = shop_ids_of(game)
        _check_shops(partner, present, reach)
        wanted = sorted(set(data["shop_ids"] or ())) if "shop_ids" in data else present
        if wanted != present:
            _check_shops(partner, wanted, reach)
        before = {
            **audit.snapshot(game, FIELDS),
            "shop_ids": present,
            "product_ids": product_ids_of(game),
            "prizes": prize_snapshot(list_prizes(game=game)),
        }
        was_open = game.allow_multiple_active_coupons
        apply_changes(game, data)
        if was_open and not game.allow_multiple_active_coupons:
            _limit_to_one_coupon(partner, game, at)
        game.save()
        after = {**audit.snapshot(game, FIELDS), "shop_ids": wanted, **_write_parts(game, data)}
        set_shops(game, wanted)
        record_change(actor, "game.updated", game, audit.difference(before, after), at=at, reason=reason)
    return get_game(partner=partner, game_id=game.pk, at=at)


@transaction.atomic
def toggle_game(
    *, actor: Actor, partner: Partner, game_id: int, is_active: bool | None, reach: Reach, at: datetime
) -> GameDetail:
    """Switch a game on or off; None: to what it is not now."""
    game = lock_game(partner, game_id)
    check_reach(partner, game, reach)
    before = game.is_active
    game.is_active = not before if is_active is None else is_active
    if game.is_active != before:
        game.save(update_fields=["is_active", "updated_at"])
        record_change(actor, "game.updated", game, {"is_active": (before, game.is_active)}, at=at)
    return get_game(partner=partner, game_id=game.pk, at=at)


@transaction.atomic
def delete_game(*, actor: Actor, partner: Partner, game_id: int, reach: Reach, at: datetime, reason: str = "") -> None:
    """End a game: nobody plays it any more; coupons that were won keep their worth."""
    game = lock_game(partner, game_id)
    check_reach(partner, game, reach)
    game.deleted_at = at
    game.save(update_fields=["deleted_at", "updated_at"])
    record_change(actor, "game.deleted", game, {"deleted_at": (None, at)}, at=at, reason=reason)


def lock_game(partner: Partner, game_id: int, *, against_coupons: bool = False) -> Game:
    """The game's row. Against coupons: those that are being issued are waited for, and others wait until we are done.

    Whoever inserts a coupon, play or stamp card holds a share of the row, which the weaker lock lets pass.
    """
    rows = Game.objects.select_for_update(no_key=not against_coupons, of=("self",))
    game = rows.filter(partner=partner, pk=game_id, deleted_at=None).first()
    if game is None:
        raise ResourceNotFound
    return game


def check_reach(partner: Partner, game: Game, reach: Reach) -> None:
    """Raises StoreAccessDenied where the game is played beyond `reach`."""
    _check_shops(partner, shop_ids_of(game), reach)


def _check_shops(partner: Partner, shop_ids: Sequence[int], reach: Reach) -> None:
    if not shop_ids and reach is not None:
        text = _("Without shops the game is played in all of them: name those within your reach.")
        raise StoreAccessDenied(errors={"shop_ids": [text]})
    check_shops(partner=partner, shop_ids=shop_ids, reach=reach, field="shop_ids")


def apply_changes(game: Game, data: Mapping[str, Any]) -> None:
    """Set every column that `data` names. Raises ValidationFailed for what does not fit together."""
    for column in PLAIN:
        if column in data:
            setattr(game, column, data[column])
    errors: Errors = {}
    if data.get("game_type", game.game_type) != game.game_type:
        errors["game_type"] = [_("The type of a game never changes: make a new game.")]
    if (game.coupon_validity == CouponValidity.DAYS) != (game.coupon_validity_days is not None):
        errors["coupon_validity_days"] = [_("A number of days exactly where coupons are valid for days.")]
    if game.starts_at and game.ends_at and game.ends_at <= game.starts_at:
        errors["end_date"] = [_("The end must come after the start.")]
    if "branding" in data:
        game.branding = changed_branding(game.branding, data["branding"])
    errors |= _apply_stamp_settings(game, data)
    errors |= _apply_reward(game, data)
    if "config" in data:
        game.config = changed_config(game.game_type, game.config, data["config"])
        errors |= {path: [text] for path, text in config_faults(game.game_type, game.config).items()}
    if data.get("prizes") and game.game_type not in WITH_PRIZES:
        errors["prizes"] = [_("Only a wheel and a scratch card have prizes.")]
    if errors:
        raise ValidationFailed(errors=errors)


def _apply_stamp_settings(game: Game, data: Mapping[str, Any]) -> Errors:
    settings = data.get("stamp_settings")
    if not settings or not (settings["columns"] or settings["design"]):
        return {}
    if game.game_type != GameType.STAMPS:
        return {"stamp_settings": [_("Only a stamp card has these settings.")]}
    for column in STAMPS:
        if column in settings["columns"]:
            setattr(game, column, settings["columns"][column])
    game.stamp_design, errors = changed_stamp_design(game.stamp_design, settings["design"])
    return errors


def _apply_reward(game: Game, data: Mapping[str, Any]) -> Errors:
    """The reward, which a stamp card may name in two places."""
    named = data.get("reward") or {}
    settings = (data.get("stamp_settings") or {}).get("columns") or {}
    stamped = {column: value for column, value in settings.items() if column in WIRE}
    if not named and not stamped:
        return {}
    paths = {column: f"reward.{name}" for column, name in WIRE.items()}
    if stamped:
        by_settings = {column: f"stamp_settings.{name}" for name, column in STAMP_COLUMNS.items()}
        paths |= {column: path for column, path in by_settings.items() if column in stamped or column not in named}
    for column, value in stamped.items():
        if column in named and named[column] != value:
            return {paths[column]: [_("`reward` says something else.")]}
    return apply_reward(game, {**named, **stamped}, present=reward_of(game), paths=paths)


def _write_parts(game: Game, data: Mapping[str, Any]) -> dict[str, Any]:
    """Write the products and prizes that `data` names; says what there is now."""
    written: dict[str, Any] = {}
    if "product_ids" in data:
        written["product_ids"] = sorted(set(data["product_ids"] or ()))
        check_products(partner=game.partner, product_ids=written["product_ids"])
        set_products(game, written["product_ids"])
    if "prizes" in data and game.game_type in WITH_PRIZES:
        prizes, errors = plan_prizes(game, data["prizes"] or ())
        if errors:
            raise ValidationFailed(errors=errors)
        write_prizes(game, prizes)
        written["prizes"] = prize_snapshot(prizes)
    return written


def _limit_to_one_coupon(partner: Partner, game: Game, at: datetime) -> None:
    """From now on one live coupon a customer. Raises MultipleActiveCoupons where somebody holds several.

    The lock on the game's row keeps new coupons away meanwhile.
    """
    coupons, customers = count_several_live_coupons(partner=partner, game=game, at=at)
    if coupons:
        counts: dict[str, Any] = {"active_coupons_count": coupons, "affected_customers": customers}
        raise MultipleActiveCoupons(public=counts, **counts)
    held = Coupon.objects.filter(partner=partner, game=game, customer__isnull=False)
    of_status(held, "active", at).update(is_exclusive=True)


def record_change(
    actor: Actor, action: str, game: Game, changes: Mapping[str, tuple[Any, Any]], *, at: datetime, reason: str = ""
) -> None:
    """Note a change in the audit trail; no change, no note."""
    if changes:
        audit.record(
            actor=actor,
            action=action,
            target=game,
            partner_id=game.partner_id,
            changes=changes,
            personal=(),
            reason=reason,
            at=at,
        )
