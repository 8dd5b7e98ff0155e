"""One class per code, one sentence per language, one page that lists them."""

import re
import string
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from loyalty.errors import LoyaltyError, all_error_classes
from loyalty.selectors.error_codes import error_page

CLASSES = list(all_error_classes())
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
CATALOGS = sorted(
    path for folder in settings.LOCALE_PATHS if (path := Path(folder) / "lt" / "LC_MESSAGES" / "django.po").exists()
)


def test_no_two_classes_share_a_code() -> None:
    codes = [cls.code for cls in CLASSES]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.code)
def test_a_class_says_what_it_is(cls: type[LoyaltyError]) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{2,49}", cls.code)
    assert 400 <= cls.status <= 503
    assert cls.number is None or 1000 <= cls.number <= 2999
    with translation.override("en"):
        assert len(str(cls.template)) > 5
    assert cls.__module__.endswith(".errors"), "errors live in <app>/errors.py"


def test_docs_errors_is_what_the_classes_say() -> None:
    assert (settings.BASE_DIR / "docs" / "errors.md").read_text() == error_page(), "run `manage.py error_docs`"


@pytest.mark.skipif(not CATALOGS, reason="there is no Lithuanian catalog yet")
@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.code)
def test_every_sentence_is_translated_with_the_same_details(cls: type[LoyaltyError]) -> None:
    with translation.override("en"):
        english = str(cls.template)
    with translation.override("lt"):
        lithuanian = str(cls.template)
    assert lithuanian != english, f"translate {english!r} in {cls.__module__.split('.')[0]}/locale/lt"
    names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, lithuanian)]
    assert names[0] == names[1]


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parents[3].name)
def test_a_catalog_is_complete_and_keeps_every_placeholder(path: Path) -> None:
    """Reads the PO file by its few rules: entries are separated by empty lines, texts continue in quotes."""
    wrong = []
    for entry in path.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in entry.splitlines() if not line.startswith("#~")]
        texts: dict[str, str] = {}
        key = ""
        for line in lines:
            if match := re.match(r'(msgid_plural|msgid|msgstr(?:\[\d\])?|msgctxt) "(.*)"$', line):
                key, texts[match[1]] = match[1], match[2]
            elif line.startswith('"'):
                texts[key] += line[1:-1]
        if not texts.get("msgid"):
            continue
        answers = [text for name, text in texts.items() if name.startswith("msgstr")]
        wanted = set(PLACEHOLDER.findall(texts["msgid"] + texts.get("msgid_plural", "")))
        got = set(PLACEHOLDER.findall("".join(answers)))
        if not all(answers) or not got <= wanted or (wanted - got and "msgid_plural" not in texts):
            wrong.append(texts["msgid"])
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            wrong.append(f"fuzzy: {texts['msgid']}")
    assert wrong == []
