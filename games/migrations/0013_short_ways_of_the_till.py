"""Stamps and coupons in one round trip each."""

from pathlib import Path

from django.db import migrations

FUNCTIONS = (Path(__file__).resolve().parent.parent / "sql" / "till.sql").read_text()
UNDO = """
DROP FUNCTION games_verify_coupon;
DROP FUNCTION games_redeem_coupon;
DROP FUNCTION games_coupon_is_valid_at;
DROP FUNCTION games_add_stamps;
"""


class Migration(migrations.Migration):
    dependencies = [("games", "0012_batches_name_shops")]
    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
