"""An issued statement never changes but by being settled; terms and lines by hand are never edited."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION commissions_refuse_issued() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE may constant text[] := '{status,settled_at,settled_by}';
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.number IS NULL AND OLD.status = 'draft'
        OR OLD.status = 'issued' AND NEW.status = 'settled' AND to_jsonb(OLD) - may = to_jsonb(NEW) - may) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a statement never changes once it is issued or withdrawn' USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER issued_stands BEFORE UPDATE OR DELETE ON commissions_statement
    FOR EACH ROW EXECUTE FUNCTION commissions_refuse_issued();
CREATE TRIGGER versions_only BEFORE UPDATE OR DELETE ON commissions_commissionterms
    FOR EACH ROW EXECUTE FUNCTION commissions_refuse_edit();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON commissions_manualline
    FOR EACH ROW EXECUTE FUNCTION commissions_refuse_edit();
"""
UNDO = """
DROP TRIGGER append_only ON commissions_manualline;
DROP TRIGGER versions_only ON commissions_commissionterms;
DROP TRIGGER issued_stands ON commissions_statement;
DROP FUNCTION commissions_refuse_issued();
DELETE FROM commissions_statementseries;
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0010_statements")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
