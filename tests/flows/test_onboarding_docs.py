"""docs/onboarding.md does what it says: its blocks are run with a shell, against a server that listens."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from loyalty.files.tests.samples import pdf
from loyalty.tests.factories import PASSWORD, AdminFactory
from messaging.models import EmailMessage
from partners.models import Partner, StaffMember
from partners.rules.lifecycle import TRANSITIONS
from partners.tests.factories import PartnerFactory
from tests.conftest import Web

NEEDED = ("bash", "curl", "jq")
VARIABLES = "TOKEN PARTNER KEY SECRET"


def run(block: str, folder: Path, environment: dict[str, str]) -> None:
    """One block, after what the earlier ones set."""
    script = f"set -euo pipefail\n[ ! -e state ] || source ./state\n{block}\ndeclare -p {VARIABLES} > state\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, (block, done.stdout, done.stderr)


def answered(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / f"{name}.json").read_text())["data"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"needs {', '.join(NEEDED)}")
def test_every_block_of_the_page_works_in_its_order(web: Web, tmp_path: Path) -> None:
    page = (settings.BASE_DIR / "docs" / "onboarding.md").read_text()
    make, apply, decide, sell = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for kind in ("business_registration", "agreement"):
        (tmp_path / f"{kind}.pdf").write_bytes(pdf())
    agency = PartnerFactory(kind="agency")
    environment = {
        "PATH": os.environ["PATH"],
        "HOST": web.url,
        "ADMIN_EMAIL": AdminFactory().email,
        "ADMIN_PASSWORD": PASSWORD,
        "OWNER_PASSWORD": "ilgas ir slaptas zodis",
        "AGENCY": str(agency.pk),
    }
    run(make, tmp_path, environment)
    partner = Partner.objects.get(name="Kavos Namai")
    assert (partner.status, partner.parent) == ("pending_review", agency)
    assert EmailMessage.objects.get().to == "rasa@kavosnamai.example"
    run(make, tmp_path, environment)
    assert Partner.objects.filter(name="Kavos Namai").count() == 1

    with pytest.raises(AssertionError):
        run(sell, tmp_path, environment)
    owner = StaffMember.objects.get(partner=partner).user
    owner.set_password(environment["OWNER_PASSWORD"])
    owner.save()
    run(apply, tmp_path, environment)
    assert answered(tmp_path, "application")["legal_name"] == "UAB Kavos namai"
    assert answered(tmp_path, "agreement")["state"] == "pending"
    run(decide, tmp_path, environment)
    assert answered(tmp_path, "status")["is_active"]
    run(sell, tmp_path, environment)


def test_the_table_of_states_is_the_one_in_force() -> None:
    page = (settings.BASE_DIR / "docs" / "onboarding.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE)
    shown = {state: set(re.findall(r"`(\w+)`", steps)) for state, steps in rows}
    assert shown == {str(state): {str(one) for one in steps} - {"closed"} for state, steps in TRANSITIONS.items()}
