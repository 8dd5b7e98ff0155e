"""A spin of a wheel in one round trip."""

from pathlib import Path

from django.db import migrations

FUNCTION = (Path(__file__).resolve().parent.parent / "sql" / "draw.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("games", "0030_play_actor_and_one_active")]
    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION games_win_prize")]
