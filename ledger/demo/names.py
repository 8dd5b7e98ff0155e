"""People who do not exist: Lithuanian and English names, their e-mail addresses and phones."""

import random
import unicodedata
from dataclasses import dataclass


def _words(text: str) -> list[str]:
    return text.split()


MEN = _words(
    "Jonas Tomas Mantas Lukas Darius Andrius Marius Vytautas Gintaras Paulius Mindaugas Rokas Saulius Karolis "
    "Domantas Justinas Arvydas Kęstutis Ignas Ernestas Tadas Gediminas Algirdas Rimantas Edvinas Matas Nerijus "
    "Povilas Linas Žygimantas"
)
WOMEN = _words(
    "Rūta Eglė Ieva Austėja Gabija Ugnė Jurgita Laura Kristina Rasa Daiva Vilma Aistė Monika Inga Živilė Dovilė "
    "Simona Greta Lina Milda Viktorija Aušra Jolanta Sandra Asta Indrė Emilija Kotryna Giedrė Neringa Skaistė "
    "Loreta Birutė"
)
SURNAMES = _words(
    "Kazlauskas Petrauskas Jankauskas Stankevičius Vasiliauskas Žukauskas Butkus Paulauskas Urbonas Kavaliauskas "
    "Ramanauskas Navickas Bagdonas Gudaitis Petkus Rimkus Savickas Mažeika Sakalauskas Balčiūnas Mikalauskas "
    "Pocius Lukošius Žilinskas Adomaitis Kučinskas Banys Mockus Šimkus Vaitkus Norkus Gaidys Baranauskas "
    "Petraitis Jonaitis Zabiela Daukša Stonkus Venckus Rudys Malinauskas Černiauskas Grigaitis Dambrauskas "
    "Lapinskas Bielskis Ivanauskas Gečas Juška Čepaitis Vaičiulis Šukys Matulis Noreika Bružas Zubrickas "
    "Tamošaitis Aleksandravičius Marcinkevičius"
)
ENGLISH_MEN = _words(
    "Oliver Harry James Thomas William George Samuel Daniel Benjamin Edward Henry Joseph Owen Callum Rhys Adam "
    "Simon Martin Peter Graham Alistair Ewan Nathan Isaac Felix"
)
ENGLISH_WOMEN = _words(
    "Amelia Olivia Emily Grace Charlotte Sophie Lucy Hannah Eleanor Alice Megan Rosie Beth Katherine Imogen Fiona "
    "Claire Helen Margaret Ruth Naomi Bronwen Isla Freya Harriet"
)
ENGLISH_SURNAMES = _words(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Walker Thompson Green Hall Wood Clarke "
    "Hughes Edwards Turner Hill Moore Cooper Ward Morris Bailey Parker Bennett Cook Shaw Ellis Barker Holmes "
    "Fletcher Marsh Pearce Whitfield Ashworth Lockwood Hartley Nicholls Pritchard Ferguson MacLeod Okafor Begum "
    "Rahman Kowalski Osborne Thorne"
)
MAIL_HOSTS = ("mail.example", "post.example", "inbox.example", "pastas.example")
# A woman's surname tells from whom she has it: her husband, or her father.
_ENDINGS = (
    *(("ius", "ienė", "iūtė"), ("us", "ienė", "utė"), ("as", "ienė", "aitė")),
    *(("is", "ienė", "ytė"), ("ys", "ienė", "ytė"), ("a", "ienė", "aitė")),
)
MARRIED = 0.6


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who could be a customer."""

    name: str
    email: str
    phone: str
    language: str


class Register:
    """Hands out people, no two with the same e-mail address or phone."""

    def __init__(self, draw: random.Random, *, lithuanian: float, country: str) -> None:
        self._draw = draw
        self._lithuanian = lithuanian
        # The British numbers are those set aside for films and plays.
        self._prefix = "+37060" if country == "LT" else "+447700900"
        self._places = 6 if country == "LT" else 3
        self._emails: set[str] = set()
        self._phones: set[str] = set()

    def person(self) -> Person:
        is_lithuanian = self._draw.random() < self._lithuanian
        name = lithuanian_name(self._draw) if is_lithuanian else english_name(self._draw)
        return Person(name, self._email(name), self._phone(), "lt" if is_lithuanian else "en")

    def _email(self, name: str) -> str:
        first, last = plain(name).split(" ", 1)
        host = self._draw.choice(MAIL_HOSTS)
        forms = (f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", f"{last}.{first}")
        address = f"{self._draw.choice(forms)}@{host}"
        while address in self._emails:
            address = f"{first}.{last}{self._draw.randint(2, 99)}@{host}"
        self._emails.add(address)
        return address

    def _phone(self) -> str:
        phone = ""
        while not phone or phone in self._phones:
            phone = f"{self._prefix}{self._draw.randrange(10**self._places):0{self._places}}"
        self._phones.add(phone)
        return phone


def lithuanian_name(draw: random.Random) -> str:
    """A man's name, or a woman's with the surname in her form."""
    surname = draw.choice(SURNAMES)
    if draw.random() < 0.44:  # women buy a little more often
        return f"{draw.choice(MEN)} {surname}"
    return f"{draw.choice(WOMEN)} {womans_surname(surname, is_married=draw.random() < MARRIED)}"


def english_name(draw: random.Random) -> str:
    return f"{draw.choice(draw.choice((ENGLISH_MEN, ENGLISH_WOMEN)))} {draw.choice(ENGLISH_SURNAMES)}"


def womans_surname(surname: str, *, is_married: bool) -> str:
    """Kazlauskas: Kazlauskienė, Kazlauskaitė. Stankevičius: Stankevičienė, Stankevičiūtė. Butkus: Butkienė, Butkutė."""
    for ending, wife, daughter in _ENDINGS:
        if surname.endswith(ending):
            return surname.removesuffix(ending) + (wife if is_married else daughter)
    return surname


def plain(text: str) -> str:
    """Without accents, in lower case: how a name stands in an address."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
