"""Papers whose row never came are removed; whatever a row names, is young, or is no paper stays."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from loyalty.files.orphans import TooManyOrphansError
from loyalty.files.storage import private_storage
from loyalty.files.tests.folders import age, names
from loyalty.files.tests.samples import pdf
from loyalty.files.uploads import Checked
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from partners.models import Partner, Verification
from partners.rules.papers import folder_of
from partners.services.paper_sweep import sweep_papers
from partners.services.verification import hand_in_paper
from partners.tasks import sweep_papers as task
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    options = {**settings.STORAGES["private"]["OPTIONS"], "location": str(tmp_path)}
    private = {**settings.STORAGES["private"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return tmp_path


def hand_in(partner: Partner) -> Verification:
    file = Checked("a.pdf", "pdf", pdf())
    return hand_in_paper(actor=SYSTEM, partner=partner, kind="agreement", file=file, at=timezone.now())


def stray(partner: Partner, number: int = 0) -> str:
    return private_storage().save(f"{folder_of(partner.pk)}/stray-{number}.pdf", ContentFile(b"nobody's"))


def test_only_old_papers_without_a_row_go(folder: Path) -> None:
    partner, other = PartnerFactory(), PartnerFactory()
    kept = {hand_in(partner).stored_name, hand_in(other).stored_name}
    kept |= {
        private_storage().save(name, ContentFile(b"no paper"))
        for name in (f"attachments/{partner.pk}/a.txt", f"partners/{partner.pk}/other/a.txt", "partners/a.txt")
    }
    strays = {stray(partner), stray(other)}
    for hours in (0, 23):
        age(folder, hours)
        assert sweep_papers(at=timezone.now()).orphans == []
    age(folder, 25)
    assert set(sweep_papers(at=timezone.now(), is_dry=True).orphans) == strays
    assert names(folder) == kept | strays
    task()
    assert names(folder) == kept
    assert sweep_papers(at=timezone.now()).orphans == []


def test_what_a_failing_disk_kept_is_removed_later(folder: Path, monkeypatch: Any) -> None:
    def fail(*_args: Any, **_values: Any) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr("partners.services.verification.audit.record", fail)
        broken.setattr("django.core.files.storage.FileSystemStorage.delete", fail)
        with pytest.raises(OSError, match="disk"):
            hand_in(PartnerFactory())
    assert Verification.objects.count() == 0
    assert len(names(folder)) == 1
    age(folder, 25)
    task()
    assert names(folder) == set()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_do_no_harm(folder: Path) -> None:
    partner = PartnerFactory()
    for number in range(9):
        stray(partner, number)
    kept = hand_in(partner).stored_name
    age(folder, 25)
    together([lambda: sweep_papers(at=timezone.now()) for _ in range(2)])
    assert names(folder) == {kept}


def test_papers_that_this_database_does_not_know_are_left_alone_unless_one_insists(folder: Path, capsys: Any) -> None:
    partner = PartnerFactory()
    for number in range(11):
        stray(partner, number)
    age(folder, 25)
    with pytest.raises(TooManyOrphansError):
        task()
    with pytest.raises(CommandError, match="11 of 11 files"):
        call_command("sweep_papers")
    call_command("sweep_papers", "--dry-run")
    assert "11 files looked at, 11 would be removed" in capsys.readouterr().out
    assert len(names(folder)) == 11
    call_command("sweep_papers", "--force")
    assert names(folder) == set()


def test_a_staging_deployment_forgets_its_applications_every_week(folder: Path, settings: Any) -> None:
    for number in range(11):
        stray(PartnerFactory(), number)
    age(folder, 25)
    settings.ENVIRONMENT = "staging"
    task()
    assert names(folder) == set()
