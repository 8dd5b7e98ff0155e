"""`manage.py make_coupons`: a batch of coupon codes, and its file."""

import time
from argparse import ArgumentParser
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from games.choices import RewardType
from games.models import CouponBatch
from games.rules.rewards import Reward
from games.selectors.batches import iterate_codes
from games.services.batches import NewBatch, create_batch, make_codes, note_export
from loyalty.errors import LoyaltyError
from loyalty.rules.cells import safe_cell
from loyalty.services.audit import SYSTEM
from partners.models import Partner


class Command(BaseCommand):
    """Makes all codes here and now, without a worker."""

    help = "Make a batch of coupon codes for a partner; --file writes them as CSV (- for the screen)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner", type=int, required=True, help="id of the partner")
        parser.add_argument("--name", required=True, help="what the batch is called")
        parser.add_argument("--quantity", type=int, required=True)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--percentage", help="percent off")
        what.add_argument("--fixed", help="amount off")
        what.add_argument("--points", type=int, help="points that are credited")
        what.add_argument("--product", help="a free product")
        parser.add_argument("--days", type=int, help="how long they are valid; default without end")
        parser.add_argument("--file", help="write the codes to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(pk=options["partner"]).first()
        if partner is None:
            raise CommandError(f"There is no partner {options['partner']}.")
        now, begun = timezone.now(), time.monotonic()
        days = options["days"]
        new = NewBatch(
            name=options["name"],
            quantity=options["quantity"],
            reward=_reward(options),
            expires_at=None if days is None else now + timedelta(days=days),
        )
        try:
            batch = create_batch(actor=SYSTEM, partner=partner, new=new, reach=None, at=now, is_job_started=False)
        except LoyaltyError as error:
            texts = [str(text) for found in error.errors.values() for text in found]
            raise CommandError(" ".join([error.message, *texts])) from error
        make_codes(batch_id=batch.pk, at=now)
        batch.refresh_from_db()
        self.stderr.write(f"batch {batch.pk}: {batch.made} codes in {time.monotonic() - begun:.1f} s")
        if options["file"]:
            note_export(actor=SYSTEM, batch=batch, at=now)
            self._write(options["file"], batch, now)

    def _write(self, name: str, batch: CouponBatch, at: datetime) -> None:
        with ExitStack() as stack:
            target: Any = self.stdout
            if name != "-":
                target = stack.enter_context(Path(name).open("w", newline="", encoding="utf-8"))
            for one in iterate_codes(batch=batch, at=at):
                target.write(f"{safe_cell(one.code)},{safe_cell(one.qr_value)}\n")


def _reward(options: dict[str, Any]) -> Reward:
    try:
        if options["percentage"] is not None:
            return Reward(RewardType.PERCENTAGE, Decimal(options["percentage"]))
        if options["fixed"] is not None:
            return Reward(RewardType.FIXED, Decimal(options["fixed"]))
    except InvalidOperation as error:
        raise CommandError("Give a number.") from error
    if options["points"] is not None:
        return Reward(RewardType.POINTS, points=options["points"])
    return Reward(RewardType.FREE_PRODUCT, product_name=options["product"])
