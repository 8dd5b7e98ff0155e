"""Proving payouts, invoices and bank files against the statements that ask for them, one set-based query each."""

from commissions.selectors.statement_checks import MINE, Check

# A file is one partner's where one of its payments is.
_MY_RUN = f"""EXISTS (SELECT FROM commissions_payout p LEFT JOIN commissions_payoutrunitem i ON i.payout_id = p.id
    WHERE {MINE.format("p")} AND i.run_id = r.id OR %(partner)s::bigint IS NULL)"""
# Every quantifier takes as little as it can, so that a payment ends before the next one begins.
_PAYMENT = (
    r"<EndToEndId>([^<]*?)</EndToEndId>.*?<InstdAmt Ccy=.EUR.>([^<]*?)</InstdAmt>.*?<CdtrAcct>.*?<IBAN>([^<]*?)</IBAN>"
)
_FILE_AGAINST_ROWS = f"""
SELECT f.number AS told_number, f.amount AS told, f.iban AS told_iban, i.number, i.amount, i.iban
FROM (
    SELECT found[1] AS number, found[2]::numeric AS amount, found[3] AS iban
    FROM regexp_matches(r.file, '{_PAYMENT}', 'g') AS found
) AS f
FULL JOIN (
    SELECT p.number, i.amount, i.iban FROM commissions_payoutrunitem i JOIN commissions_payout p ON p.id = i.payout_id
    WHERE i.run_id = r.id
) AS i ON i.number = f.number AND i.amount = f.amount AND i.iban = f.iban
WHERE f.number IS NULL OR i.number IS NULL
"""
PAYOUT_CHECKS = (
    Check(
        "payouts",
        "I2, I10: an issued statement that asks for money has one payout or invoice of that; both are paid, or none",
        f"""
        SELECT s.id, format('asks for %%s %%s, %%s; %%s is %%s %%s %%s, %%s', s.settled, s.currency, s.status,
                            coalesce(p.number, 'no payout'), p.direction, p.amount, p.currency, p.status)
        FROM commissions_statement s FULL JOIN commissions_payout p ON p.statement_id = s.id
        WHERE (({MINE.format("s")} AND s.number IS NOT NULL AND s.settled <> 0)
               OR ({MINE.format("p")} AND p.id IS NOT NULL))
          AND (p.partner_id, p.currency, p.amount, p.direction, p.status = 'paid') IS DISTINCT FROM
              (s.partner_id, s.currency, abs(s.settled), CASE WHEN s.settled > 0 THEN 'invoice' ELSE 'payout' END,
               s.status = 'settled')
        """,
    ),
    Check(
        "bank_files",
        "A bank file holds its payments and their sum; a live payment is of a payout that was issued by file or paid",
        f"""
        SELECT r.id, format('%%s says %%s payments, %%s; has %%s, %%s', r.message_id, r.count, r.total, count(i.id),
                            coalesce(sum(i.amount), 0))
        FROM commissions_payoutrun r LEFT JOIN commissions_payoutrunitem i ON i.run_id = r.id
        WHERE {_MY_RUN}
        GROUP BY r.id HAVING r.count <> count(i.id) OR r.total IS DISTINCT FROM sum(i.amount)
        UNION ALL
        SELECT r.id, format('%%s is not the file that was made: its checksum is another one', r.message_id)
        FROM commissions_payoutrun r
        WHERE {_MY_RUN} AND r.checksum <> encode(sha256(convert_to(r.file, 'UTF8')), 'hex')
        UNION ALL
        SELECT r.id, format('%%s pays %%s to %%s of %%s in its file, and %%s to %%s of %%s by its rows', r.message_id,
                            x.told, x.told_iban, x.told_number, x.amount, x.iban, x.number)
        FROM commissions_payoutrun r, LATERAL ({_FILE_AGAINST_ROWS}) AS x WHERE {_MY_RUN}
        UNION ALL
        SELECT r.id, format('%%s, %%s, pays %%s of %%s for %%s, which is %%s by %%s', r.message_id, r.status, i.amount,
                            p.amount, p.number, p.status, p.method)
        FROM commissions_payoutrunitem i JOIN commissions_payoutrun r ON r.id = i.run_id
        JOIN commissions_payout p ON p.id = i.payout_id
        WHERE {MINE.format("p")} AND (i.amount <> p.amount OR (i.is_live AND (r.status <> 'live'
           OR p.method <> 'bank_file' OR p.status NOT IN ('issued', 'paid'))))
        """,
    ),
    Check(
        "payout_numbers",
        "The numbers of payouts and of invoices have no gaps; the audit trail tells once that each was made and paid",
        f"""
        SELECT 0, format('%%s %%s numbers up to %%s, the last given is %%s', n.count, direction, n.max, s.last)
        FROM (
            SELECT direction, count(*), max(split_part(number, '-', 2)::int) FROM commissions_payout GROUP BY direction
        ) AS n
        FULL JOIN commissions_payoutseries s USING (direction)
        WHERE (n.count, n.max) IS DISTINCT FROM (s.last::bigint, s.last)
        UNION ALL
        SELECT p.id, format('%%s: made %%s times, paid %%s times', p.number, a.made, a.paid)
        FROM commissions_payout p, LATERAL (
            SELECT count(*) FILTER (WHERE a.action = 'commission.payout_created') AS made,
                   count(*) FILTER (WHERE a.action = 'commission.payout_paid') AS paid
            FROM loyalty_auditevent a WHERE a.target_type = 'commissions.payout' AND a.target_id = p.id::text
        ) AS a
        WHERE {MINE.format("p")} AND (a.made <> 1 OR a.paid <> (p.status = 'paid')::int)
        """,
    ),
)
