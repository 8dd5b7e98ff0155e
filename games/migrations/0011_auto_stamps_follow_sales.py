"""Partners with games that sales give stamps to are known to the ledger from the moment the game is written."""

from pathlib import Path

from django.db import migrations

TRIGGER = (Path(__file__).resolve().parent.parent / "sql" / "auto_stamps.sql").read_text()
UNDO = "DROP TRIGGER games_follow_sales ON games_game; DROP FUNCTION games_follow_sales;"


class Migration(migrations.Migration):
    dependencies = [
        ("games", "0010_stamps_answer_for_themselves"),
        ("ledger", "0040_followed_partners"),
    ]
    operations = [migrations.RunSQL(TRIGGER, UNDO)]
