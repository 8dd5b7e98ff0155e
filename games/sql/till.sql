-- The till's short way through stamps and coupons: one round trip each, where nothing is special. Whatever is special
-- (a repeat, one coupon at a time, a refusal, a product to choose, points to credit) is not decided here: the outcome is `look`,
-- nothing is written, and the services of this app begin again from the tables. Rewards and discounts stay in Python.

-- Stamps on a card. The anchor of the card is locked first (decision 7), so what is read after it is what the last till
-- left. The last stamp of a card asks back: the outcome is `last` and `reward` says what the card is worth, nothing is
-- written; called again with that same text, and with the code, the end and the answer that Python made of it, the card is
-- filled. If somebody changes the reward in between, it is asked anew.
CREATE FUNCTION games_add_stamps(
    p_partner bigint, p_game bigint, p_card bigint, p_shop bigint, p_count integer, p_fingerprint bytea,
    p_window interval, p_actor_kind text, p_actor_id bigint, p_at timestamptz,
    p_reward text, p_code text, p_expires_at timestamptz, p_answer jsonb,
    OUT outcome text, OUT step integer, OUT required integer, OUT reward text, OUT coupon bigint
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    g record;
    p record;
    v_step integer;
BEGIN
    outcome := 'look';
    SELECT x.stamps_required, x.is_active, x.starts_at, x.ends_at, x.reset_on_complete,
           EXISTS (SELECT FROM games_gameshop s WHERE s.game_id = x.id) AS is_limited
    INTO g FROM games_game x
    WHERE x.id = p_game AND x.partner_id = p_partner AND x.deleted_at IS NULL AND x.game_type = 'stamps';
    IF NOT FOUND OR g.is_limited OR NOT g.is_active OR g.stamps_required IS NULL
        OR p_at < g.starts_at OR p_at >= g.ends_at
        OR NOT EXISTS (SELECT FROM partners_shop s WHERE s.id = p_shop AND s.partner_id = p_partner)
        OR NOT EXISTS (SELECT FROM cards_issuedcard i
                       WHERE i.id = p_card AND i.partner_id = p_partner AND i.status = 'active')
    THEN
        RETURN;
    END IF;
    PERFORM FROM ledger_pointsbalance b WHERE b.issued_card_id = p_card FOR UPDATE;
    SELECT x.id, x.current_step, x.is_completed INTO p FROM games_stampprogress x
    WHERE x.game_id = p_game AND x.issued_card_id = p_card;
    IF NOT FOUND OR p.is_completed OR p.current_step + p_count > g.stamps_required
        OR (p_fingerprint IS NOT NULL AND EXISTS (
            SELECT FROM (SELECT e.fingerprint, e.actor_kind, e.actor_id, e.recorded_at FROM games_stampevent e
                         WHERE e.progress_id = p.id ORDER BY e.id DESC LIMIT 20) recent
            WHERE recent.fingerprint = p_fingerprint AND recent.actor_id = p_actor_id
              AND recent.actor_kind = p_actor_kind AND recent.recorded_at >= p_at - p_window))
    THEN
        RETURN;
    END IF;
    required := g.stamps_required;
    step := p.current_step + p_count;
    IF step < required THEN
        UPDATE games_stampprogress SET current_step = step, updated_at = p_at WHERE id = p.id;
        INSERT INTO games_stampevent (
            progress_id, partner_id, action, value, shop_id, actor_kind, actor_id, occurred_at, step_after, filled,
            fingerprint, recorded_at
        ) VALUES (
            p.id, p_partner, 'stamp_added', p_count, p_shop, p_actor_kind, p_actor_id, p_at, step, 0, p_fingerprint,
            clock_timestamp()
        );
        outcome := 'added';
        RETURN;
    END IF;

    -- A coupon, and one of several if there are more; as it is now, and until we are done (games/services/issuing.py).
    SELECT row_to_json(r)::text INTO reward FROM (
        SELECT i.customer_id, x.reward_type, x.reward_product_name, x.coupon_validity, x.coupon_validity_days,
               x.stamp_expiration_days, k.default_coupon_validity_days
        FROM games_game x, cards_issuedcard i JOIN cards_card k ON k.id = i.card_id
        WHERE x.id = p_game AND i.id = p_card AND x.allow_multiple_active_coupons
          AND x.reward_type IN ('free_product', 'percentage', 'fixed')
        FOR KEY SHARE OF x
    ) r;
    IF reward IS NULL THEN
        RETURN;
    ELSIF reward IS DISTINCT FROM p_reward THEN
        outcome := 'last';
        RETURN;
    END IF;
    INSERT INTO games_coupon (
        partner_id, code, qr_value, status, title, customer_id, issued_card_id, game_id, is_exclusive,
        points_spent, issued_at, expires_at, redemption_reference, notes, redeemed_actor_kind,
        reward_type, reward_value, reward_points, reward_product_name, minimum_purchase, maximum_discount
    ) SELECT
        p_partner, p_code, gen_random_uuid(), 'active', x.reward_description, (reward::json ->> 'customer_id')::bigint,
        p_card, p_game, false, 0, p_at, p_expires_at, '', '', '',
        x.reward_type, x.reward_value, x.reward_points, x.reward_product_name, x.minimum_purchase, x.maximum_discount
    FROM games_game x WHERE x.id = p_game
    RETURNING id INTO coupon;
    v_step := CASE WHEN g.reset_on_complete THEN 0 ELSE required END;
    UPDATE games_stampprogress x SET
        current_step = v_step, is_completed = NOT g.reset_on_complete, completed_at = p_at, rounds = x.rounds + 1,
        coupon_id = coupon, updated_at = p_at
    WHERE x.id = p.id;
    INSERT INTO games_stampevent (
        progress_id, partner_id, action, value, shop_id, actor_kind, actor_id, occurred_at, step_after, filled, fingerprint,
        answer, recorded_at
    ) VALUES (
        p.id, p_partner, 'stamp_added', p_count, p_shop, p_actor_kind, p_actor_id, p_at, v_step, 1, p_fingerprint,
        jsonb_set(p_answer, '{rewards,0,coupon_id}', to_jsonb(coupon)), clock_timestamp()
    ), (
        p.id, p_partner, 'game_completed', required, p_shop, p_actor_kind, p_actor_id, p_at, v_step, 0, NULL,
        NULL, clock_timestamp()
    );
    outcome := 'filled';
END;
$$;

-- Whether the game, the offer and the batch of a coupon let this shop take it.
CREATE FUNCTION games_coupon_is_valid_at(p_game bigint, p_offer bigint, p_batch bigint, p_shop bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (p_game IS NULL OR NOT EXISTS (SELECT FROM games_gameshop s WHERE s.game_id = p_game)
            OR EXISTS (SELECT FROM games_gameshop s WHERE s.game_id = p_game AND s.shop_id = p_shop))
       AND (p_offer IS NULL OR NOT EXISTS (SELECT FROM partners_offershop s WHERE s.offer_id = p_offer)
            OR EXISTS (SELECT FROM partners_offershop s WHERE s.offer_id = p_offer AND s.shop_id = p_shop))
       AND (p_batch IS NULL OR NOT EXISTS (SELECT FROM games_batchshop s WHERE s.batch_id = p_batch)
            OR EXISTS (SELECT FROM games_batchshop s WHERE s.batch_id = p_batch AND s.shop_id = p_shop));
END;
$$;

-- The use of a coupon that needs no choice and credits no points.
CREATE FUNCTION games_redeem_coupon(
    p_partner bigint, p_coupon bigint, p_shop bigint, p_notes text, p_actor_kind text, p_actor_id bigint,
    p_at timestamptz, OUT outcome text, OUT customer_id bigint
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    c record;
BEGIN
    outcome := 'look';
    SELECT x.issued_card_id, x.game_id, x.offer_id, x.batch_id, x.reward_type INTO c FROM games_coupon x
    WHERE x.id = p_coupon AND x.partner_id = p_partner;
    IF NOT FOUND OR c.reward_type = 'points'
        OR NOT EXISTS (SELECT FROM partners_shop s WHERE s.id = p_shop AND s.partner_id = p_partner)
        OR NOT games_coupon_is_valid_at(c.game_id, c.offer_id, c.batch_id, p_shop)
        OR EXISTS (SELECT FROM games_gameproduct g WHERE g.game_id = c.game_id)
        OR EXISTS (SELECT FROM partners_offer o WHERE o.id = c.offer_id AND o.product_id IS NOT NULL)
        OR EXISTS (SELECT FROM cards_issuedcard i WHERE i.id = c.issued_card_id AND i.status <> 'active')
    THEN
        RETURN;
    END IF;
    IF c.issued_card_id IS NOT NULL THEN
        PERFORM FROM ledger_pointsbalance b WHERE b.issued_card_id = c.issued_card_id FOR UPDATE;
    END IF;
    UPDATE games_coupon x SET
        status = 'redeemed', pending_at = NULL, pending_shop_id = NULL, redeemed_at = p_at, redeemed_shop_id = p_shop,
        redeemed_actor_kind = p_actor_kind, redeemed_actor_id = p_actor_id, notes = p_notes
    WHERE x.id = p_coupon AND (x.status = 'active' OR (x.status = 'pending' AND x.pending_shop_id = p_shop))
      AND (x.expires_at IS NULL OR x.expires_at > p_at)
    RETURNING x.customer_id INTO customer_id;
    IF FOUND THEN
        outcome := 'redeemed';
    END IF;
END;
$$;

-- All that a till is told of a coupon it has scanned, as JSON; null where there is none, or where the shop is somebody
-- else's. Whose card is shown: the coupon's, else the one of its holder that works. To plan the large statement takes
-- longer than to run it.
CREATE FUNCTION games_verify_coupon(
    p_partner bigint, p_shop bigint, p_code text, p_qr uuid, p_at timestamptz,
    OUT is_shop_known boolean, OUT seen text
) LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_coupon bigint;
BEGIN
    is_shop_known := EXISTS (SELECT FROM partners_shop s WHERE s.id = p_shop AND s.partner_id = p_partner);
    IF NOT is_shop_known THEN
        RETURN;
    END IF;
    IF p_qr IS NULL THEN
        SELECT c.id INTO v_coupon FROM games_coupon c WHERE c.partner_id = p_partner AND c.code = p_code;
    ELSE
        SELECT c.id INTO v_coupon FROM games_coupon c WHERE c.partner_id = p_partner AND c.qr_value = p_qr;
    END IF;
    IF v_coupon IS NULL THEN
        RETURN;
    END IF;
    seen := (
        SELECT row_to_json(r)::text FROM (
            SELECT c.id, c.code, c.qr_value, c.status, c.title, c.expires_at, c.pending_shop_id, c.selected_product_id,
                   c.game_id, c.offer_id, c.batch_id, c.customer_id,
                   c.reward_type, c.reward_value, c.reward_points, c.reward_product_name, c.minimum_purchase,
                   c.maximum_discount,
                   games_coupon_is_valid_at(c.game_id, c.offer_id, c.batch_id, p_shop) AS is_valid_here,
                   coalesce(i.status <> 'active', false) AND c.issued_card_id IS NOT NULL AS is_blocked,
                   o.title AS offer_title, o.description AS offer_description,
                   g.name AS game_name, g.game_type, g.reward_description,
                   u.name AS customer_name, u.email AS customer_email, u.phone AS customer_phone,
                   i.id AS card_id, i.number AS card_number,
                   k.points_enabled, k.points_redemption_enabled, k.points_per_currency, k.currency_amount,
                   k.points_per_currency_redemption, k.currency_amount_redemption,
                   b.balance - coalesce((SELECT sum(l.remaining) FROM ledger_pointslot l
                                         WHERE b.next_expiry_at <= p_at AND l.issued_card_id = b.issued_card_id
                                           AND l.remaining > 0 AND l.expires_at <= p_at), 0) AS balance,
                   (SELECT count(*) FROM games_gameproduct x WHERE x.game_id = c.game_id) AS choices,
                   (SELECT count(*) FROM games_game x
                    WHERE x.partner_id = p_partner AND x.is_active AND x.deleted_at IS NULL
                      AND (x.starts_at IS NULL OR x.starts_at <= p_at) AND (x.ends_at IS NULL OR x.ends_at > p_at)
                      AND games_coupon_is_valid_at(x.id, NULL, NULL, p_shop)) AS games_count,
                   (SELECT count(*) FROM games_coupon x
                    WHERE x.customer_id = c.customer_id AND x.status IN ('active', 'pending')
                      AND (x.expires_at IS NULL OR x.expires_at > p_at)) AS coupons_count
            FROM games_coupon c
            LEFT JOIN games_game g ON g.id = c.game_id
            LEFT JOIN partners_offer o ON o.id = c.offer_id
            LEFT JOIN customers_customer u ON u.id = c.customer_id
            LEFT JOIN cards_issuedcard i ON i.id = coalesce(c.issued_card_id, (
                SELECT w.id FROM cards_issuedcard w WHERE w.customer_id = c.customer_id AND w.status = 'active'
                ORDER BY w.id LIMIT 1))
            LEFT JOIN cards_card k ON k.id = i.card_id
            LEFT JOIN ledger_pointsbalance b ON b.issued_card_id = i.id
            WHERE c.id = v_coupon
        ) r
    );
END;
$$;
