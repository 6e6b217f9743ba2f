import type { Tx } from '../../db/types.ts'
import { zero } from '../../domain/money.ts'
import type { OrderStatus } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { Amounts } from '../../domain/price.ts'
import type { Verdict } from './check-order.ts'
import type { OrderFacts } from './order-facts.ts'

export type NewOrder = {
  input: OrderInput
  /** First execution of the workflow that owns the row. */
  runId: string
  facts: OrderFacts
  verdict: Verdict
}

const noAmounts = { goods: zero, shipping: zero, coupon: zero, points: zero, balance: zero, due: zero }

/** Writes an order with its lines and the first line of its log, once. False when there is a row already. */
export async function insertOrder(tx: Tx, { input, runId, facts, verdict }: NewOrder): Promise<boolean> {
  const { amounts, refusal } = verdict
  const { goods, shipping, coupon, points, balance, due } = amounts ?? noAmounts
  const status: OrderStatus = refusal ? 'rejected' : 'placing'
  const lines = amounts ? input.lines.map((line, i) => lineRow(line, i, { facts, amounts })) : []
  const inserted = await tx`
    WITH opened AS (
      INSERT INTO orders
        (id, buyer_id, kind, source, status, payment, run_id, fingerprint,
         goods_fen, shipping_fen, coupon_fen, points_fen, balance_fen, due_fen, points,
         user_coupon_id, address, note, refusal, closed_at)
      VALUES
        (${input.orderId}, ${input.buyerId}, ${input.kind}, ${input.source}, ${status},
         ${input.payment}, ${runId}, ${input.fingerprint},
         ${goods}, ${shipping}, ${coupon}, ${points}, ${balance}, ${due},
         ${amounts ? input.points : '0'},
         ${facts.coupon ? (input.couponId ?? null) : null},
         ${facts.address ? JSON.stringify(facts.address) : null}::jsonb,
         COALESCE((
           SELECT note
           FROM order_notes
           WHERE order_id = ${input.orderId} AND fingerprint = ${input.fingerprint}), ''),
         ${refusal ? JSON.stringify(refusal) : null}::jsonb,
         ${refusal ? new Date() : null})
      ON CONFLICT (id) DO NOTHING
      RETURNING id),
    lines AS (
      INSERT INTO order_lines
        (order_id, line, sku_id, name, image, attributes, unit_price_fen, quantity,
         coupon_fen, points_fen, balance_fen)
      SELECT opened.id, l.*
      FROM opened, jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) AS l (
        line int, sku bigint, name text, image text, attributes jsonb, price bigint, quantity int,
        coupon bigint, points bigint, balance bigint))
    INSERT INTO order_log (order_id, to_status, why)
    SELECT id, ${status}, ${refusal?.code ?? 'opened'}
    FROM opened`
  return inserted.count === 1
}

/** A line as it is at this moment: later edits of the catalogue change no order. */
function lineRow(
  line: OrderInput['lines'][number],
  i: number,
  { facts, amounts }: { facts: OrderFacts; amounts: Amounts },
) {
  const sku = facts.skus.find((candidate) => candidate.id === line.sku)
  const shares = amounts.lines[i]
  if (!sku || !shares) throw new Error(`line ${i} of a checked order has no SKU or no shares`)
  return {
    line: i + 1,
    sku: line.sku,
    name: sku.name,
    image: sku.image,
    attributes: sku.attributes,
    price: line.unitPrice,
    quantity: line.quantity,
    coupon: shares.coupon.toString(),
    points: shares.points.toString(),
    balance: shares.balance.toString(),
  }
}
