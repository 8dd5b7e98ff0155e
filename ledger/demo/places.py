"""Where the shops of the demo stand, when they are open, and how busy they are."""

import random
from dataclasses import dataclass, field
from decimal import Decimal

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MICRODEGREE = Decimal("0.000001")
# Opening hours on weekdays, on Saturday, on Sunday; None: closed.
Hours = tuple[int, int] | None
OPENING: dict[str, tuple[Hours, Hours, Hours]] = {
    "street": ((7, 20), (8, 20), (9, 18)),
    "office": ((7, 18), (9, 15), None),
    "mall": ((9, 21), (10, 21), (10, 20)),
    "station": ((6, 22), (6, 22), (7, 22)),
    "resort": ((8, 20), (8, 22), (8, 22)),
    "books": ((10, 20), (10, 19), (11, 17)),
    "tea": ((9, 18), (9, 18), (11, 17)),
    "web": ((0, 24), (0, 24), (0, 24)),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One shop. `weight` is its share of the sales; `opened_days_ago` is set for one that is new."""

    code: str
    name: str
    address: str
    city: str
    kind: str
    latitude: Decimal | None
    longitude: Decimal | None
    weight: float
    opened_days_ago: int | None = None
    working_hours: dict[str, str] = field(default_factory=dict)

    @property
    def is_virtual(self) -> bool:
        return self.kind == "web"

    def hours(self, weekday: int) -> Hours:
        week, saturday, sunday = OPENING[self.kind]
        return (week, week, week, week, week, saturday, sunday)[weekday]


@dataclass(frozen=True, slots=True)
class City:
    """A city with the addresses of our shops in it (`|` between), each with its kind when it is not on the street."""

    name: str
    letter: str
    latitude: float
    longitude: float
    addresses: str
    weight: float = 1.0


LITHUANIA = (
    City(
        *("Vilnius", "V", 54.6872, 25.2797),
        (
            "Gedimino pr. 9|Pilies g. 22|Vokiečių g. 5|Konstitucijos pr. 7 office|Ukmergės g. 120|Savanorių pr. 28|"
            "Kalvarijų g. 61|Žirmūnų g. 64|Antakalnio g. 38|Ozo g. 18 mall|Naugarduko g. 41|Didžioji g. 31|"
            "Saltoniškių g. 9 mall|Laisvės pr. 60|Geležinkelio g. 16 station|Lvovo g. 25 office|Užupio g. 2|"
            "Vytenio g. 46 office"
        ),
        1.25,
    ),
    City(
        *("Kaunas", "K", 54.8985, 23.9036),
        (
            "Laisvės al. 51|Vilniaus g. 30|Savanorių pr. 206|Karaliaus Mindaugo pr. 49 mall|K. Donelaičio g. 60 office|"
            "Maironio g. 14|Islandijos pl. 32 mall|Taikos pr. 88|Veiverių g. 139|Kęstučio g. 27|M. K. Čiurlionio g. 16 "
            "station|Rotušės a. 3"
        ),
        1.1,
    ),
    City(
        *("Klaipėda", "L", 55.7033, 21.1443),
        (
            "H. Manto g. 22|Tiltų g. 8|Taikos pr. 61 mall|Liepų g. 11|Turgaus g. 19|Naujojo Sodo g. 1 office|"
            "Minijos g. 90"
        ),
    ),
    City(
        "Šiauliai",
        "S",
        55.9349,
        23.3137,
        "Vilniaus g. 153|Tilžės g. 225 mall|Aušros al. 15|Dvaro g. 71",
    ),
    City("Panevėžys", "P", 55.7348, 24.3575, "Laisvės a. 12|Respublikos g. 38|Klaipėdos g. 143A mall", 0.9),
    City("Alytus", "A", 54.3963, 24.0459, "Pulko g. 3|Naujoji g. 7E mall", 0.8),
    City("Palanga", "G", 55.9175, 21.0686, "J. Basanavičiaus g. 24 resort|Vytauto g. 61 resort"),
    City("Marijampolė", "M", 54.5594, 23.3541, "J. Basanavičiaus a. 8", 0.8),
    City("Druskininkai", "D", 54.0157, 23.9715, "V. Kudirkos g. 30 resort", 0.9),
    City("Utena", "U", 55.4976, 25.5992, "Utenio a. 5", 0.7),
    City("Mažeikiai", "Z", 56.3092, 22.3415, "Laisvės g. 16", 0.7),
)
BOOKSHOPS = (
    City("Vilnius", "V", 54.6872, 25.2797, "Stiklių g. 14 books|Vilniaus g. 39 books", 1.3),
    City("Kaunas", "K", 54.8985, 23.9036, "Vilniaus g. 56 books"),
)
BRITAIN = (
    City("London", "L", 51.5290, -0.0697, "112 Columbia Road tea", 1.2),
    City("Bath", "B", 51.3837, -2.3599, "8 Green Street tea"),
)


def shops_of(cities: tuple[City, ...], brand: str, draw: random.Random, *, new: int = 0, web: str = "") -> list[Place]:
    """Every address as a shop, in the order of the cities; `new` of the smaller towns' opened within the year."""
    places = [
        _shop(city, number, address, brand, draw)
        for city in cities
        for number, address in enumerate(city.addresses.split("|"), 1)
    ]
    for index in range(new):
        at = len(places) - 1 - index * 7
        places[at] = _opened(places[at], draw.randint(40, 300))
    if web:
        places.append(Place("W01", web, "", "", "web", None, None, 2.2, working_hours=_week("web")))
    return places


def _shop(city: City, number: int, address: str, brand: str, draw: random.Random) -> Place:
    street, _, kind = address.rpartition(" ")
    if kind not in OPENING:
        street, kind = address, "street"
    busy = {"mall": 1.3, "station": 1.2}.get(kind, 1.0)
    return Place(
        code=f"{city.letter}{number:02}",
        name=f"{brand}, {street}" + ("" if city.letter in "VK" else f", {city.name}"),
        address=street,
        city=city.name,
        kind=kind,
        latitude=_near(city.latitude, 0.012, draw),
        longitude=_near(city.longitude, 0.02, draw),
        weight=city.weight * busy * draw.uniform(0.6, 1.4),
        working_hours=_week(kind),
    )


def _opened(place: Place, days_ago: int) -> Place:
    values = {name: getattr(place, name) for name in Place.__dataclass_fields__}
    return Place(**{**values, "opened_days_ago": days_ago})


def _near(center: float, spread: float, draw: random.Random) -> Decimal:
    return Decimal(center + draw.uniform(-spread, spread)).quantize(MICRODEGREE)


def _week(kind: str) -> dict[str, str]:
    week, saturday, sunday = OPENING[kind]
    days = dict(zip(WEEKDAYS, (week, week, week, week, week, saturday, sunday), strict=True))
    return {day: f"{hours[0]:02}:00-{hours[1]:02}:00" for day, hours in days.items() if hours}
