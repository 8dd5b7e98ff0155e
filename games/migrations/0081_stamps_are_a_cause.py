"""Games say why the sales of a partner are followed, so that somebody else's cause may go (ADR 58)."""

from django.db import migrations

CAUSE = """
CREATE OR REPLACE FUNCTION games_follow_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_follow(NEW.partner_id, 'stamps');
    RETURN NULL;
END;
$$;
SELECT ledger_follow(partner_id, 'stamps') FROM (
    SELECT DISTINCT partner_id FROM games_game WHERE auto_stamp <> 'none' ORDER BY partner_id
) AS stamping;
SELECT ledger_unfollow(partner_id, 'earlier') FROM (
    SELECT partner_id FROM ledger_followedpartner WHERE 'earlier' = ANY (causes) ORDER BY partner_id
) AS early;
"""
UNDO = """
CREATE OR REPLACE FUNCTION games_follow_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_followedpartner (partner_id) VALUES (NEW.partner_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("games", "0041_keys_checked_at_once"),
        ("ledger", "0120_why_partners_are_followed"),
    ]
    operations = [migrations.RunSQL(CAUSE, UNDO)]
