import { randomUUID } from 'node:crypto'
import { type Duty, runDuties } from '../../runtime/poll-loop.ts'
import { type RunningOffer, runningOffers } from '../../services/flash-sales/running-offers.ts'
import { drainOffer } from '../../services/flash-sales/stage-tickets.ts'
import { createKeeper } from '../../services/flash-sales/supervise-gate.ts'
import { tellGate } from '../../services/flash-sales/sync-gate.ts'
import type { DrainDeps } from './deps.ts'
import { startOrders } from './start-orders.ts'

const batch = 500

/**
 * The drain: moves granted tickets from Redis into PostgreSQL, starts their orders, tells the gate what came of them, and keeps the gates. Many may
 * run; what one leaves behind when it dies, another takes over.
 */
export function startDrain(deps: DrainDeps): { stop(): Promise<void> } {
  const name = `drain-${randomUUID()}`
  const keeper = createKeeper(deps, name)
  let offers: RunningOffer[] = []

  /** Every offer's queue at once; one that fails does not hold up the others. */
  const eachOffer = async (
    entriesOf: (offer: RunningOffer) => Promise<Parameters<typeof drainOffer>[2]>,
  ): Promise<number> => {
    const found = await Promise.all(
      offers.map(async (offer) => {
        try {
          return await drainOffer(deps, offer, await entriesOf(offer))
        } catch (error) {
          deps.log.warn(
            { error, session: offer.session, sku: offer.sku },
            'a queue is drained again in a moment',
          )
          return 0
        }
      }),
    )
    return found.reduce((sum, count) => sum + count, 0)
  }
  const list = async (): Promise<number> => {
    offers = [...(await runningOffers(deps.db.sql))]
    return 0
  }

  const duties: Duty[] = [
    { name: 'list offers on sale', everyMs: 500, run: list },
    {
      name: 'stage tickets',
      everyMs: 30,
      run: () => eachOffer((offer) => deps.queue.read(offer, name, batch)),
    },
    {
      name: 'take over from the dead',
      everyMs: 1000,
      run: () => eachOffer((offer) => deps.queue.takeOver(offer, name, batch)),
    },
    { name: 'start orders', everyMs: 50, run: () => startOrders(deps) },
    { name: 'tell the gate', everyMs: 200, run: () => tellGate(deps) },
    { name: 'keep the gates', everyMs: 1000, run: keeper.look },
  ]
  const running = runDuties(duties, deps.log)
  return {
    async stop() {
      await running.stop()
      await keeper
        .resign()
        .catch((error) => deps.log.warn({ error }, 'the keeper’s lease runs out by itself'))
    },
  }
}
