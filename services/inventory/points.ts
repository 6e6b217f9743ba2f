import type { PendingQuery, Row } from 'postgres'
import type { Tx } from '../../db/types.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'

/** A piece of SQL over the order `o`. */
type Amount = PendingQuery<Row[]>

type PointsOfRefund = { refund: RefundNumber; points: bigint }

/**
 * Spends the order's points. A balance below zero is a debt, of points that were spent before the order that
 * had earned them was refunded: while it lasts, nothing can be spent.
 * @throws {Refused} points_insufficient
 */
export async function spendPoints(tx: Tx, order: OrderId): Promise<void> {
  const spent = await tx`
    WITH spent AS (
      UPDATE loyalty l
      SET points = l.points - o.points
      FROM orders o
      WHERE o.id = ${order}
        AND l.user_id = o.buyer_id
        AND l.points >= o.points
      RETURNING l.user_id, o.points)
    INSERT INTO points_movements (user_id, kind, points, order_id)
    SELECT user_id, 'order', -points, ${order}
    FROM spent`
  if (spent.count === 1) return
  const [row] = await tx<{ points: bigint }[]>`
    SELECT greatest(l.points, 0) AS points
    FROM loyalty l
    JOIN orders o ON o.buyer_id = l.user_id
    WHERE o.id = ${order}`
  refuse('points_insufficient', { available: String(row?.points ?? 0n) })
}

/** Undoes `spendPoints`. */
export const returnPoints = (tx: Tx, order: OrderId): Promise<void> =>
  move(tx, { order, kind: 'order_undone', points: tx`o.points` })

/** Points that a refund gives back of those that the order had spent. */
export const refundPoints = (tx: Tx, order: OrderId, { refund, points }: PointsOfRefund): Promise<void> =>
  move(tx, { order, kind: 'refund', refund, points: tx`${points}::bigint` })

/** A paid order earns points and growth for its money: `pointsFor` of domain/points.ts, in SQL. */
export const grantPoints = (tx: Tx, order: OrderId): Promise<void> => {
  const earned = tx`(o.due_fen + o.balance_fen) / 100`
  return move(tx, { order, kind: 'earned', points: earned, growth: earned })
}

/**
 * Takes back what the refunded money had earned, also where the buyer has spent it: the balance may go below
 * zero.
 */
export const takePointsBack = (tx: Tx, order: OrderId, { refund, points }: PointsOfRefund): Promise<void> =>
  move(tx, {
    order,
    kind: 'unearned',
    refund,
    points: tx`-${points}::bigint`,
    growth: tx`-${points}::bigint`,
  })

type Movement = {
  order: OrderId
  kind: 'order_undone' | 'refund' | 'earned' | 'unearned'
  refund?: RefundNumber
  points: Amount
  growth?: Amount
}

/**
 * Adds to (or, below zero, takes from) the points and growth of the order's buyer, with a movement of each;
 * nothing where it is nothing.
 */
async function move(tx: Tx, { order, kind, refund, points, growth }: Movement): Promise<void> {
  await tx`
    WITH change AS (
      SELECT o.buyer_id, ${points} AS points, ${growth ?? tx`0::bigint`} AS growth
      FROM orders o
      WHERE o.id = ${order} AND ${points} <> 0),
    moved AS (
      INSERT INTO loyalty AS l (user_id, points, growth)
      SELECT buyer_id, points, growth
      FROM change
      ON CONFLICT (user_id) DO UPDATE
      SET points = l.points + excluded.points, growth = l.growth + excluded.growth),
    grown AS (
      INSERT INTO growth_movements (user_id, kind, growth, order_id, refund)
      SELECT buyer_id, ${kind}, growth, ${order}, ${refund ?? ''}
      FROM change
      WHERE growth <> 0)
    INSERT INTO points_movements (user_id, kind, points, order_id, refund)
    SELECT buyer_id, ${kind}, points, ${order}, ${refund ?? ''}
    FROM change`
}
