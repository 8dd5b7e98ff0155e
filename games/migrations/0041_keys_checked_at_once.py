"""Foreign keys of what a till's functions write are checked inside them (ADR 29)."""

from django.db import migrations

from loyalty.database.keys import check_at_once

TABLES = ("games_coupon", "games_play", "games_stampprogress", "games_stampevent")


class Migration(migrations.Migration):
    dependencies = [("games", "0040_hot_functions_use_indexes")]
    operations = [check_at_once(*TABLES)]
