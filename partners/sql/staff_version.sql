-- Whether a partner token still holds, and a text that differs after every change of what stands behind it: session, user,
-- job, partner, plan and shops. Null: it does not hold. A function, because planning the join costs more than running it.
CREATE FUNCTION partners_staff_version(
    p_session uuid, p_user bigint, p_partner bigint, p_realm text, p_token_version integer
) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT concat_ws(' ', s.xmin, s.ctid, u.xmin, u.ctid, m.xmin, m.ctid, p.xmin, p.ctid, l.xmin, l.ctid,
                         (SELECT string_agg(w.shop_id::text, ',' ORDER BY w.shop_id) FROM partners_staffshop w
                          WHERE w.staff_id = m.id))
        FROM loyalty_loginsession s
        JOIN loyalty_user u ON u.id = s.user_id
        JOIN partners_staffmember m ON m.user_id = s.user_id AND m.partner_id = s.partner_id
        JOIN partners_partner p ON p.id = s.partner_id
        JOIN partners_plan l ON l.id = p.plan_id
        WHERE s.id = p_session AND s.user_id = p_user AND s.partner_id = p_partner AND s.realm = p_realm
          AND s.revoked_at IS NULL AND s.token_version = p_token_version AND u.token_version = s.token_version
          AND u.is_active AND m.is_active
    );
END;
$$;
