-- One page of a partner's transactions, as the JSON that `GET /partners/transactions` answers.
--
-- Functions, because planning such a statement costs twice what running it does, and a function's plan is kept. STABLE:
-- all statements in here see one snapshot, the caller's, so rows, total and places agree.

-- An amount as the JSON number that Python writes for it: 45.0, 0.5, 12.25.
CREATE OR REPLACE FUNCTION ledger_money(amount numeric) RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE WHEN amount = trunc(amount) THEN trunc(amount)::text || '.0' ELSE trim_scale(amount)::text END)::json
$$;

-- The rows of these transactions in this order. Points are signed: a refund takes back what was awarded.
CREATE OR REPLACE FUNCTION ledger_transaction_rows(p_ids bigint[]) RETURNS text
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (
        SELECT '[' || coalesce(string_agg(row_to_json(r)::text, ','), '') || ']' FROM (
            SELECT t.id, to_char(t.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS date,
                   t.type, t.order_id, t.status, t.customer_id, c.name AS customer_name,
                   ledger_money(t.amount) AS amount, t.currency,
                   CASE t.type WHEN 'purchase' THEN t.points_awarded ELSE -t.points_awarded END AS points_awarded,
                   CASE t.type WHEN 'purchase' THEN t.points_redeemed ELSE -t.points_redeemed END AS points_redeemed,
                   nullif(t.category, '') AS category,
                   t.shop_id, s.name AS shop_name, t.staff_id, u.name AS staff_name,
                   ledger_money(ledger_transaction_commission(t.partner_id, t.id)) AS commission
            FROM unnest(p_ids) WITH ORDINALITY AS page(id, place)
            JOIN ledger_transaction t ON t.id = page.id
            LEFT JOIN customers_customer c ON c.id = t.customer_id
            LEFT JOIN partners_shop s ON s.id = t.shop_id
            LEFT JOIN partners_staffmember m ON m.id = t.staff_id
            LEFT JOIN loyalty_user u ON u.id = m.user_id
            ORDER BY page.place
        ) r
    );
END;
$$;

-- p_mark: rows below it are settled (ledger/selectors/settled.py) and known to the caller; null: count them.
-- p_at, p_id, p_position: a known row at or before the page and how many settled rows are newer than it; null: none.
-- pushed: where that row stands now.
-- rows is null where the page cannot be told from what is known: the row stands beyond p_offset, or too much is fresh.
CREATE OR REPLACE FUNCTION ledger_transaction_page(
    p_partner bigint, p_limit integer, p_offset integer, p_mark bigint,
    p_at timestamptz, p_id bigint, p_position integer,
    OUT rows text, OUT mark bigint, OUT settled integer, OUT fresh integer, OUT newly_settled integer,
    OUT pushed integer, OUT first_at timestamptz, OUT first_id bigint, OUT newer integer
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    c_most_fresh CONSTANT integer := 10000;
    v_mark xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_ids bigint[];
BEGIN
    mark := v_mark::text::bigint;
    pushed := 0;
    newer := 0;
    IF p_mark IS NULL THEN
        SELECT count(*) FILTER (WHERE t.xid < v_mark), count(*) FILTER (WHERE t.xid >= v_mark)
        INTO settled, fresh FROM ledger_transaction t WHERE t.partner_id = p_partner;
        newly_settled := 0;
    ELSE
        -- The order and the limit make sure that the kept plan walks the index from its end.
        SELECT count(*), count(*) FILTER (WHERE f.xid < v_mark),
               count(*) FILTER (WHERE (f.occurred_at, f.id) > (p_at, p_id))
        INTO fresh, newly_settled, newer FROM (
            SELECT t.xid, t.occurred_at, t.id FROM ledger_transaction t
            WHERE t.partner_id = p_partner AND t.xid >= p_mark::text::xid8
            ORDER BY t.xid DESC LIMIT c_most_fresh + 1) f;
        IF fresh > c_most_fresh THEN
            RETURN;
        END IF;
    END IF;

    IF p_at IS NULL THEN
        SELECT array_agg(p.id), (array_agg(p.occurred_at))[1] INTO v_ids, first_at FROM (
            SELECT t.id, t.occurred_at FROM ledger_transaction t WHERE t.partner_id = p_partner
            ORDER BY t.occurred_at DESC, t.id DESC LIMIT p_limit OFFSET p_offset) p;
    ELSE
        pushed := p_position + newer;
        IF pushed > p_offset THEN
            RETURN;
        END IF;
        SELECT array_agg(p.id), (array_agg(p.occurred_at))[1] INTO v_ids, first_at FROM (
            SELECT t.id, t.occurred_at FROM ledger_transaction t
            WHERE t.partner_id = p_partner AND (t.occurred_at, t.id) <= (p_at, p_id)
            ORDER BY t.occurred_at DESC, t.id DESC LIMIT p_limit OFFSET p_offset - pushed) p;
    END IF;
    first_id := v_ids[1];
    newer := 0;
    IF p_mark IS NOT NULL AND fresh > 0 AND first_id IS NOT NULL THEN
        SELECT count(*) INTO newer FROM (
            SELECT t.occurred_at, t.id FROM ledger_transaction t
            WHERE t.partner_id = p_partner AND t.xid >= p_mark::text::xid8
            ORDER BY t.xid DESC LIMIT c_most_fresh) f
        WHERE (f.occurred_at, f.id) > (first_at, first_id);
    END IF;
    rows := ledger_transaction_rows(v_ids);
END;
$$;
