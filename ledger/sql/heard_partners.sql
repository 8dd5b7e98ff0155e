-- Whoever makes or changes a webhook endpoint that hears of points: from the next sale on, the ledger asks (ADR 20, 40).
CREATE FUNCTION ledger_follow_heard_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_followedpartner (partner_id) VALUES (NEW.partner_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;

CREATE TRIGGER ledger_follow_heard_points AFTER INSERT OR UPDATE OF events ON messaging_webhookendpoint
FOR EACH ROW WHEN (NEW.events && ARRAY['points.awarded', 'points.redeemed', 'tier.upgraded']::varchar[])
EXECUTE FUNCTION ledger_follow_heard_points();
