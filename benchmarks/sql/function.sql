-- The same sale through the platform's own database function.
\set n :n + 1
\set card :first_card + random(0, :cards - 1)
\set cents random(100, 20000)
\set points :cents / 100
SELECT * FROM ledger_record_purchase(
    :partner, 'F' || :run::bigint || '-' || :client_id::bigint || '-' || :n::bigint,
    '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', NULL, 'till',
    :shop, :first_customer + :card - :first_card, :card, NULL, :credential,
    :cents::numeric / 100, 0, :cents::numeric / 100, 'EUR',
    :points::integer, 0, now() + interval '365 days',
    '', '', '{}', NULL,
    now(), current_date, now(),
    'credential', :credential
);
