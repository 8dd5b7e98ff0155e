"""A till with a stamp card for tests: the ledger's own till, one call more."""

from typing import Any

from cards.models import IssuedCard
from customers.models import Customer
from games.models import Coupon, Game, StampProgress
from games.tests.factories import GameFactory
from ledger.tests.factories import Answer, Till, issued_card_of


class GameTill(Till):
    """A till whose partner has one stamp card, and one customer."""

    def __init__(self, *, game: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.game: Game = GameFactory(partner=self.partner, **(game or {}))
        self.buyer: Customer = self.customer()
        self.held: IssuedCard = issued_card_of(self.buyer)

    def stamp(self, count: int = 1, **body: Any) -> Answer:
        """Add stamps to the buyer's card; each call means it (give `headers={}` for one without a key)."""
        return self.play("add-stamps", stamps_count=count, **body)

    def play(self, verb: str, **body: Any) -> Answer:
        """Call something of the game."""
        game = body.pop("game", self.game)
        full = {"card_id": self.held.pk, "shop_id": self.shop.pk, **body}
        return self.post(full, path=f"games/{game.pk}/{verb}")

    @property
    def progress(self) -> StampProgress:
        return StampProgress.objects.get(game=self.game, issued_card=self.held)

    @property
    def coupons(self) -> list[Coupon]:
        """All coupons of this partner, the oldest first."""
        return list(Coupon.objects.filter(partner=self.partner).order_by("pk"))
