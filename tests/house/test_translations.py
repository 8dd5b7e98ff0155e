"""Whoever reads Lithuanian reads nothing else: every text of the sources has its translation.

After a new text: `make messages` (or write the entry by hand), then fill in `<app>/locale/lt/LC_MESSAGES/django.po`;
texts of templates/ belong to loyalty/locale. No gettext tools are needed for that: the next `make test` compiles.
"""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from ledger.tests.factories import Till
from loyalty.run.messages import catalog
from tests.house.texts import NotALiteralError, Text, python_texts, template_texts, texts_of

ROOT = Path(settings.BASE_DIR)
APPS = tuple(Path(folder).parent.name for folder in settings.LOCALE_PATHS)
SUFFIXES = {".py", ".html", ".txt"}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{[^{}]*\}")
PLURAL_FORMS = (
    "Plural-Forms: nplurals=4; plural=(n%10==1 && (n%100>19 || n%100<11) ? 0 : "
    "(n%10>=2 && n%10<=9) && (n%100>19 || n%100<11) ? 1 : n%1!=0 ? 2: 3);"
)
# The same word in both languages.
SAME = frozenset({"API", "BIC", "IBAN", "SMS", "SKU", "X-API-Key", "X-API-Secret"})
# Unfold's pages for things that the back office does not have.
NOT_SHOWN = ("toolbar.html", "unfold_crispy", "dataset", "nested_inlines", "widgets.py")


@cache
def sources() -> dict[str, list[Path]]:
    """Every file that can hold a text, by the app whose catalog translates it."""
    found = {app: _files(ROOT / app) for app in APPS}
    found["loyalty"] += _files(ROOT / "templates")
    return found


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in SUFFIXES and "tests" not in path.relative_to(folder).parts
    ]


@cache
def translations(app: str) -> dict[bytes, bytes]:
    """What an app's catalog says, by our own reader: entries that are empty or fuzzy do not count."""
    source = ROOT / app / "locale" / "lt" / "LC_MESSAGES" / "django.po"
    return catalog(source.read_text(encoding="utf-8")) if source.exists() else {}


def faults(text: Text, found: dict[bytes, bytes]) -> str:
    """What is wrong with the translation of one text, or nothing."""
    if text.key not in found:
        return "has no Lithuanian translation"
    forms = found[text.key].decode().split("\0")
    if len(forms) != (4 if text.plural else 1) or not all(form.strip() for form in forms):
        return f"has {len(forms)} forms, some of them perhaps empty"
    wanted = sorted(PLACEHOLDER.findall(text.plural or text.singular))
    if any(sorted(PLACEHOLDER.findall(form)) != wanted for form in forms):
        return f"must keep {wanted}"
    if forms[0] == text.singular and text.singular not in SAME:
        return "is still English (or belongs to SAME)"
    return ""


def test_every_app_of_ours_has_a_catalog() -> None:
    """An app that is installed but not in LOCALE_PATHS would speak English, and no other test here would see it."""
    own = {name.partition(".")[0] for name in settings.INSTALLED_APPS if (ROOT / name.partition(".")[0]).is_dir()}
    assert own == set(APPS)


@pytest.mark.parametrize("app", APPS)
def test_every_text_of_an_app_is_translated(app: str) -> None:
    wrong = [
        f"{text.place}: {text.singular!r} {fault}"
        for path in sources()[app]
        for text in texts_of(path, ROOT)
        if (fault := faults(text, translations(app)))
    ]
    assert wrong == [], f"see {app}/locale/lt/LC_MESSAGES/django.po"


@pytest.mark.parametrize("app", APPS)
def test_a_catalog_counts_as_lithuanian_does(app: str) -> None:
    assert f"\n{PLURAL_FORMS}\n" in f"\n{translations(app)[b''].decode()}"


def test_one_text_is_translated_one_way() -> None:
    """All catalogs are merged when the platform runs: of two translations of a text one would be lost."""
    seen: dict[bytes, set[bytes]] = {}
    for app in APPS:
        for key, value in translations(app).items():
            if key:
                seen.setdefault(key, set()).add(value)
    assert {key.decode(): values for key, values in seen.items() if len(values) > 1} == {}


def test_the_pages_of_unfold_are_lithuanian_too() -> None:
    """Unfold knows no Lithuanian: loyalty/conf/words.py names what it shows, for our own catalog."""
    spec = find_spec("unfold")
    assert spec
    assert spec.origin
    root = Path(spec.origin).parent
    folders = [root / name for name in ("templates", "templatetags", "contrib/filters", "contrib/forms")]
    files = [*root.glob("*.py"), *(path for folder in folders for path in _files(folder))]
    merged = trans_real.translation("lt")._catalog  # type: ignore[attr-defined]
    missing = set()
    for path in files:
        if any(name in str(path.relative_to(root)) for name in NOT_SHOWN):
            continue
        for text in texts_of(path, root):
            key = f"{text.context}\x04{text.singular}" if text.context else text.singular
            if not merged.get((key, 0) if text.plural else key) and not merged.get((key, 0)):
                missing.add(f"{text.place}: {text.singular!r}")
    assert sorted(missing) == [], "add them to loyalty/conf/words.py and translate them"


# --- The scanner itself


def test_the_scanner_finds_texts_of_every_kind() -> None:
    source = (
        '_("One " "text")\nngettext("{n} a", "{n} b", n)\npgettext_lazy("verb", "book")\n'
        'translation.gettext("Far")\nnpgettext("x", "p", "q", 2)\nprint("not this")'
    )
    found = [(text.singular, text.plural, text.context) for text in python_texts(source, "a.py")]
    assert sorted(found) == [
        ("Far", "", ""),
        ("One text", "", ""),
        ("book", "", "verb"),
        ("p", "q", "x"),
        ("{n} a", "{n} b", ""),
    ]
    template = (
        '{% load i18n %}{% translate "It\'s 100%" %}{% translate "Book" context "verb" %}'
        '{% include "x.html" with title=_("In an argument") %}'
        "{% blocktranslate trimmed count n=n %}\n One {{ name }}\n {% plural %}\n Many {{ name }} 100% \n"
        "{% endblocktranslate %}"
    )
    found = [(text.singular, text.plural, text.context) for text in template_texts(template, "a.html")]
    assert sorted(found) == [
        ("Book", "", "verb"),
        ("In an argument", "", ""),
        ("It's 100%%", "", ""),
        ("One %(name)s", "Many %(name)s 100%%", ""),
    ]


def test_a_text_that_nobody_could_translate_is_found() -> None:
    for source in ('_(f"Hello {name}")', '_("Hello " + name)', "_(message)", 'ngettext("one", many, n)'):
        with pytest.raises(NotALiteralError):
            list(python_texts(source, "a.py"))


def test_an_untranslated_text_or_a_lost_placeholder_is_a_fault() -> None:
    found = {b"Hello {name}": b"Sveiki {vardas}", b"Same": b"Same", b"a\0b": b"x\0y"}
    assert faults(Text("a.py:1", "New"), found) == "has no Lithuanian translation"
    assert faults(Text("a.py:1", "Hello {name}"), found) == "must keep ['{name}']"
    assert faults(Text("a.py:1", "Same"), found) == "is still English (or belongs to SAME)"
    assert faults(Text("a.py:1", "a", "b"), found).startswith("has 2 forms")
    assert faults(Text("a.py:1", "Hello {name}"), {b"Hello {name}": b"Sveiki, {name}"}) == ""


# --- What people read


def test_an_unknown_path_is_lithuanian_under_lt() -> None:
    answers = [Client().get(f"/{code}/partners/nothing-here") for code in ("en", "lt")]
    assert [answer.status_code for answer in answers] == [404, 404]
    english, lithuanian = (answer.json() for answer in answers)
    assert english["message"].startswith("There is nothing at this address.")
    assert lithuanian["message"] == ("Šiuo adresu nieko nėra. Patikrinkite kelią ir kalbos priešdėlį (en arba lt).")
    assert (lithuanian["code"], lithuanian["detail"]) == (english["code"], lithuanian["message"])


@pytest.mark.django_db
def test_a_refused_sale_says_so_in_lithuanian() -> None:
    answer = Till().sale(order_total="x", type="swap", quantity=1, locale="lt").refused(422, "VALIDATION_ERROR")
    assert answer.body["message"] == "Kai kurių laukų trūksta arba jie neteisingi. Kiekvieną jų rasite „errors“."
    assert answer.errors["order_total"] == ["Turi būti skaičius."]
    assert answer.errors["type"] == ["Turi būti purchase, refund arba cancellation."]


@pytest.mark.django_db
def test_forms_of_the_framework_complain_in_lithuanian() -> None:
    answer = Client().post("/lt/admin/login", {"email": "x"}, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        {"email": ["Įveskite tinkamą el. pašto adresą."], "password": ["Šis laukas privalomas."]},
    )


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (1, "Sumokėta 5.00 EUR: skirtas 1 taškas."),
        (3, "Sumokėta 5.00 EUR: skirti 3 taškai."),
        (10, "Sumokėta 5.00 EUR: skirta 10 taškų."),
        (11, "Sumokėta 5.00 EUR: skirta 11 taškų."),
        (21, "Sumokėta 5.00 EUR: skirtas 21 taškas."),
        (112, "Sumokėta 5.00 EUR: skirta 112 taškų."),
    ],
)
def test_points_are_counted_as_lithuanian_counts(points: int, text: str) -> None:
    template = "{paid} paid: {points} point awarded.", "{paid} paid: {points} points awarded."
    with translation.override("lt"):
        assert translation.ngettext(*template, points).format(paid="5.00 EUR", points=points) == text


@pytest.mark.django_db
def test_the_log_in_page_is_lithuanian_for_a_lithuanian_browser() -> None:
    page = Client(headers={"Accept-Language": "lt"}).get("/admin/login/").content.decode()
    assert 'lang="lt"' in page
    assert "Sveiki sugrįžę į" in page
    assert "Welcome back to" not in page
