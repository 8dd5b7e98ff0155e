"""`manage.py reseal`: bring all kept secrets under the newest SEALING_KEY, so that the older ones can be given up."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messaging.services.resealing import reseal_secrets


class Command(BaseCommand):
    help = "Seals webhook secrets and SMS passwords anew with the newest SEALING_KEY."

    def handle(self, *_args: Any, **_options: Any) -> None:
        done = reseal_secrets()
        self.stdout.write(f"{done.kept} secrets, {done.renewed} sealed anew")
        for name in done.unreadable:
            self.stdout.write(f"no key opens {name}")
        if done.unreadable:
            raise CommandError("Put the key that sealed them into SEALING_KEY_FALLBACKS and try again.")
