-- One sale in one round trip and one transaction: lock the card's balance, expire what is due, claim the order, spend the
-- oldest points, award the new ones, answer. It receives points and never computes them: earning rules live in
-- ledger/rules. The caller's one statement commits or rolls back as a whole.
--
-- outcome: recorded | replayed | order_exists | key_reused | insufficient
--
-- Why a function and not one writable CTE: lots read inside a CTE come from the statement's first snapshot, so a sale that
-- waited for the lock would spend lots that are already gone. Each statement in here sees what is committed by then.
CREATE OR REPLACE FUNCTION ledger_record_purchase(
    p_partner bigint, p_order text, p_fingerprint bytea, p_key text, p_source text,
    p_shop bigint, p_customer bigint, p_card bigint, p_staff bigint, p_credential bigint,
    p_order_total numeric, p_discount numeric, p_amount numeric, p_currency text,
    p_awarded integer, p_redeemed integer, p_expires timestamptz,
    p_category text, p_description text, p_meta jsonb, p_lines jsonb,
    p_occurred timestamptz, p_local_on date, p_at timestamptz,
    p_actor_kind text, p_actor_id bigint,
    p_bonus_offer bigint DEFAULT NULL, p_bonus integer DEFAULT 0,
    p_cashback_offer bigint DEFAULT NULL, p_cashback integer DEFAULT 0,
    OUT outcome text, OUT transaction_id bigint, OUT balance_after integer, OUT debt_after integer
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v_balance integer := 0;
    v_debt integer := 0;
    v_next timestamptz;
    v_expired integer := 0;
    v_held integer := 0;
    v_lapsed integer := 0;
    v_paid integer := 0;
    v_new integer := 0;
    v_entry bigint;
    v_need integer;
    v_take integer;
    v_found record;
    v_lot record;
BEGIN
    IF p_card IS NOT NULL THEN
        SELECT b.balance, b.debt, b.next_expiry_at INTO STRICT v_balance, v_debt, v_next
        FROM ledger_pointsbalance b WHERE b.issued_card_id = p_card FOR UPDATE;

        IF v_next <= p_at THEN
            SELECT coalesce(sum(l.remaining), 0) INTO v_expired FROM ledger_pointslot l
            WHERE l.issued_card_id = p_card AND l.remaining > 0 AND l.expires_at <= p_at;
        END IF;
        IF p_redeemed > 0 THEN
            SELECT coalesce(sum(l.remaining), 0) INTO v_held FROM ledger_pointslot l
            WHERE l.issued_card_id = p_card AND l.remaining > 0 AND l.available_at > p_at
              AND (l.expires_at IS NULL OR l.expires_at > p_at);
        END IF;
        -- Points that were taken back after they were spent are a debt; what is earned now pays it first.
        v_paid := least(v_debt, p_awarded);
        v_new := p_awarded - v_paid;
        -- A sale that reaches us late may have earned points that are already over.
        IF p_expires <= p_at THEN
            v_lapsed := v_new;
        END IF;
        balance_after := v_balance - v_expired - p_redeemed + v_new - v_lapsed;
        debt_after := v_debt - v_paid;
    ELSE
        balance_after := 0;
        debt_after := 0;
    END IF;

    IF p_redeemed <= v_balance - v_expired - v_held THEN
        INSERT INTO ledger_transaction (
            partner_id, type, status, source, order_id, shop_id, customer_id, issued_card_id, staff_id, credential_id,
            order_total, points_discount_amount, amount, currency, points_awarded, points_redeemed, points_balance,
            points_debt, category, items_count, description, meta_data, occurred_at, local_on, fingerprint,
            idempotency_key, bonus_offer_id, bonus_points, cashback_offer_id, cashback_points
        ) VALUES (
            p_partner, 'purchase', 'completed', p_source, p_order, p_shop, p_customer, p_card, p_staff, p_credential,
            p_order_total, p_discount, p_amount, p_currency, p_awarded, p_redeemed, balance_after,
            debt_after, p_category, coalesce(jsonb_array_length(p_lines), 0), p_description, p_meta, p_occurred,
            p_local_on, p_fingerprint, p_key, p_bonus_offer, p_bonus, p_cashback_offer, p_cashback
        ) ON CONFLICT DO NOTHING RETURNING id INTO transaction_id;
        outcome := 'recorded';
    ELSE
        outcome := 'insufficient';
    END IF;

    IF transaction_id IS NULL THEN
        -- Somebody was here before (or the points are gone because this very sale already took them).
        SELECT t.id, t.fingerprint = p_fingerprint AS is_same, t.points_balance, t.points_debt,
               t.idempotency_key IS NOT DISTINCT FROM p_key AND p_key IS NOT NULL AS by_key
        INTO v_found FROM ledger_transaction t
        WHERE t.partner_id = p_partner
          AND (t.idempotency_key = p_key OR (t.order_id = p_order AND t.type = 'purchase'))
        ORDER BY by_key DESC LIMIT 1;
        IF FOUND THEN
            transaction_id := v_found.id;
            balance_after := v_found.points_balance;
            debt_after := v_found.points_debt;
            outcome := CASE WHEN v_found.is_same THEN 'replayed' WHEN v_found.by_key THEN 'key_reused' ELSE 'order_exists' END;
        ELSE
            balance_after := v_balance - v_expired - v_held;
            debt_after := v_debt;
        END IF;
        RETURN;
    END IF;

    IF p_lines IS NOT NULL THEN
        INSERT INTO ledger_transactionline (
            transaction_id, partner_id, number, product_id, product_name, sku, category, quantity, unit_price,
            total_price, earns_points
        ) SELECT ledger_record_purchase.transaction_id, p_partner, line.number, line.product_id, line.product_name,
                 line.sku, line.category, line.quantity, line.unit_price, line.total_price, line.earns_points
        FROM jsonb_to_recordset(p_lines) AS line(
            number integer, product_id text, product_name text, sku text, category text, quantity numeric,
            unit_price numeric, total_price numeric, earns_points boolean
        );
    END IF;

    IF p_card IS NULL THEN
        RETURN;
    END IF;

    IF v_next <= p_at THEN
        INSERT INTO ledger_pointsentry (
            partner_id, issued_card_id, kind, points, business_key, actor_kind, reason, occurred_at
        ) SELECT p_partner, p_card, 'expire', -l.remaining, 'expire:' || l.id, 'system', '', l.expires_at
        FROM ledger_pointslot l
        WHERE l.issued_card_id = p_card AND l.remaining > 0 AND l.expires_at <= p_at;
        UPDATE ledger_pointslot l SET remaining = 0
        WHERE l.issued_card_id = p_card AND l.remaining > 0 AND l.expires_at <= p_at;
        SELECT min(l.expires_at) INTO v_next FROM ledger_pointslot l
        WHERE l.issued_card_id = p_card AND l.remaining > 0;
    END IF;

    IF p_redeemed > 0 THEN
        INSERT INTO ledger_pointsentry (
            partner_id, issued_card_id, transaction_id, shop_id, kind, points, business_key, actor_kind, actor_id,
            reason, occurred_at
        ) VALUES (
            p_partner, p_card, transaction_id, p_shop, 'redeem', -p_redeemed, 'sale:' || transaction_id || ':redeem',
            p_actor_kind, p_actor_id, '', p_occurred
        );
        v_need := p_redeemed;
        FOR v_lot IN
            SELECT l.id, l.remaining FROM ledger_pointslot l
            WHERE l.issued_card_id = p_card AND l.remaining > 0 AND (l.available_at IS NULL OR l.available_at <= p_at)
            ORDER BY l.earned_at, l.id
        LOOP
            v_take := least(v_lot.remaining, v_need);
            UPDATE ledger_pointslot SET remaining = remaining - v_take WHERE id = v_lot.id;
            v_need := v_need - v_take;
            EXIT WHEN v_need = 0;
        END LOOP;
        IF v_need > 0 THEN
            RAISE EXCEPTION 'the lots of issued card % hold % points too few', p_card, v_need;
        END IF;
    END IF;

    IF p_awarded > 0 THEN
        INSERT INTO ledger_pointsentry (
            partner_id, issued_card_id, transaction_id, shop_id, kind, points, business_key, actor_kind, actor_id,
            reason, occurred_at
        ) VALUES (
            p_partner, p_card, transaction_id, p_shop, 'earn', p_awarded, 'sale:' || transaction_id || ':earn',
            p_actor_kind, p_actor_id, '', p_occurred
        ) RETURNING id INTO v_entry;
        IF v_new > 0 THEN
            INSERT INTO ledger_pointslot (
                partner_id, issued_card_id, entry_id, issuing_shop_id, points, remaining, earned_at, expires_at
            ) VALUES (p_partner, p_card, v_entry, p_shop, v_new, v_new - v_lapsed, p_occurred, p_expires);
        END IF;
        IF v_lapsed > 0 THEN
            INSERT INTO ledger_pointsentry (
                partner_id, issued_card_id, kind, points, business_key, actor_kind, reason, occurred_at
            ) VALUES (p_partner, p_card, 'expire', -v_lapsed, 'sale:' || transaction_id || ':lapse', 'system', '', p_expires);
        ELSIF v_new > 0 THEN
            v_next := least(v_next, p_expires);
        END IF;
    END IF;

    UPDATE ledger_pointsbalance b SET
        balance = balance_after,
        debt = debt_after,
        earned = b.earned + p_awarded,
        redeemed = b.redeemed + p_redeemed,
        expired = b.expired + v_expired + v_lapsed,
        next_expiry_at = v_next,
        updated_at = p_at
    WHERE b.issued_card_id = p_card;
END;
$$;
