import type { Sql, Tx } from '../../db/types.ts'
import type { OrderStatus } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { giveBack } from '../flash-sales/offers.ts'
import { checkOrder } from './check-order.ts'
import { insertOrder } from './insert-order.ts'
import { readFacts } from './order-facts.ts'

/**
 * `mine`: the row belongs to this workflow execution. Another one's row is an answer to repeat, not an order
 * to work on. `fresh`: this transaction has written the row, so nobody else can have done anything for it
 * yet.
 */
export type Opened = { mine: boolean; fresh: boolean; status: OrderStatus }

type Stored = { runId: string; status: OrderStatus }

/**
 * Writes the order's row, once, with everything as it is at this moment: `placing`, or `rejected` with why.
 * Goods, prices, address, coupon, points, limits and amounts are checked in the same transaction. A rejected
 * flash order gives its ticket back. Never throws a refusal.
 * @param runId the workflow's first execution
 * @param refusal one that is known already, to be written
 */
export async function openOrder(
  tx: Tx,
  { input, runId, refusal }: { input: OrderInput; runId: string; refusal?: Refusal },
): Promise<Opened> {
  const facts = await readFacts(tx, input)
  const verdict = { ...checkOrder(input, facts, new Date()), ...(refusal ? { refusal } : {}) }
  if (await insertOrder(tx, { input, runId, facts, verdict })) {
    if (verdict.refusal) await giveBack(tx, input.orderId, { why: verdict.refusal.code })
    return { mine: true, fresh: true, status: verdict.refusal ? 'rejected' : 'placing' }
  }
  const [row] = await tx<Stored[]>`
    SELECT run_id AS "runId", status
    FROM orders
    WHERE id = ${input.orderId}`
  if (!row) throw new Error(`order ${input.orderId} conflicts with a row that is not there`)
  return { mine: row.runId === runId, fresh: false, status: row.status }
}

/** Opens the order in a transaction of its own: the first of the single steps. */
export const openAlone = (sql: Sql, input: OrderInput, runId: string): Promise<Opened> =>
  sql.begin((tx) => openOrder(tx, { input, runId }))
