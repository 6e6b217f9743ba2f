import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import { type PlacingStep, placingSteps, type Step } from '../../domain/order.ts'

/** A forward call of a step that has been undone: it must not be done again. */
export class StepUndone extends Error {
  constructor(order: OrderId, step: Step) {
    super(`step ${step} of order ${order} has been undone`)
    this.name = 'StepUndone'
  }
}

/**
 * Does a step's effect at most once, in the transaction that records it: a repeated call does nothing, a call
 * after the undo throws `StepUndone`. An exception in `effect` rolls the record back with it, so refusals are
 * not recorded. A twin in flight is waited for: its row is seen in the later statement, not in the one that
 * waited.
 */
export async function once(
  tx: Tx,
  { order, step }: { order: OrderId; step: Step },
  effect: () => Promise<void>,
): Promise<void> {
  const taken = await tx`
    INSERT INTO steps (order_id, step, state)
    VALUES (${order}, ${step}, 'done')
    ON CONFLICT DO NOTHING`
  if (taken.count === 1) return effect()
  const [left] = await tx<{ state: 'done' | 'undone' }[]>`
    SELECT state
    FROM steps
    WHERE order_id = ${order} AND step = ${step}`
  if (left?.state !== 'done') throw new StepUndone(order, step)
}

/**
 * Records steps of an order whose row this transaction has written itself: nobody can have done or undone any
 * of them.
 */
export async function claimAll(tx: Tx, order: OrderId, steps: readonly Step[]): Promise<void> {
  await tx`
    INSERT INTO steps (order_id, step, state)
    SELECT ${order}, step, 'done'
    FROM unnest(${[...steps]}::text[]) step`
}

/**
 * Marks every placing step of an order as undone and says which of them had been done: those, and only those,
 * the caller reverses in this transaction, in the order of placing, which is the order of locks. A step that
 * never happened leaves a tombstone, which refuses a forward call that arrives late. Forward calls in flight
 * are waited for.
 */
export async function undoAll(tx: Tx, order: OrderId): Promise<PlacingStep[]> {
  const [, turned] = await pipelined(tx, [
    tx`
      INSERT INTO steps (order_id, step, state)
      SELECT ${order}, step, 'undone'
      FROM unnest(${[...placingSteps]}::text[]) step
      ORDER BY step
      ON CONFLICT DO NOTHING`,
    tx<{ step: PlacingStep }[]>`
      UPDATE steps
      SET state = 'undone'
      WHERE order_id = ${order} AND state = 'done'
      RETURNING step`,
  ])
  const done = new Set(turned.map((row) => row.step))
  return placingSteps.filter((step) => done.has(step))
}
