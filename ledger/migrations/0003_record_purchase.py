"""The till's hot path as one database function (decision 4), and ledger rows that cannot be changed."""

from pathlib import Path

from django.db import migrations

FUNCTION = (Path(__file__).resolve().parent.parent / "sql" / "record_purchase.sql").read_text()

APPEND_ONLY = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: post a correcting entry instead', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_pointsentry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON loyalty_auditevent
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
ALTER TABLE ledger_pointsbalance SET (fillfactor = 80);
"""
UNDO = """
DROP TRIGGER append_only ON loyalty_auditevent;
DROP TRIGGER append_only ON ledger_pointsentry;
DROP FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_initial"), ("loyalty", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION ledger_record_purchase;"),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
