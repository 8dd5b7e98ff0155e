"""Asking whether a partner token still holds, as a function whose plan is kept."""

from pathlib import Path

from django.db import migrations

FUNCTION = (Path(__file__).resolve().parent.parent / "sql" / "staff_version.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("partners", "0002_plans"), ("loyalty", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION partners_staff_version;")]
