"""Note what lines of commission move on a day, whoever writes them: a line has no feed, because it can change and go."""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION analytics_note_commission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO analytics_commissionnews (partner_id, local_on, shop_id, currency, amount)
        SELECT partner_id, local_on, shop_id, currency, sum(amount) FROM came GROUP BY 1, 2, 3, 4
        HAVING sum(amount) <> 0;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO analytics_commissionnews (partner_id, local_on, shop_id, currency, amount)
        SELECT partner_id, local_on, shop_id, currency, -sum(amount) FROM went GROUP BY 1, 2, 3, 4
        HAVING sum(amount) <> 0;
    ELSE
        INSERT INTO analytics_commissionnews (partner_id, local_on, shop_id, currency, amount)
        SELECT partner_id, local_on, shop_id, currency, sum(amount) FROM (
            SELECT partner_id, local_on, shop_id, currency, amount FROM came
            UNION ALL SELECT partner_id, local_on, shop_id, currency, -amount FROM went
        ) AS moved GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0;
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER rolled_up_on_insert AFTER INSERT ON commissions_commissionentry
    REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_commission();
CREATE TRIGGER rolled_up_on_delete AFTER DELETE ON commissions_commissionentry
    REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_commission();
CREATE TRIGGER rolled_up_on_update AFTER UPDATE ON commissions_commissionentry
    REFERENCING OLD TABLE AS went NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_commission();
"""
UNDO = """
DROP TRIGGER rolled_up_on_update ON commissions_commissionentry;
DROP TRIGGER rolled_up_on_delete ON commissions_commissionentry;
DROP TRIGGER rolled_up_on_insert ON commissions_commissionentry;
DROP FUNCTION analytics_note_commission();
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_initial"), ("commissions", "0003_commission_of_a_row")]
    operations = [migrations.RunSQL(TRIGGERS, UNDO)]
