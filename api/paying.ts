import type { Sql } from '../db/types.ts'
import type { Events } from '../runtime/container.ts'
import type { AttemptDeps } from '../services/payments/attempts/attempt.ts'
import { openAttempt } from '../services/payments/attempts/open.ts'
import type { AttemptView, Paying } from './deps.ts'

/**
 * How long, in ms, the wallet's buyer waits for the order to be settled; after that the order's own page says
 * so.
 */
const waitMs = 5000

/** Pays orders. The wallet pays at once, so its buyer is answered when the order is settled. */
export function createPaying(deps: AttemptDeps & { events: Pick<Events, 'until'> }): Paying {
  return {
    async pay(order, buyer, { channel, payer }): Promise<AttemptView> {
      const attempt = await openAttempt(deps, { order, buyer, channel, payer })
      const { number, state, amount, answer, expiresAt, answerUntil } = attempt
      const view = { number, channel, state, amount, expiresAt: answerUntil ?? expiresAt, answer }
      if (channel !== 'balance') return view
      const settled = await deps.events.until(order, { forMs: waitMs }, () => endOf(deps.sql, number))
      return { ...view, state: settled ?? state }
    },
  }
}

async function endOf(sql: Sql, number: string): Promise<AttemptView['state'] | undefined> {
  const [row] = await sql<{ state: AttemptView['state'] }[]>`
    SELECT state
    FROM attempts
    WHERE number = ${number}
      AND state NOT IN ('opening', 'open')`
  return row?.state
}
