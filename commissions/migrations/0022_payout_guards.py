"""What a payout and a bank file say never changes; one that is paid stays, and none is deleted."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION commissions_refuse_payout_edit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE may text[] := string_to_array(TG_ARGV[0], ',');
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - may = to_jsonb(NEW) - may
        AND coalesce(to_jsonb(OLD) ->> 'status', '') NOT IN ('paid', 'cancelled')
        AND coalesce(to_jsonb(OLD) ->> 'is_live', 'true') = 'true' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% never changes what it says, and ends for good', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER payout_stands BEFORE UPDATE OR DELETE ON commissions_payout FOR EACH ROW
    EXECUTE FUNCTION commissions_refuse_payout_edit('status,method,round,attempts,next_at,provider,external_id,reference,error,issued_at,issued_by,paid_at,paid_by,failed_at');
CREATE TRIGGER payout_run_stands BEFORE UPDATE OR DELETE ON commissions_payoutrun FOR EACH ROW
    EXECUTE FUNCTION commissions_refuse_payout_edit('status,downloaded_at,cancelled_at,cancelled_by,reason');
CREATE TRIGGER payout_run_item_stands BEFORE UPDATE OR DELETE ON commissions_payoutrunitem FOR EACH ROW
    EXECUTE FUNCTION commissions_refuse_payout_edit('is_live');
"""
UNDO = """
DROP TRIGGER payout_run_item_stands ON commissions_payoutrunitem;
DROP TRIGGER payout_run_stands ON commissions_payoutrun;
DROP TRIGGER payout_stands ON commissions_payout;
DROP FUNCTION commissions_refuse_payout_edit();
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0021_payouts")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
