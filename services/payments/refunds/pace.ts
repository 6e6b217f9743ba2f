import type { Sql } from '../../../db/types.ts'
import type { RefundRules } from '../../../providers/provider.ts'
import { type Refund, refundOf } from './refund.ts'
import { markSent } from './states.ts'

/**
 * Whether a refund may be sent to its provider now: yes, not before, never (the provider would refuse it, and
 * why), or no more (it has ended).
 */
export type Turn =
  | { is: 'now' }
  | { is: 'later'; afterS: number }
  | { is: 'never'; code: string }
  | { is: 'ended' }

type Sent = { mine: boolean; others: number; waitS: number; tooOld: boolean }

/**
 * Takes a refund's turn among those of its attempt, by its provider's rules: a pause between two, so many at
 * the most, so long after the payment. The row says that it was sent before it is, so that two workers never
 * send two refunds in one pause; sending the same one again needs no turn.
 */
export function takeTurn(
  sql: Sql,
  { number, attempt }: Pick<Refund, 'number' | 'attempt'>,
  { pauseMs = 0, most, withinMs }: Partial<RefundRules> = {},
): Promise<Turn> {
  return sql.begin(async (tx): Promise<Turn> => {
    const refund = await refundOf(tx, number, 'lock')
    if (refund?.state !== 'asked') return { is: 'ended' }
    await tx`SELECT 1 FROM attempts WHERE number = ${attempt} FOR UPDATE`
    const [sent] = await tx<Sent[]>`
      SELECT COALESCE(bool_or(r.sent_at IS NOT NULL) FILTER (WHERE r.number = ${number}), false) AS mine,
             count(r.sent_at) FILTER (WHERE r.number <> ${number})::int AS others,
             COALESCE(ceil(extract(epoch FROM
               max(r.sent_at) FILTER (WHERE r.number <> ${number})
                 + ${pauseMs} * interval '1 millisecond' - now())), 0)::int AS "waitS",
             COALESCE(min(a.ended_at) + ${withinMs ?? null}::bigint * interval '1 millisecond' < now(), false)
               AS "tooOld"
      FROM refunds r
      JOIN attempts a ON a.number = r.attempt
      WHERE r.attempt = ${attempt}`
    if (!sent) throw new Error(`refund ${number} is not stored`)
    if (sent.mine) return { is: 'now' }
    if (sent.tooOld) return { is: 'never', code: 'REFUND_PERIOD_OVER' }
    if (most !== undefined && sent.others >= most) return { is: 'never', code: 'TOO_MANY_REFUNDS' }
    if (sent.waitS > 0) return { is: 'later', afterS: sent.waitS }
    await markSent(tx, number)
    return { is: 'now' }
  })
}
