-- The rows of one used coupon, written by one statement: anchor, coupon. There are more than it can use in its time, or
-- else it writes one twice.
\set n :n + 1
\set coupon :first + (:client_id + :n * 16) % :coupons
WITH b AS (
    SELECT b.issued_card_id FROM ledger_pointsbalance b JOIN games_coupon c ON c.issued_card_id = b.issued_card_id
    WHERE c.id = :coupon::bigint FOR UPDATE OF b
)
UPDATE games_coupon c SET
    status = 'redeemed', pending_at = NULL, pending_shop_id = NULL, redeemed_at = now(), redeemed_shop_id = :shop::bigint,
    redeemed_actor_kind = 'credential', redeemed_actor_id = :credential::bigint, notes = ''
FROM b WHERE c.id = :coupon::bigint AND (c.expires_at IS NULL OR c.expires_at > now());
