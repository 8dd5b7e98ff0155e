"""`manage.py sweep_attachments`: remove files of messages that no row names; `--dry-run` only names them."""

from loyalty.files.commands import SweepCommand
from messaging.services.attachments import sweep_attachments


class Command(SweepCommand):
    help = "Removes attachments older than a day that no message names."
    sweep = staticmethod(sweep_attachments)
