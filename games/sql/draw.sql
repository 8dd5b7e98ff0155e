-- The short way of a wheel that wins what is drawn first: anchor, prize, coupon and play in one round trip. Whatever is
-- special (a prize that is gone or limited, points, one coupon a customer, a play that is over, a blocked card) is not decided here: the
-- outcome is `look`, and the draw begins again from the tables. What is drawn, and until when a coupon is valid, is
-- computed in Python.
CREATE FUNCTION games_win_prize(
    p_play bigint, p_prize bigint, p_client_seed text, p_result jsonb, p_code text, p_expires_at timestamptz,
    p_at timestamptz, OUT outcome text, OUT coupon bigint, OUT prize text
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v record;
    z games_prize;
BEGIN
    outcome := 'look';
    SELECT p.partner_id, p.game_id, p.customer_id, p.issued_card_id INTO v FROM games_play p WHERE p.id = p_play;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM ledger_pointsbalance b WHERE b.issued_card_id = v.issued_card_id FOR UPDATE;
    PERFORM FROM games_play p WHERE p.id = p_play AND p.status = 'active' AND p.expires_at > p_at FOR UPDATE;
    IF NOT FOUND
        OR NOT EXISTS (SELECT FROM cards_issuedcard i WHERE i.id = v.issued_card_id AND i.status = 'active')
    THEN
        RETURN;
    END IF;
    -- As it is now, and until we are done: see games/services/issuing.py.
    PERFORM FROM games_game g
    WHERE g.id = v.game_id AND g.game_type = 'wheel' AND g.allow_multiple_active_coupons FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE games_prize x SET awarded = x.awarded + 1
    WHERE x.id = p_prize AND x.game_id = v.game_id AND x.is_active AND (x.stock IS NULL OR x.awarded < x.stock)
      AND x.per_customer IS NULL AND x.per_day IS NULL AND x.reward_type <> 'points'
    RETURNING x.* INTO z;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF z.reward_type <> 'none' THEN
        INSERT INTO games_coupon (
            partner_id, code, qr_value, status, title, customer_id, issued_card_id, game_id, prize_id, is_exclusive,
            points_spent, issued_at, expires_at, redemption_reference, notes, redeemed_actor_kind,
            reward_type, reward_value, reward_points, reward_product_name, minimum_purchase, maximum_discount
        ) VALUES (
            v.partner_id, p_code, gen_random_uuid(), 'active', z.name, v.customer_id, v.issued_card_id, v.game_id, z.id,
            false, 0, p_at, p_expires_at, '', '', '',
            z.reward_type, z.reward_value, z.reward_points, z.reward_product_name, z.minimum_purchase, z.maximum_discount
        ) RETURNING id INTO coupon;
    END IF;
    UPDATE games_play p SET
        status = 'completed', completed_at = p_at, client_seed = p_client_seed, result = p_result, prize_id = z.id,
        coupon_id = coupon
    WHERE p.id = p_play;
    outcome := 'won';
    prize := row_to_json(z)::text;
END;
$$;
