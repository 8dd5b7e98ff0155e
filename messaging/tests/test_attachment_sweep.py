"""Files that were stored and whose row never came are removed; whatever a row names, or is young, stays."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from loyalty.files.orphans import TooManyOrphansError
from loyalty.files.storage import private_storage
from loyalty.files.tests.folders import age, names
from loyalty.files.uploads import Checked
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from messaging.models import Message, MessageAttachment
from messaging.services.attachments import sweep_attachments
from messaging.services.messages import Draft, send_message
from messaging.tasks import sweep_attachments as task
from partners.models import Partner
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
FILE = Checked("a.txt", "txt", b"text")


@pytest.fixture(autouse=True)
def folder(monkeypatch: Any, tmp_path: Path) -> Path:
    for storage in (private_storage(), MessageAttachment._meta.get_field("file").storage):
        for name in ("base_location", "location"):
            monkeypatch.setattr(storage, name, str(tmp_path))
    return tmp_path


def send(partner: Partner, files: int = 1) -> Message:
    draft = Draft(text="x", files=[FILE] * files)
    return send_message(actor=SYSTEM, partner=partner, author=None, from_platform=True, draft=draft, at=timezone.now())


def stray(partner: Partner, number: int = 0) -> str:
    return private_storage().save(f"attachments/{partner.pk}/stray-{number}.txt", ContentFile(b"nobody's"))


def test_only_old_files_without_a_row_go(folder: Path) -> None:
    partner, other = PartnerFactory(), PartnerFactory()
    kept = {send(one, 2).attachments.first() for one in (partner, other)}
    private_storage().save(f"partners/{partner.pk}/papers/paper.txt", ContentFile(b"a paper, no attachment"))
    strays = {stray(partner), stray(other)}
    before = names(folder)
    for hours in (0, 23):
        age(folder, hours)
        assert sweep_attachments(at=timezone.now()).orphans == []
        assert names(folder) == before
    age(folder, 25)
    found = sweep_attachments(at=timezone.now())
    assert (found.files, set(found.orphans)) == (6, strays)
    assert names(folder) == before - strays
    for attachment in kept:
        assert attachment.file.open("rb").read() == b"text"
    assert sweep_attachments(at=timezone.now()).orphans == []


def test_what_a_killed_process_left_behind_is_found(folder: Path) -> None:
    """A process that stores a file as we do, and is killed before its row is kept."""
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from django.conf import settings\n"
        "settings.configure()\n"
        "from django.core.files.base import ContentFile\n"
        "from loyalty.files.storage import PrivateStorage, unguessable_name\n"
        "PrivateStorage(location=sys.argv[1]).save(unguessable_name('attachments/7', 'pdf'), ContentFile(b'%PDF-'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(folder)], check=False, cwd=Path(__file__).parents[2])
    assert died.returncode == -signal.SIGKILL
    send(PartnerFactory())
    age(folder, 25)
    [orphan] = sweep_attachments(at=timezone.now()).orphans
    assert orphan.startswith("attachments/7/")
    assert len(names(folder)) == 1


def test_files_that_a_failing_disk_kept_are_removed_later(folder: Path, monkeypatch: Any) -> None:
    def fail(*_args: Any, **_values: Any) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr("messaging.services.messages.audit.record", fail)
        broken.setattr("django.core.files.storage.FileSystemStorage.delete", fail)
        with pytest.raises(OSError, match="disk"):
            send(PartnerFactory())
    assert Message.objects.count() == 0
    age(folder, 25)
    task()
    assert names(folder) == set()


def test_half_a_sweep_is_finished_by_the_next(folder: Path, monkeypatch: Any) -> None:
    partner = PartnerFactory()
    for number in range(4):
        stray(partner, number)
    send(partner)
    age(folder, 25)
    deleted: list[str] = []
    real = type(private_storage()).delete

    def die_at_the_third(storage: Any, name: str) -> None:
        if len(deleted) == 2:
            raise KeyboardInterrupt
        deleted.append(name)
        real(storage, name)

    with monkeypatch.context() as dying:
        dying.setattr("loyalty.files.storage.PrivateStorage.delete", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            sweep_attachments(at=timezone.now())
    assert len(names(folder)) == 3
    assert len(sweep_attachments(at=timezone.now()).orphans) == 2
    assert len(names(folder)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_do_no_harm(folder: Path) -> None:
    partner = PartnerFactory()
    for number in range(9):
        stray(partner, number)
    kept = send(partner).attachments.get()
    age(folder, 25)
    together([lambda: sweep_attachments(at=timezone.now()) for _ in range(2)])
    assert names(folder) == {kept.file.name}


def test_a_folder_that_nobody_knows_is_left_alone_unless_one_insists(folder: Path, capsys: Any) -> None:
    partner = PartnerFactory()
    for number in range(11):
        stray(partner, number)
    age(folder, 25)
    with pytest.raises(TooManyOrphansError):
        task()
    with pytest.raises(CommandError, match="11 of 11 files"):
        call_command("sweep_attachments")
    call_command("sweep_attachments", "--dry-run")
    assert "11 files looked at, 11 would be removed" in capsys.readouterr().out
    assert len(names(folder)) == 11
    call_command("sweep_attachments", "--force")
    assert "11 removed" in capsys.readouterr().out
    assert names(folder) == set()


def test_a_staging_deployment_forgets_its_messages_every_week(folder: Path, settings: Any) -> None:
    for number in range(11):
        stray(PartnerFactory(), number)
    age(folder, 25)
    settings.ENVIRONMENT = "staging"
    task()
    assert names(folder) == set()


def test_without_a_folder_there_is_nothing_to_do(folder: Path) -> None:
    assert sweep_attachments(at=timezone.now()).files == 0
