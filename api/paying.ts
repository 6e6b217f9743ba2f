import type { Sql } from '../db/types.ts'
import type { Events } from '../runtime/container.ts'
import { type AttemptDeps, openAttempt } from '../services/payments/attempts.ts'
import type { AttemptView, Paying } from './deps.ts'

/** How long the wallet's buyer waits for the order to be settled; after that the order's own page tells. */
const waitMs = 5000

/** Pays orders. The wallet pays at once, so its buyer is answered when the order is settled. */
export function createPaying(deps: AttemptDeps & { events: Pick<Events, 'until'> }): Paying {
  return {
    async pay(orderId, buyer, { channel, payer }): Promise<AttemptView> {
      const { number, state, amount, answer, expiresAt } = await openAttempt(
        deps,
        orderId,
        buyer,
        channel,
        payer,
      )
      const view = { number, channel, state, amount, expiresAt, answer }
      if (channel !== 'balance') return view
      const settled = await deps.events.until(orderId, waitMs, () => endOf(deps.sql, number))
      return { ...view, state: settled ?? state }
    },
  }
}

async function endOf(sql: Sql, number: string): Promise<AttemptView['state'] | undefined> {
  const [row] = await sql<
    { state: AttemptView['state'] }[]
  >`SELECT state FROM attempts WHERE number = ${number} AND state NOT IN ('opening', 'open')`
  return row?.state
}
