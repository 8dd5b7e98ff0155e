-- The rows of one sale with points, written by one statement: balance, transaction, entry, lot.
\set n :n + 1
\set card :first_card + random(0, :cards - 1)
\set cents random(100, 20000)
\set points :cents / 100
WITH b AS (
    UPDATE ledger_pointsbalance SET balance = balance + :points::integer, earned = earned + :points::integer,
        next_expiry_at = least(next_expiry_at, now() + interval '365 days'), updated_at = now()
    WHERE issued_card_id = :card::bigint RETURNING balance, debt, customer_id
), t AS (
    INSERT INTO ledger_transaction (
        partner_id, type, status, source, order_id, shop_id,
        customer_id, issued_card_id, credential_id, order_total,
        points_discount_amount, amount, currency, points_awarded, points_redeemed,
        points_balance, points_debt, category, items_count, description, meta_data, occurred_at, local_on, fingerprint
    ) SELECT
        :partner::bigint, 'purchase', 'completed', 'till', 'P' || :run::bigint || '-' || :client_id::bigint || '-' || :n::bigint, :shop::bigint,
        b.customer_id, :card::bigint, :credential::bigint, :cents::numeric / 100,
        0, :cents::numeric / 100, 'EUR', :points::integer, 0,
        b.balance, b.debt, '', 0, '', '{}', now(), current_date,
        '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    FROM b RETURNING id
), e AS (
    INSERT INTO ledger_pointsentry (
        partner_id, issued_card_id, transaction_id, shop_id, kind, points, business_key,
        actor_kind, actor_id, reason, occurred_at
    ) SELECT
        :partner::bigint, :card::bigint, t.id, :shop::bigint, 'earn', :points::integer, 'sale:' || t.id || ':' || 'earn',
        'credential', :credential::bigint, '', now()
    FROM t RETURNING id
)
INSERT INTO ledger_pointslot (
    partner_id, issued_card_id, entry_id, issuing_shop_id, points, remaining, earned_at, expires_at
) SELECT
    :partner::bigint, :card::bigint, e.id, :shop::bigint, :points::integer, :points::integer, now(), now() + interval '365 days'
FROM e;
