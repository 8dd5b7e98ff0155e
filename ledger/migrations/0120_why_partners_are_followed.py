"""A followed partner knows why it is one, and is followed no more when the last cause goes (ADR 58).

Whoever adds or drops a cause holds the partner's row meanwhile: an endpoint that is made while the last one goes either
is seen by whoever drops, or finds the row gone and makes it anew.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

HEARD = """({row}.events && ARRAY['points.awarded', 'points.redeemed', 'tier.upgraded']::varchar[]
    AND {row}.deleted_at IS NULL AND {row}.state IN ('active', 'paused'))"""
OLD, NEW, ANY = (HEARD.format(row=row) for row in ("OLD", "NEW", "e"))

CAUSES = """
CREATE FUNCTION ledger_follow(partner bigint, cause varchar) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Written even where it changes nothing, so that whoever drops a cause waits for us.
    INSERT INTO ledger_followedpartner AS f (partner_id, causes) VALUES (partner, ARRAY[cause])
    ON CONFLICT (partner_id) DO UPDATE SET causes = array_append(array_remove(f.causes, cause), cause);
END;
$$;

CREATE FUNCTION ledger_unfollow(partner bigint, cause varchar) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_followedpartner SET causes = array_remove(causes, cause) WHERE partner_id = partner;
    DELETE FROM ledger_followedpartner WHERE partner_id = partner AND causes = '{}';
END;
$$;
"""
UNDO_CAUSES = "DROP FUNCTION ledger_follow; DROP FUNCTION ledger_unfollow;"

TRIGGERS = f"""
DROP TRIGGER ledger_follow_heard_points ON messaging_webhookendpoint;

CREATE OR REPLACE FUNCTION ledger_follow_heard_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_follow(NEW.partner_id, 'points');
    RETURN NULL;
END;
$$;

CREATE FUNCTION ledger_unfollow_unheard_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM ledger_followedpartner WHERE partner_id = OLD.partner_id FOR UPDATE;
    -- A statement of its own, because only that sees what was committed while we waited.
    IF NOT EXISTS (SELECT FROM messaging_webhookendpoint e WHERE e.partner_id = OLD.partner_id AND {ANY}) THEN
        PERFORM ledger_unfollow(OLD.partner_id, 'points');
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER ledger_follow_heard_points AFTER INSERT ON messaging_webhookendpoint
FOR EACH ROW WHEN ({NEW}) EXECUTE FUNCTION ledger_follow_heard_points();
CREATE TRIGGER ledger_follow_changed_points AFTER UPDATE OF events, state, deleted_at ON messaging_webhookendpoint
FOR EACH ROW WHEN ({NEW} AND NOT {OLD}) EXECUTE FUNCTION ledger_follow_heard_points();
CREATE TRIGGER ledger_unfollow_changed_points AFTER UPDATE OF events, state, deleted_at ON messaging_webhookendpoint
FOR EACH ROW WHEN ({OLD} AND NOT {NEW}) EXECUTE FUNCTION ledger_unfollow_unheard_points();
CREATE TRIGGER ledger_unfollow_deleted_points AFTER DELETE ON messaging_webhookendpoint
FOR EACH ROW WHEN ({OLD}) EXECUTE FUNCTION ledger_unfollow_unheard_points();

-- Why rows are there that are older than this column, games say in their next migration.
UPDATE ledger_followedpartner f SET causes = ARRAY['earlier'] || CASE
    WHEN EXISTS (SELECT FROM messaging_webhookendpoint e WHERE e.partner_id = f.partner_id AND {ANY})
    THEN ARRAY['points'] ELSE '{{}}' END::varchar[];
"""  # noqa: S608 - nothing of it comes from outside
UNDO_TRIGGERS = """
DROP TRIGGER ledger_follow_heard_points ON messaging_webhookendpoint;
DROP TRIGGER ledger_follow_changed_points ON messaging_webhookendpoint;
DROP TRIGGER ledger_unfollow_changed_points ON messaging_webhookendpoint;
DROP TRIGGER ledger_unfollow_deleted_points ON messaging_webhookendpoint;
DROP FUNCTION ledger_unfollow_unheard_points;
CREATE OR REPLACE FUNCTION ledger_follow_heard_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_followedpartner (partner_id) VALUES (NEW.partner_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
CREATE TRIGGER ledger_follow_heard_points AFTER INSERT OR UPDATE OF events ON messaging_webhookendpoint
FOR EACH ROW WHEN (NEW.events && ARRAY['points.awarded', 'points.redeemed', 'tier.upgraded']::varchar[])
EXECUTE FUNCTION ledger_follow_heard_points();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0081_offers_of_programmes"),
        ("messaging", "0081_webhook_warned"),
    ]
    operations = [
        migrations.AddField(
            model_name="followedpartner",
            name="causes",
            field=ArrayField(models.CharField(max_length=20), db_default=[], verbose_name="why"),
        ),
        migrations.RunSQL(CAUSES, UNDO_CAUSES),
        migrations.RunSQL(TRIGGERS, UNDO_TRIGGERS),
    ]
