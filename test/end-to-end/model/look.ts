import type { StoryShop } from './shop.ts'
import type { ModelSystem } from './system.ts'
import type { CouponState, Visible } from './world.ts'

type BuyerRow = { id: string; wallet: string; points: string; growth: string }
type OrderRow = {
  id: string
  status: string
  payState: string
  amounts: Record<string, string>
  refunded: number[]
  moneyBack: string
}

/** What can be seen of the real shop now, in the model's words. */
export async function look(system: ModelSystem, shop: StoryShop): Promise<unknown> {
  const { sql } = system.container.db
  const people = shop.people.map(({ id }) => id)
  const numbers = [...shop.trades.values()]
  const [buyers, coupons, skus, [offer], orders, backs, { trades }, left] = await Promise.all([
    // A refund to a wallet that is on its way counts as arrived.
    sql<BuyerRow[]>`
      SELECT w.user_id::text AS id,
             (w.balance_fen + COALESCE((
               SELECT sum(r.amount_fen)
               FROM refunds r
               JOIN attempts a ON a.number = r.attempt
               JOIN orders o ON o.id = r.order_id
               WHERE o.buyer_id = w.user_id
                 AND a.provider = 'balance'
                 AND NOT EXISTS (
                   SELECT 1
                   FROM wallet_movements m
                   WHERE m.refund = r.number AND m.kind = 'refund')), 0))::text AS wallet,
             l.points::text AS points,
             l.growth::text AS growth
      FROM wallets w
      JOIN loyalty l USING (user_id)
      WHERE w.user_id = ANY(${people}::bigint[])`,
    sql<{ id: string; state: CouponState }[]>`
      SELECT id::text AS id, state
      FROM user_coupons
      WHERE user_id = ANY(${people}::bigint[])`,
    sql<{ id: string; onHand: number; reserved: number; sales: number }[]>`
      SELECT k.id::text AS id,
             sum(s.on_hand)::int AS "onHand",
             sum(s.reserved)::int AS reserved,
             k.sales::int AS sales
      FROM skus k
      JOIN stock s ON s.sku_id = k.id
      WHERE k.id = ANY(${[...shop.skus]}::bigint[])
      GROUP BY k.id`,
    sql<Visible['offer'][]>`
      SELECT quota, granted, sold, ended
      FROM offers
      WHERE session_id = ${shop.offer.session} AND sku_id = ${shop.offer.sku}`,
    sql<OrderRow[]>`
      SELECT o.id::text AS id,
             o.status,
             o.pay_state AS "payState",
             jsonb_build_object(
               'goods', o.goods_fen::text, 'shipping', o.shipping_fen::text, 'coupon', o.coupon_fen::text,
               'points', o.points_fen::text, 'balance', o.balance_fen::text,
               'due', o.due_fen::text) AS amounts,
             ARRAY(
               SELECT COALESCE((
                 SELECT sum(p.quantity)
                 FROM refund_lines p
                 JOIN refunds r ON r.number = p.refund
                 WHERE r.order_id = o.id AND p.line = l.line), 0)::int
               FROM order_lines l
               WHERE l.order_id = o.id
               ORDER BY l.line) AS refunded,
             COALESCE((
               SELECT sum(amount_fen + balance_fen)
               FROM refunds r
               WHERE r.order_id = o.id AND r.cause IN ('cancelled', 'operator')), 0)::text AS "moneyBack"
      FROM orders o
      WHERE o.buyer_id = ANY(${people}::bigint[]) AND o.status <> 'rejected'`,
    sql<{ number: string; back: string }[]>`
      SELECT number::text AS number, (refunding_fen + refunded_fen)::text AS back
      FROM attempts
      WHERE number = ANY(${numbers}::bigint[])`,
    system.sandbox.ledger(),
    system.container.gate.left(shop.offer),
  ])
  const keyOf = new Map([...shop.orders].map(([key, id]) => [id, key]))
  const captured = new Map(trades.map((trade) => [trade.outTradeNo, trade.captured]))
  const backOf = new Map(backs.map(({ number, back }) => [number, back]))
  const stateOf = new Map(coupons.map(({ id, state }) => [id, state]))
  return {
    buyers: shop.people.map(({ id, coupons: own }) => {
      const { id: _, ...has } = buyers.find((row) => row.id === id) ?? { id }
      return {
        ...has,
        ...Object.fromEntries(Object.entries(own).map(([kind, coupon]) => [kind, stateOf.get(coupon)])),
      }
    }),
    skus: shop.skus.map((sku) => {
      const { id: _, ...shelf } = skus.find(({ id }) => id === sku) ?? { id: sku }
      return shelf
    }),
    offer,
    left: offer?.ended ? null : left,
    orders: Object.fromEntries(
      orders
        .map(({ id, ...order }) => [keyOf.get(id) ?? `unknown ${id}`, order] as const)
        .sort(([a], [b]) => a.localeCompare(b)),
    ),
    trades: Object.fromEntries(
      [...shop.trades].map(([key, number]) => [
        key,
        { captured: captured.get(number) ?? '0', back: backOf.get(number) },
      ]),
    ),
  }
}
