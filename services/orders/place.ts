import { pipelined } from '../../db/pipelined.ts'
import type { Sql } from '../../db/types.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { Refused } from '../../domain/refusals.ts'
import { type Confirmed, confirm } from './confirm.ts'
import { openOrder } from './open.ts'
import { reserveInTurn, stepsOf } from './reserve.ts'
import { claimAll } from './steps.ts'

/**
 * The fast path: opens, reserves and confirms the order in one transaction, so that a refusal has nothing to
 * undo; it is written as the order's row and answered as `rejected`. Undefined when the row was there before,
 * unfinished: then only the single steps know how to go on.
 */
export async function placeInOneTransaction(
  sql: Sql,
  input: OrderInput,
  runId: string,
): Promise<Confirmed | undefined> {
  try {
    return await sql.begin(async (tx) => {
      const opened = await openOrder(tx, { input, runId })
      if (!opened.mine || opened.status === 'rejected') return { status: opened.status, payBy: null }
      if (!opened.fresh) return undefined
      const steps = stepsOf(input)
      await pipelined(tx, [
        claimAll(tx, input.orderId, [...steps, 'confirm']),
        reserveInTurn(tx, input.orderId, steps),
      ])
      return await confirm(tx, input.orderId, input.payWithinMs)
    })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { refusal } = error
    const { status } = await sql.begin((tx) => openOrder(tx, { input, runId, refusal }))
    return { status, payBy: null }
  }
}
