-- The rows of one spin that wins a coupon, written by one statement: anchor, prize, coupon, play.
\set n :n + 1
\set play :first_play + (:client_id + :n * 16) % :plays
\set prize :first_prize + random(0, :prizes - 1)
\set code random(1, 1000000000000)
WITH b AS (
    SELECT b.issued_card_id, b.customer_id FROM ledger_pointsbalance b
    JOIN games_play p ON p.issued_card_id = b.issued_card_id WHERE p.id = :play::bigint FOR UPDATE OF b
), z AS (
    UPDATE games_prize SET awarded = awarded + 1
    WHERE id = :prize::bigint AND is_active AND awarded < stock RETURNING *
), c AS (
    INSERT INTO games_coupon (
        partner_id, code, qr_value, status, title, customer_id, issued_card_id, game_id, prize_id, is_exclusive,
        points_spent, issued_at, redemption_reference, notes, redeemed_actor_kind, reward_type, reward_value, reward_product_name,
        minimum_purchase
    ) SELECT
        :partner::bigint, 'P' || :run::bigint || '-' || :client_id::bigint || '-' || :n::bigint, gen_random_uuid(),
        'active', z.name, b.customer_id, b.issued_card_id, :game::bigint, z.id, false,
        0, now(), '', '', '', z.reward_type, z.reward_value, z.reward_product_name, z.minimum_purchase
    FROM b, z RETURNING id, prize_id
)
UPDATE games_play SET
    status = 'completed', completed_at = now(), coupon_id = c.id, prize_id = c.prize_id, client_seed = 'benchmark',
    result = jsonb_build_object('drawn', c.prize_id::text, 'counter', 0, 'skipped', '[]'::jsonb)
FROM c WHERE games_play.id = :play::bigint;
