import type { Tx } from '../../db/types.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'

/** Spends the order's points. Refuses with `points_insufficient` when the buyer has fewer. */
export async function spendPoints(tx: Tx, order: OrderId): Promise<void> {
  const spent = await tx`
    WITH spent AS (
      UPDATE loyalty l SET points = l.points - o.points FROM orders o
      WHERE o.id = ${order} AND l.user_id = o.buyer_id AND l.points >= o.points RETURNING o.buyer_id, o.points)
    INSERT INTO points_movements (user_id, kind, points, order_id) SELECT buyer_id, 'order', -points, ${order} FROM spent`
  if (spent.count === 1) return
  const [row] = await tx<
    { points: bigint }[]
  >`SELECT l.points FROM loyalty l JOIN orders o ON o.buyer_id = l.user_id WHERE o.id = ${order}`
  refuse('points_insufficient', { available: String(row?.points ?? 0n) })
}

/** Gives the spent points back. */
export async function returnPoints(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    WITH returned AS (
      UPDATE loyalty l SET points = l.points + o.points FROM orders o
      WHERE o.id = ${order} AND l.user_id = o.buyer_id RETURNING o.buyer_id, o.points)
    INSERT INTO points_movements (user_id, kind, points, order_id) SELECT buyer_id, 'order_undone', points, ${order} FROM returned`
}

/** A paid order earns a point and a unit of growth for each whole yuan of money in it (due and balance; not for points or coupons). */
export async function grantPoints(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    WITH earned AS (SELECT buyer_id, (due_fen + balance_fen) / 100 AS amount FROM orders WHERE id = ${order} AND due_fen + balance_fen >= 100),
    granted AS (
      INSERT INTO loyalty AS l (user_id, points, growth) SELECT buyer_id, amount, amount FROM earned
      ON CONFLICT (user_id) DO UPDATE SET points = l.points + excluded.points, growth = l.growth + excluded.growth),
    grown AS (INSERT INTO growth_movements (user_id, kind, growth, order_id) SELECT buyer_id, 'earned', amount, ${order} FROM earned)
    INSERT INTO points_movements (user_id, kind, points, order_id) SELECT buyer_id, 'earned', amount, ${order} FROM earned`
}

/** What an order earned goes with its money: taken back as far as the buyer still has it. */
export async function takeBackEarned(tx: Tx, order: OrderId, refund: RefundNumber): Promise<void> {
  await tx`
    WITH earned AS (
      SELECT l.user_id, least(l.points, p.points) AS points, least(l.growth, p.points) AS growth
      FROM points_movements p JOIN loyalty l ON l.user_id = p.user_id WHERE p.order_id = ${order} AND p.kind = 'earned' FOR UPDATE OF l),
    taken AS (UPDATE loyalty l SET points = l.points - e.points, growth = l.growth - e.growth FROM earned e WHERE l.user_id = e.user_id),
    shrunk AS (INSERT INTO growth_movements (user_id, kind, growth, order_id, refund) SELECT user_id, 'unearned', -growth, ${order}, ${refund} FROM earned)
    INSERT INTO points_movements (user_id, kind, points, order_id, refund) SELECT user_id, 'unearned', -points, ${order}, ${refund} FROM earned`
}
