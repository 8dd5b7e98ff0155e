"""The picture of a stamp."""

from datetime import datetime

from django.db import transaction

from cards.selectors.cards import address_of_file
from games.choices import GameType
from games.errors import GameTypeMismatch
from games.models import Game
from games.rules.stamp_settings import UPLOADED
from games.selectors.games import find_game
from games.services.game_looks import store_picture
from games.services.games import Reach, check_reach, lock_game, record_change
from loyalty.files.images import Picture
from loyalty.services.audit import Actor
from partners.models import Partner


def set_stamp_image(
    *, actor: Actor, partner: Partner, game_id: int, picture: Picture, reach: Reach, at: datetime
) -> tuple[Game, str]:
    """Make a picture the icon of a stamp card; says where it is found. Raises GameTypeMismatch for other games."""
    _check_type(find_game(partner=partner, game_id=game_id))
    # Written before the row is locked; it is named by its content, so a repeat writes nothing.
    name = store_picture(partner, picture)
    with transaction.atomic():
        game = lock_game(partner, game_id)
        check_reach(partner, game, reach)
        before = game.stamp_design
        kept = {key: value for key, value in before.items() if key not in {"stamp_icon", "stamp_icon_type"}}
        game.stamp_design = {**kept, UPLOADED: name}
        if game.stamp_design != before:
            game.save(update_fields=["stamp_design", "updated_at"])
            changes = {"stamp_design": (before, game.stamp_design)}
            record_change(actor, "game.updated", game, changes, at=at)
    return game, address_of_file(name)


def _check_type(game: Game) -> None:
    if game.game_type != GameType.STAMPS:
        raise GameTypeMismatch
