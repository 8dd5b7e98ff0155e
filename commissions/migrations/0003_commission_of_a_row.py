"""Answer what a transaction paid in commission, where the ledger asks."""

from django.db import migrations

ANSWER = """
CREATE OR REPLACE FUNCTION ledger_transaction_commission(p_partner bigint, p_transaction bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT sum(e.amount) FROM commissions_commissionentry e
    WHERE e.partner_id = p_partner AND e.source_id = p_transaction AND e.source_type = 'transaction'
$$;
"""
NOTHING = """
CREATE OR REPLACE FUNCTION ledger_transaction_commission(p_partner bigint, p_transaction bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$ SELECT NULL::numeric $$;
"""


class Migration(migrations.Migration):
    dependencies = [("commissions", "0002_guards"), ("ledger", "0061_commission_of_a_row")]
    operations = [migrations.RunSQL(ANSWER, NOTHING)]
