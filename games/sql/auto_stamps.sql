-- Whoever makes or changes a game that gives stamps by sales: from the next sale on, the ledger asks (decision 31).
CREATE FUNCTION games_follow_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_followedpartner (partner_id) VALUES (NEW.partner_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;

CREATE TRIGGER games_follow_sales AFTER INSERT OR UPDATE OF auto_stamp ON games_game
FOR EACH ROW WHEN (NEW.auto_stamp <> 'none') EXECUTE FUNCTION games_follow_sales();
