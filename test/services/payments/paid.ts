import type { AttemptNumber } from '../../../domain/ids.ts'
import type { ShopOfFile } from '../../support/use-shop.ts'
import { type Payable, payable } from './resolving.ts'

/** How a buyer's own cancellation refunds an order. */
export const calledOff = { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: '20001' } as const

/** Orders of a file's shop that are paid, and the money on their attempts. */
export const paidIn = ({ sql, shop, till }: ShopOfFile) => ({
  async paid(): Promise<Payable> {
    const made = await payable(sql, shop, till)
    await till.notify(await till.facts(made.attempt))
    return made
  },
  async money(attempt: AttemptNumber) {
    const [row] = await sql<{ captured: bigint; refunding: bigint; refunded: bigint }[]>`
      SELECT captured_fen AS captured, refunding_fen AS refunding, refunded_fen AS refunded
      FROM attempts
      WHERE number = ${attempt}`
    return row
  },
})
