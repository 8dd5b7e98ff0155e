"""One turn of a play, locked and fresh."""

from dataclasses import dataclass
from datetime import datetime

from cards.choices import IssuedCardStatus
from cards.errors import CardBlocked
from games.choices import GameType, PlayStatus
from games.errors import GameTypeMismatch, PlayNotActive
from games.models import Play
from games.selectors.plays import shown_plays
from games.services.plays import lock_player
from loyalty.errors import ResourceExpired
from partners.errors import PartnerNotActive


@dataclass(frozen=True, slots=True)
class Turn:
    """The play after a turn; a replay is the answer that was given before."""

    play: Play
    is_replay: bool = False


def take_turn(*, play: Play, game_type: GameType) -> Play:
    """The play as it is now, under the anchor lock and a lock of its own. Raises GameTypeMismatch."""
    if play.game.game_type != game_type:
        raise GameTypeMismatch
    return locked_play(play=play)


def locked_play(*, play: Play) -> Play:
    """The play as it is now, under the anchor lock and a lock of its own."""
    lock_player(game=play.game, issued_card=play.issued_card)
    return shown_plays(Play.objects.select_for_update(of=("self",))).get(pk=play.pk)


def check_going_on(*, play: Play, at: datetime) -> None:
    """Raises ResourceExpired or PlayNotActive once there is nothing left to play, CardBlocked for a card that is,
    PartnerNotActive where the partner was suspended meanwhile.
    """
    if play.status == PlayStatus.EXPIRED or (play.status == PlayStatus.ACTIVE and play.expires_at <= at):
        raise ResourceExpired
    if play.status != PlayStatus.ACTIVE:
        raise PlayNotActive(status=play.get_status_display())
    if play.issued_card.status != IssuedCardStatus.ACTIVE:
        raise CardBlocked
    if not play.partner.is_active:
        raise PartnerNotActive
