-- A sale in one statement: read what the rules need, and record at once where the caller foresaw it rightly.
--
-- The figures of a sale follow from the card programme's rules, and those rarely change. So the caller, who remembers
-- the programme that the last sale of this shop met, computes the figures from it and names it with the version of its
-- row. Only if that very version is what applies to this sale, and nothing else stands in the way, is the sale recorded
-- here; otherwise `context` says what was found, nothing is written, and the caller begins again from that.

-- All that a sale needs to know. Whatever belongs to another partner is not found. The card is the one that the till
-- named, else the one of the customer that is of most use here: of the programme asked for, valid at this shop, not
-- blocked, the oldest. `version` differs after every change of its programme, by whomever; `offers` is the same text as
-- long as the same offers apply with the same figures. STABLE: all statements in here see one snapshot, the caller's.
CREATE FUNCTION ledger_sale_context(
    p_partner bigint, p_customer bigint, p_email text, p_issued_card bigint, p_card text, p_shop bigint,
    p_programme bigint, p_categories text[], p_products text[], p_occurred timestamptz,
    OUT is_shop_known boolean, OUT is_programme_known boolean, OUT named_id bigint,
    OUT customer_id bigint, OUT customer_email text,
    OUT card_id bigint, OUT card_number text, OUT programme_id bigint, OUT is_blocked boolean, OUT is_earning boolean,
    OUT is_valid_at_shop boolean, OUT version text,
    OUT points_enabled boolean, OUT points_per_currency numeric, OUT currency_amount numeric, OUT round_points_up boolean,
    OUT min_points_per_purchase integer, OUT max_points_per_purchase integer, OUT points_per_visit integer,
    OUT points_expiration_days integer, OUT points_redemption_enabled boolean,
    OUT points_per_currency_redemption numeric, OUT currency_amount_redemption numeric,
    OUT min_points_for_redemption integer, OUT max_points_per_redemption integer,
    OUT excluded_categories text[], OUT excluded_products text[],
    OUT offers text, OUT offer_products json
) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    v_holder bigint;
BEGIN
    is_shop_known := p_shop IS NULL OR EXISTS (
        SELECT FROM partners_shop s WHERE s.id = p_shop AND s.partner_id = p_partner);
    is_programme_known := p_programme IS NULL OR EXISTS (
        SELECT FROM cards_card k WHERE k.id = p_programme AND k.partner_id = p_partner AND k.deleted_at IS NULL);

    -- An id beside a number or QR code must mean the same card.
    IF p_card IS NULL THEN
        IF p_issued_card IS NOT NULL THEN
            SELECT i.id, i.customer_id INTO named_id, v_holder FROM cards_issuedcard i
            WHERE i.id = p_issued_card AND i.partner_id = p_partner;
        END IF;
    ELSIF length(p_card) = 32 THEN
        SELECT i.id, i.customer_id INTO named_id, v_holder FROM cards_issuedcard i
        WHERE i.partner_id = p_partner AND i.qr_value = p_card::uuid AND (p_issued_card IS NULL OR i.id = p_issued_card);
    ELSE
        SELECT i.id, i.customer_id INTO named_id, v_holder FROM cards_issuedcard i
        WHERE i.partner_id = p_partner AND i.number = p_card AND (p_issued_card IS NULL OR i.id = p_issued_card);
    END IF;

    IF p_customer IS NOT NULL THEN
        SELECT c.id, c.email INTO customer_id, customer_email FROM customers_customer c
        WHERE c.id = p_customer AND c.partner_id = p_partner;
    ELSIF p_email IS NOT NULL THEN
        SELECT c.id, c.email INTO customer_id, customer_email FROM customers_customer c
        WHERE c.partner_id = p_partner AND lower(c.email) = lower(p_email);
    ELSIF named_id IS NOT NULL THEN
        SELECT c.id, c.email INTO customer_id, customer_email FROM customers_customer c
        WHERE c.id = v_holder AND c.partner_id = p_partner;
    END IF;

    IF ledger_sale_context.customer_id IS NOT NULL THEN
        SELECT i.id, i.number, k.id, i.status <> 'active', k.is_active AND k.deleted_at IS NULL AND valid.here, valid.here,
               k.xmin::text || k.ctid::text, k.points_enabled, k.points_per_currency, k.currency_amount, k.round_points_up,
               k.min_points_per_purchase, k.max_points_per_purchase, k.points_per_visit, k.points_expiration_days,
               k.points_redemption_enabled, k.points_per_currency_redemption, k.currency_amount_redemption,
               k.min_points_for_redemption, k.max_points_per_redemption
        INTO card_id, card_number, programme_id, is_blocked, is_earning, is_valid_at_shop,
             version, points_enabled, points_per_currency, currency_amount, round_points_up,
             min_points_per_purchase, max_points_per_purchase, points_per_visit, points_expiration_days,
             points_redemption_enabled, points_per_currency_redemption, currency_amount_redemption,
             min_points_for_redemption, max_points_per_redemption
        FROM cards_issuedcard i
        JOIN cards_card k ON k.id = i.card_id
        CROSS JOIN LATERAL (
            SELECT NOT EXISTS (SELECT FROM cards_cardshop cs WHERE cs.card_id = k.id)
                OR EXISTS (SELECT FROM cards_cardshop cs WHERE cs.card_id = k.id AND cs.shop_id = p_shop) AS here
            OFFSET 0
        ) AS valid
        WHERE i.customer_id = ledger_sale_context.customer_id AND (named_id IS NULL OR i.id = named_id)
        ORDER BY k.id = p_programme DESC NULLS LAST, k.is_active AND k.deleted_at IS NULL AND valid.here DESC,
                 i.status = 'active' DESC, i.id
        LIMIT 1;
    END IF;

    -- Goods that earn nothing.
    IF p_categories <> '{}' THEN
        SELECT array_agg(g.key) INTO excluded_categories FROM partners_category g
        WHERE g.partner_id = p_partner AND NOT g.earns_points AND g.key = ANY (p_categories);
    END IF;
    IF p_products <> '{}' THEN
        SELECT array_agg(p.external_id) INTO excluded_products
        FROM partners_product p LEFT JOIN partners_category g ON g.id = p.category_id
        WHERE p.partner_id = p_partner AND p.external_id = ANY (p_products)
          AND (NOT p.earns_points OR NOT coalesce(g.earns_points, true));
    END IF;

    -- Offers that this very sale gets by itself: multipliers and cashback that are on at its time, in its shop and for
    -- cards of its programme. Told as text, so that two tellings can be compared. Nearly always there are none, and one
    -- look at an index says so.
    IF ledger_sale_context.is_earning THEN
        SELECT json_agg(json_build_object(
                   'id', o.id, 'kind', o.kind, 'figure', coalesce(o.points_multiplier, o.discount_value)::text,
                   'priority', o.priority, 'minimum', o.minimum_purchase::text, 'maximum', o.maximum_discount::text,
                   'product', good.external_id, 'categories', groups.keys
               ) ORDER BY o.id)::text,
               json_object_agg(o.id, found.numbers) FILTER (WHERE found.numbers IS NOT NULL)
        INTO ledger_sale_context.offers, ledger_sale_context.offer_products
        FROM partners_offer o
        LEFT JOIN partners_product good ON good.id = o.product_id
        LEFT JOIN LATERAL (
            WITH RECURSIVE tree AS (
                SELECT oc.category_id AS id FROM partners_offercategory oc WHERE oc.offer_id = o.id
                UNION
                SELECT below.id FROM partners_category below JOIN tree ON below.parent_id = tree.id
            )
            SELECT json_agg(g.key ORDER BY g.key) AS keys, array_agg(g.id) AS ids
            FROM tree JOIN partners_category g ON g.id = tree.id
        ) AS groups ON true
        -- Goods of these groups that the till knows by number only.
        LEFT JOIN LATERAL (
            SELECT json_agg(p.external_id ORDER BY p.external_id) AS numbers FROM partners_product p
            WHERE p.partner_id = p_partner AND p.external_id = ANY (p_products) AND groups.ids IS NOT NULL
              AND (p.category_id = ANY (groups.ids) OR EXISTS (
                  SELECT FROM partners_productcategory pc WHERE pc.product_id = p.id AND pc.category_id = ANY (groups.ids)))
        ) AS found ON true
        WHERE o.partner_id = p_partner AND o.kind IN ('points_multiplier', 'cashback') AND o.is_active
          AND o.deleted_at IS NULL
          AND (o.valid_from IS NULL OR o.valid_from <= p_occurred)
          AND (o.valid_until IS NULL OR o.valid_until > p_occurred)
          AND (NOT EXISTS (SELECT FROM partners_offershop os WHERE os.offer_id = o.id)
               OR EXISTS (SELECT FROM partners_offershop os WHERE os.offer_id = o.id AND os.shop_id = p_shop))
          AND (o.card_ids = '{}' OR ledger_sale_context.programme_id = ANY (o.card_ids));
    END IF;
END;
$$;

-- p_sale: what was reported, what was foreseen (foreseen_*) or decided (customer, issued_card and card are final),
-- and the figures that follow from it.
CREATE FUNCTION ledger_sell(
    p_sale json,
    OUT outcome text, OUT transaction_id bigint, OUT balance_after integer, OUT debt_after integer,
    OUT customer_id bigint, OUT card_id bigint, OUT card_number text, OUT context text
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    s record;
    c record;
    r record;
BEGIN
    SELECT * INTO s FROM json_to_record(p_sale) AS x(
        decided boolean, foreseen boolean, foreseen_programme bigint, foreseen_version text, foreseen_offers text,
        partner bigint, customer bigint, email text, issued_card bigint, card text, shop bigint, programme bigint,
        categories text[], products text[],
        order_id text, fingerprint text, key text, source text, staff bigint, credential bigint,
        order_total numeric, discount numeric, amount numeric, currency text, awarded integer, redeemed integer,
        expires_at timestamptz, category text, description text, meta_data jsonb, lines jsonb,
        occurred_at timestamptz, local_on date, at timestamptz, actor_kind text, actor_id bigint,
        bonus_offer bigint, bonus integer, cashback_offer bigint, cashback integer
    );
    IF s.decided THEN
        customer_id := s.customer;
        card_id := s.issued_card;
        card_number := s.card;
    ELSE
        c := ledger_sale_context(
            s.partner, s.customer, s.email, s.issued_card, s.card, s.shop, s.programme, s.categories, s.products,
            s.occurred_at
        );
        -- Either nobody is named and nobody found, or the foreseen programme is as it was and the card earns. The same
        -- offers apply, and nothing in the cart has to be looked up for them.
        IF s.foreseen IS TRUE AND c.is_shop_known AND c.is_programme_known
            AND c.excluded_categories IS NULL AND c.excluded_products IS NULL
            AND c.offers IS NOT DISTINCT FROM s.foreseen_offers AND c.offer_products IS NULL
            AND (CASE WHEN s.foreseen_programme IS NULL THEN c.customer_id IS NULL AND c.named_id IS NULL
                ELSE c.programme_id = s.foreseen_programme AND c.version = s.foreseen_version
                    AND c.is_earning AND NOT c.is_blocked
                    AND (c.named_id IS NOT NULL OR (s.issued_card IS NULL AND s.card IS NULL
                         AND (s.programme IS NULL OR s.programme = c.programme_id)))
                END)
        THEN
            customer_id := c.customer_id;
            card_id := c.card_id;
            card_number := c.card_number;
        ELSE
            context := row_to_json(c)::text;
            RETURN;
        END IF;
    END IF;
    r := ledger_record_purchase(
        s.partner, s.order_id, decode(s.fingerprint, 'hex'), s.key, s.source,
        s.shop, customer_id, card_id, s.staff, s.credential,
        s.order_total, s.discount, s.amount, s.currency,
        s.awarded, s.redeemed, s.expires_at,
        s.category, s.description, s.meta_data, s.lines,
        s.occurred_at, s.local_on, s.at,
        s.actor_kind, s.actor_id,
        s.bonus_offer, coalesce(s.bonus, 0), s.cashback_offer, coalesce(s.cashback, 0)
    );
    outcome := r.outcome;
    transaction_id := r.transaction_id;
    balance_after := r.balance_after;
    debt_after := r.debt_after;
END;
$$;
