"""Games, prizes and coupons for tests."""

from datetime import UTC, datetime
from decimal import Decimal

import factory

from cards.tests.factories import IssuedCardFactory
from games.choices import GameType, RewardType
from games.models import Coupon, Game, Prize
from games.rules.codes import new_code
from loyalty.tests.factories import ModelFactory
from partners.tests.factories import PartnerFactory


class GameFactory(ModelFactory[Game]):
    """A stamp card: eight stamps, then a free coffee."""

    class Meta:
        model = Game

    partner = factory.SubFactory(PartnerFactory)
    game_type = GameType.STAMPS
    name = factory.Sequence(lambda n: f"Stamp card {n}")
    description = "Eight coffees and the next one is on us."
    reward_description = "A free coffee"
    reward_type = RewardType.FREE_PRODUCT
    reward_product_name = "Coffee"
    stamps_required = 8


class PrizeFactory(ModelFactory[Prize]):
    """Ten percent off, with a weight of ten."""

    class Meta:
        model = Prize

    game = factory.SubFactory(GameFactory, game_type=GameType.WHEEL, stamps_required=None)
    partner = factory.SelfAttribute("game.partner")
    position = factory.Sequence(lambda n: n % 30_000)
    name = factory.Sequence(lambda n: {"en": f"Prize {n}", "lt": f"Prizas {n}"})
    reward_type = RewardType.PERCENTAGE
    reward_value = Decimal(10)
    weight = 10


class CouponFactory(ModelFactory[Coupon]):
    """Ten percent off for the holder of a card, without end."""

    class Meta:
        model = Coupon

    partner = factory.SubFactory(PartnerFactory)
    issued_card = factory.SubFactory(IssuedCardFactory, partner=factory.SelfAttribute("..partner"))
    customer = factory.SelfAttribute("issued_card.customer")
    code = factory.LazyFunction(new_code)
    title = factory.LazyFunction(lambda: {"en": "Ten percent off", "lt": "Dešimt procentų nuolaida"})
    reward_type = RewardType.PERCENTAGE
    reward_value = Decimal(10)
    issued_at = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
