"""Lines of a closed period cannot change, rates can only be ended, runs and rates are never deleted."""

from django.db import migrations

# Once a statement, not once a row: a million lines are checked by looking at the periods they are in.
GUARDS = """
CREATE FUNCTION commissions_refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT period_id FROM touched) t
        JOIN commissions_commissionperiod p ON p.id = t.period_id WHERE p.state <> 'open'
    ) THEN
        RAISE EXCEPTION 'the commission of a closed period never changes: post to the next open one'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER closed_on_insert AFTER INSERT ON commissions_commissionentry
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_closed();
CREATE TRIGGER closed_on_delete AFTER DELETE ON commissions_commissionentry
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_closed();
CREATE TRIGGER closed_on_update_from AFTER UPDATE ON commissions_commissionentry
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_closed();
CREATE TRIGGER closed_on_update_to AFTER UPDATE ON commissions_commissionentry
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_closed();

CREATE FUNCTION commissions_refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'commissions_commissionrate' THEN
        IF to_jsonb(OLD) - '{valid_to,withdrawn_at}'::text[] = to_jsonb(NEW) - '{valid_to,withdrawn_at}'::text[] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is never edited: add another row instead', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER versions_only BEFORE UPDATE OR DELETE ON commissions_commissionrate
    FOR EACH ROW EXECUTE FUNCTION commissions_refuse_edit();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON commissions_syncrun
    FOR EACH ROW EXECUTE FUNCTION commissions_refuse_edit();
"""
UNDO = """
DROP TRIGGER append_only ON commissions_syncrun;
DROP TRIGGER versions_only ON commissions_commissionrate;
DROP TRIGGER closed_on_insert ON commissions_commissionentry;
DROP TRIGGER closed_on_delete ON commissions_commissionentry;
DROP TRIGGER closed_on_update_from ON commissions_commissionentry;
DROP TRIGGER closed_on_update_to ON commissions_commissionentry;
DROP FUNCTION commissions_refuse_edit();
DROP FUNCTION commissions_refuse_closed();
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
