"""The verifier of docs/fair-draws.md, run as it stands there, against the real address."""

import hashlib
import hmac
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from games.models import Play
from games.rules.draws import shuffled
from games.tests.players import COFFEE, NOTHING, TENTH, Arcade
from tests.conftest import Web

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
PAGE = Path(settings.BASE_DIR) / "docs" / "fair-draws.md"


@pytest.fixture
def verifier(tmp_path: Path) -> Path:
    [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in program.splitlines() if line.strip()]) <= 25
    path = tmp_path / "verify.py"
    path.write_text(program, encoding="utf-8")
    return path


def run(verifier: Path, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, verifier, url], capture_output=True, text=True, check=False, timeout=60)


def test_the_page_verifies_real_plays_and_finds_a_changed_one(web: Web, verifier: Path) -> None:
    arcade = Arcade()
    game = arcade.wheel({**COFFEE, "stock": 1, "weight": 990}, {**TENTH, "weight": 7}, {**NOTHING, "weight": 3})
    keys = [arcade.begun(game, arcade.customer())["session_key"] for _ in range(3)]
    for key in keys:
        play = arcade.call(game, "spin-wheel", session_key=key, client_seed="from-the-player").ok()
        done = run(verifier, f"{web.url}/en/games/plays/{key}/verify")
        assert (done.returncode, done.stdout) == (0, f"fair: {play['result']['drawn']}\n"), done.stderr
    assert Play.objects.exclude(result__skipped=[]).count() >= 1

    other = {**play["result"], "drawn": "1"}
    Play.objects.filter(session_key=keys[-1]).update(result=other)
    assert "AssertionError" in run(verifier, f"{web.url}/en/games/plays/{keys[-1]}/verify").stderr
    Play.objects.filter(session_key=keys[0]).update(seed_hash="00" * 32)
    assert "AssertionError" in run(verifier, f"{web.url}/en/games/plays/{keys[0]}/verify").stderr


def test_the_page_says_how_lists_are_shuffled() -> None:
    """Another hand's shuffle, from the page's words alone."""
    seed, items = "5a" * 32, list("abcdefgh")
    expected = list(items)
    for counter, place in enumerate(range(len(items) - 1, 0, -1)):
        message = f"key:board:{counter}".encode()
        number = int(hmac.new(bytes.fromhex(seed), message, hashlib.sha256).hexdigest(), 16)
        other = number % (place + 1)
        expected[place], expected[other] = expected[other], expected[place]
    assert shuffled(seed, "key", "board", items) == expected
