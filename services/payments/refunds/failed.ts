import type { Sql, Tx } from '../../../db/types.ts'
import type { OrderId, RefundNumber } from '../../../domain/ids.ts'
import { refuse } from '../../../domain/refusals.ts'
import { clearAttention } from '../../operations/attention.ts'
import { refundArrived } from '../attempts/states.ts'
import { type Refund, refundOf } from './refund.ts'
import { insertReissue, markEnded } from './states.ts'

/**
 * What an operator does about a refund that its provider could not make. `key`: the same one is the same
 * action.
 */
export type ByOperator = { number: RefundNumber; key: string; by: string; note: string }

/** The refund that holds the debt now, and its order. */
export type Acted = { number: RefundNumber; orderId: OrderId }

/**
 * Issues a failed refund (`closed`, `abnormal`) anew, under a number of its own: providers take no second try
 * under the number of a refund that is closed. The failed one is `replaced`; its reservation goes over.
 * Repeated with its key, it answers the same.
 * @throws {Refused} refund_unknown, refund_not_failed, refund_reused
 */
export const reissueRefund = (sql: Sql, action: ByOperator): Promise<Acted> =>
  once(sql, { ...action, kind: 'reissue' }, async (tx, failed) => {
    const number = nextNumber(failed.number)
    await insertReissue(tx, { number, reason: action.note, askedBy: action.by }, failed)
    return number
  })

/**
 * Records that the shop has paid a failed refund by another way, e.g. a bank transfer: nothing is owed any
 * more. Should the provider's own refund succeed later, a human is notified.
 * @throws {Refused} refund_unknown, refund_not_failed, refund_reused
 */
export const recordPaidByHand = (sql: Sql, action: ByOperator): Promise<Acted> =>
  once(sql, { ...action, kind: 'paid_by_hand' }, async (tx, failed) => {
    await markEnded(tx, failed.number, { state: 'success', paidTo: 'by_hand' })
    await refundArrived(tx, failed.attempt, failed.amount)
    return failed.number
  })

/**
 * Does an action on a failed refund, under its row lock, and writes down who did it and why, in one
 * transaction.
 */
function once(
  sql: Sql,
  { kind, number, key, by, note }: ByOperator & { kind: 'reissue' | 'paid_by_hand' },
  act: (tx: Tx, failed: Refund) => Promise<RefundNumber>,
): Promise<Acted> {
  return sql.begin(async (tx) => {
    const refund = await refundOf(tx, number, 'lock')
    if (!refund) return refuse('refund_unknown', { number })
    const [before] = await tx<{ same: boolean; result: RefundNumber }[]>`
      SELECT action = ${kind} AND note = ${note} AS same,
             result
      FROM refund_actions
      WHERE refund = ${number}
        AND key = ${key}`
    if (before)
      return before.same
        ? { number: before.result, orderId: refund.orderId }
        : refuse('refund_reused', { key })
    if (refund.state !== 'closed' && refund.state !== 'abnormal')
      return refuse('refund_not_failed', { state: refund.state })
    const result = await act(tx, refund)
    await tx`
      INSERT INTO refund_actions (refund, key, action, asked_by, note, result)
      VALUES (${number}, ${key}, ${kind}, ${by}, ${note}, ${result})`
    await clearAttention(tx, 'refund_failed', number)
    return { number: result, orderId: refund.orderId }
  })
}

/** `order-1-x` → `order-1-x-r2` → `order-1-x-r3`: short and plain, as providers want it. */
function nextNumber(failed: RefundNumber): RefundNumber {
  const { base, tries } = /^(?<base>.*?)(?:-r(?<tries>\d+))?$/s.exec(failed)?.groups ?? {}
  return `${base}-r${Number(tries ?? 1) + 1}` as RefundNumber
}
