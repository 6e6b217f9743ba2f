import type { Tx } from '../../db/types.ts'
import type { StatementOf } from './fetch.ts'

/**
 * Stores what we hold for done and the provider's statements do not list; answers how many were new. The
 * provider's own time of a payment lies between our request and its notification, so it is missing when none
 * of those days' statements lists it, and all of them are here. What was notified in a day's last minutes may
 * be in the next day's statement: it is looked for with that one.
 */
export async function findMissing(tx: Tx, of: StatementOf, statement: bigint): Promise<number> {
  const { provider, date } = of
  const begin = tx`((${date}::date::timestamp AT TIME ZONE 'Asia/Shanghai') - ${border}::interval)`
  const payments = await tx`
    WITH ours AS (
      SELECT a.number AS attempt, a.order_id, n.number AS subject, n.amount_fen AS fen, a.opened_at AS since
      FROM notifications n
      JOIN attempts a ON a.number = n.attempt
      WHERE n.provider = ${provider}
        AND n.kind = 'payment'
        AND (n.outcome = 'paid' OR n.outcome LIKE 'refund %')
        AND n.received_at >= ${begin}
        AND n.received_at < ${begin} + interval '1 day'
    )
    ${keep(tx, { of, statement, kind: 'payment', difference: 'missing_there' })}`
  const refunds = await tx`
    WITH ours AS (
      SELECT r.attempt, r.order_id, r.number AS subject, r.amount_fen AS fen, r.created_at AS since
      FROM refunds r
      JOIN attempts a ON a.number = r.attempt
      WHERE a.provider = ${provider}
        AND r.state = 'success'
        AND r.paid_to = 'source'
        AND r.amount_fen > 0
        AND r.ended_at >= ${begin}
        AND r.ended_at < ${begin} + interval '1 day'
    )
    ${keep(tx, { of, statement, kind: 'refund', difference: 'refund_missing_there' })}`
  return payments.count + refunds.count
}

/** Days between request and notification, at the most; what took longer is not looked for. */
const longest = 31

/** How far the provider's clock and ours may be apart. */
const border = '10 minutes'

type Missing = {
  of: StatementOf
  statement: bigint
  kind: 'payment' | 'refund'
  difference: 'missing_there' | 'refund_missing_there'
}

/**
 * What comes after `WITH ours AS (…)`: stores those of `ours` that no statement lists, where all statements
 * of their days are here.
 */
const keep = (tx: Tx, { of: { provider, date }, statement, kind, difference }: Missing) => tx`
  , days AS (
    SELECT id, date::date AS day
    FROM statements
    WHERE provider = ${provider}
      AND kind = 'trade'
      AND date BETWEEN to_char(${date}::date - ${longest}::int, 'YYYY-MM-DD') AND ${date}
      AND (matched_at IS NOT NULL OR id = ${statement})
  )
  INSERT INTO reconciliation (provider, date, difference, subject, order_id, details)
  SELECT DISTINCT
         ${provider}, ${date}, ${difference}, o.subject, o.order_id,
         jsonb_build_object('attempt', o.attempt::text, 'here', o.fen::text)
  FROM ours o
  CROSS JOIN LATERAL (
    SELECT (o.since AT TIME ZONE 'Asia/Shanghai' - ${border}::interval)::date AS first,
           ${date}::date AS last
  ) span
  WHERE (SELECT count(*) FROM days WHERE day BETWEEN span.first AND span.last) = span.last - span.first + 1
    AND NOT EXISTS (
      SELECT 1
      FROM statement_entries e
      JOIN days d ON d.id = e.statement AND d.day BETWEEN span.first AND span.last
      WHERE e.kind = ${kind}
        AND e.number = o.subject
    )
  ON CONFLICT ON CONSTRAINT difference_once DO NOTHING`
