"""The three partners of the demo, which have nothing to do with one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.demo import assortments, places, rhythm
from ledger.demo.goods import Group
from ledger.demo.places import City
from ledger.demo.rhythm import Rhythm

SEED = "loyalty demo 1"
ROLES = ("owner", "manager", "cashier", "analyst")
# Decision 32: a point for every 1.00, and 100 of them are worth 1.00.
FIRST_CARD: dict[str, Any] = {"points_redemption_enabled": True, "min_points_for_redemption": 100}
CLUB_SHOPS = 9


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What one partner is made of. `profile` and `cards` are fields of its models."""

    key: str
    brand: str
    domain: str
    profile: Mapping[str, Any]
    staff: Sequence[str]  # names in the order of ROLES
    cities: tuple[City, ...]
    rhythm: Rhythm
    groups: Sequence[Group]
    cards: Sequence[Mapping[str, Any]]
    customers: int
    sales: int
    lithuanian: float  # share of customers
    anonymous: float  # share of sales
    refunds: float  # share of sales
    days_to_return: int  # 0: only on the day itself
    web: str = ""
    new_shops: int = 0
    club_members: float = 0.0  # share of customers who hold the second card too
    # How many shops the manager and the cashier are limited to; absent: none.
    limited_to: Mapping[str, int] = field(default_factory=dict)

    @property
    def contact_email(self) -> str:
        """Under a reserved domain, so it is ours alone: by it the demo finds the partner again."""
        return f"info@{self.domain}"


def _card(english: str, lithuanian: str, color: str, **rules: Any) -> dict[str, Any]:
    return {
        "title": {"en": english, "lt": lithuanian},
        "card_design": {"background_color": color, "text_color": "#FFFFFF", "qr_color": color},
        **rules,
    }


CHAIN = Blueprint(
    key="chain",
    brand="Kavos namai",
    domain="kavosnamai.example",
    profile={
        "name": "Kavos namai",
        "legal_name": "UAB Kavos namai",
        "registration_code": "300000001",
        "description": "Kavinių tinklas: kava, kepiniai ir pietūs 52 vietose visoje Lietuvoje.",
        "contact_phone": "+37060000001",
    },
    staff=("Rasa Kavaliauskienė", "Tomas Petrauskas", "Ugnė Žukauskaitė", "Darius Norkus"),
    cities=places.LITHUANIA,
    rhythm=rhythm.CAFE,
    groups=assortments.CAFE,
    cards=(
        _card(
            *("Coffee House card", "Kavos namų kortelė", "#5B3A29"),
            description={
                "en": "A point for every euro, in every shop. 100 points are worth 1 euro.",
                "lt": "Taškas už kiekvieną eurą visose kavinėse. 100 taškų verti 1 euro.",
            },
            terms_conditions={
                "en": "Wine and beer earn no points.",
                "lt": "Už vyną ir alų taškai neskiriami.",
            },
            **FIRST_CARD,
        ),
        _card(
            *("Old Town club", "Senamiesčio klubas", "#1F4E46"),
            description={
                "en": "For the regulars of nine shops in Vilnius: 5 points a visit, valid for half a year.",
                "lt": "Devynių Vilniaus kavinių nuolatiniams lankytojams: 5 taškai už apsilankymą, galioja pusmetį.",
            },
            auto_assign=False,
            initial_bonus_points=50,
            points_per_visit=5,
            points_expiration_days=180,
            round_points_up=True,
            points_redemption_enabled=True,
            min_points_for_redemption=50,
            max_points_per_redemption=500,
        ),
    ),
    customers=1_200,
    sales=40_000,
    lithuanian=0.88,
    anonymous=0.3,
    refunds=0.006,
    days_to_return=0,
    new_shops=3,
    club_members=0.1,
    limited_to={"manager": 12, "cashier": 3},
)
BOOKSHOP = Blueprint(
    key="bookshop",
    brand="Paper Lantern Books",
    domain="paperlantern.example",
    profile={
        "name": "Paper Lantern Books",
        "legal_name": "MB Paper Lantern",
        "registration_code": "300000002",
        "description": "English and Lithuanian books, and the paper things around them.",
        "contact_phone": "+37060000002",
        "default_language": "en",
        "languages": ["en", "lt"],
    },
    staff=("Claire Whitfield", "Mantas Jonaitis", "Emily Hartley", "Austėja Rimkutė"),
    cities=places.BOOKSHOPS,
    rhythm=rhythm.BOOKS,
    groups=assortments.BOOKS,
    cards=(
        _card(
            *("Reader's card", "Skaitytojo kortelė", "#7A1F2B"),
            description={
                "en": "A point for every euro. Gift cards earn none.",
                "lt": "Taškas už kiekvieną eurą. Už dovanų kuponus taškai neskiriami.",
            },
            **FIRST_CARD,
        ),
    ),
    customers=320,
    sales=5_200,
    lithuanian=0.55,
    anonymous=0.35,
    refunds=0.02,
    days_to_return=14,
)
TEA_MERCHANT = Blueprint(
    key="tea",
    brand="Wren & Kettle",
    domain="wrenandkettle.example",
    profile={
        "name": "Wren & Kettle",
        "legal_name": "Wren & Kettle Tea Merchants Ltd",
        "registration_code": "00000003",
        "description": "Loose-leaf tea from two shops and the web.",
        "contact_phone": "+447700900000",
        "country": "GB",
        "time_zone": "Europe/London",
        "currency": "GBP",
        "default_language": "en",
        "languages": ["en"],
    },
    staff=("Harriet Ashworth", "Owen Pritchard", "Isla Ferguson", "Samuel Okafor"),
    cities=places.BRITAIN,
    rhythm=rhythm.TEA,
    groups=assortments.TEA,
    cards=(
        _card(
            *("Tea card", "Arbatos kortelė", "#24504A"),
            description={"en": "A point for every pound, in our shops and on the web."},
            **FIRST_CARD,
        ),
    ),
    customers=400,
    sales=6_000,
    lithuanian=0.02,
    anonymous=0.2,
    refunds=0.03,
    days_to_return=21,
    web="Wren & Kettle Online",
)
BLUEPRINTS = (CHAIN, BOOKSHOP, TEA_MERCHANT)
