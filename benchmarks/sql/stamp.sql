-- The rows of one stamp, written by one statement: anchor, stamp card, event; and where it fills the card, the coupon and
-- the event that says so.
\set card :first_card + random(0, :cards - 1)
\set code random(1, 1000000000000)
WITH b AS (
    SELECT issued_card_id, customer_id FROM ledger_pointsbalance WHERE issued_card_id = :card::bigint FOR UPDATE
), p AS (
    UPDATE games_stampprogress g SET current_step = (g.current_step + 1) % :required::integer, updated_at = now(),
        rounds = g.rounds + (g.current_step + 1) / :required::integer
    FROM b WHERE g.game_id = :game::bigint AND g.issued_card_id = b.issued_card_id
    RETURNING g.id, g.current_step, b.customer_id
), e AS (
    INSERT INTO games_stampevent (
        progress_id, partner_id, action, value, shop_id, actor_kind, actor_id, occurred_at, step_after, filled, fingerprint,
        recorded_at
    ) SELECT p.id, :partner::bigint, 'stamp_added', 1, :shop::bigint, 'credential', :credential::bigint, now(),
             p.current_step, 0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', now()
    FROM p
), c AS (
    INSERT INTO games_coupon (
        partner_id, code, qr_value, status, title, customer_id, issued_card_id, game_id, is_exclusive, points_spent,
        issued_at, redeemed_actor_kind, redemption_reference, notes, reward_type, reward_product_name, minimum_purchase
    ) SELECT :partner::bigint, 'B' || :run::bigint || '-' || :client_id::bigint || '-' || :code::bigint,
             gen_random_uuid(), 'active', '{}', p.customer_id, :card::bigint, :game::bigint, false, 0, now(), '', '', '',
             'free_product', 'Coffee', 0
    FROM p WHERE p.current_step = 0 ON CONFLICT DO NOTHING
)
INSERT INTO games_stampevent (
    progress_id, partner_id, action, value, shop_id, actor_kind, actor_id, occurred_at, step_after, filled, recorded_at
) SELECT p.id, :partner::bigint, 'game_completed', :required::integer, :shop::bigint, 'credential', :credential::bigint,
         now(), 0, 0, now()
FROM p WHERE p.current_step = 0;
