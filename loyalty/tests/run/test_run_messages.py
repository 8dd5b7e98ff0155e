"""Translations compiled by `loyalty/run/messages.py` read the same as those compiled by msgfmt."""

import gettext
import shutil
import subprocess
from pathlib import Path

import pytest

from loyalty.run import messages

ROOT = Path(__file__).resolve().parents[3]
SOURCE = r"""# A comment
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);\n"

#: somewhere.py
msgid "The card is \"blocked\".\n"
msgstr "Kortelė "
"užblokuota.\n"

msgctxt "verb"
msgid "Book"
msgstr "Rezervuoti"

#, python-format
msgid "%(count)d point"
msgid_plural "%(count)d points"
msgstr[0] "%(count)d taškas"
msgstr[1] "%(count)d taškai"
msgstr[2] "%(count)d taškų"

#, fuzzy
msgid "Guess"
msgstr "Spėjimas"

msgid "Not yet"
msgstr ""

#~ msgid "Old"
#~ msgstr "Senas"
"""


def loaded(path: Path) -> gettext.GNUTranslations:
    with path.open("rb") as handle:
        return gettext.GNUTranslations(handle)


def written(root: Path, text: str) -> Path:
    source = root / "app" / "locale" / "lt" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(text, encoding="utf-8")
    return source


def test_plain_context_and_plural_texts_are_translated_and_guesses_are_not(tmp_path: Path) -> None:
    source = written(tmp_path, SOURCE)
    assert messages.compile_all(tmp_path) == [source.with_suffix(".mo")]
    found = loaded(source.with_suffix(".mo"))
    assert found.gettext('The card is "blocked".\n') == "Kortelė užblokuota.\n"
    assert found.pgettext("verb", "Book") == "Rezervuoti"
    forms = [found.ngettext("%(count)d point", "%(count)d points", number) for number in (1, 2, 10, 21)]
    assert forms == ["%(count)d taškas", "%(count)d taškai", "%(count)d taškų", "%(count)d taškas"]
    assert [found.gettext(text) for text in ("Guess", "Not yet", "Old")] == ["Guess", "Not yet", "Old"]


def test_only_what_is_newer_is_compiled(tmp_path: Path) -> None:
    written(tmp_path, SOURCE)
    assert len(messages.compile_all(tmp_path)) == 1
    assert messages.compile_all(tmp_path) == []


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="the gettext tools are not installed")
def test_every_text_of_the_platform_reads_as_msgfmt_compiles_it(tmp_path: Path) -> None:
    sources = [written(tmp_path / "sample", SOURCE), *ROOT.glob("*/locale/*/LC_MESSAGES/*.po")]
    for source in sources:
        target = tmp_path / "theirs.mo"
        subprocess.run(["msgfmt", "-o", str(target), str(source)], check=True)
        ours = tmp_path / "ours.mo"
        ours.write_bytes(messages.pack(messages.catalog(source.read_text(encoding="utf-8"))))
        assert vars(loaded(ours))["_catalog"] == vars(loaded(target))["_catalog"]
