"""The till's functions read by index, whatever a connection knew of their tables when it planned them (ADR 29).

And the last stamp of a card goes the short way too.
"""

from pathlib import Path

from django.db import migrations

TILL = (Path(__file__).resolve().parent.parent / "sql" / "till.sql").read_text()
FORMER = """
DROP FUNCTION games_verify_coupon;
DROP FUNCTION games_redeem_coupon;
DROP FUNCTION games_coupon_is_valid_at;
DROP FUNCTION games_add_stamps;
"""


class Migration(migrations.Migration):
    dependencies = [("games", "0032_rewards_without_holes")]
    operations = [
        migrations.RunSQL(FORMER + TILL, migrations.RunSQL.noop),
        migrations.RunSQL(
            "ALTER FUNCTION games_win_prize SET enable_seqscan = off", "ALTER FUNCTION games_win_prize RESET ALL"
        ),
    ]
