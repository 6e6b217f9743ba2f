import { randomUUID } from 'node:crypto'
import { type PollLoop, runPollLoops } from '../../runtime/poll-loop.ts'
import { type RunningOffer, runningOffers } from '../../services/flash-sales/running-offers.ts'
import { stageEntries } from '../../services/flash-sales/stage-tickets.ts'
import { createGateSupervisor } from '../../services/flash-sales/supervise-gate.ts'
import { syncGate } from '../../services/flash-sales/sync-gate.ts'
import type { ConsumerDeps } from './deps.ts'
import { startOrders } from './start-orders.ts'

const batch = 500

/**
 * The consumer: moves granted tickets from Redis into PostgreSQL, starts their orders, tells the gate what came of them, and keeps the gates. Many may
 * run; what one leaves behind when it dies, another takes over.
 */
export function startConsumer(deps: ConsumerDeps): { stop(): Promise<void> } {
  const name = `consumer-${randomUUID()}`
  const supervisor = createGateSupervisor(deps, name)
  let offers: RunningOffer[] = []

  /** Every offer's queue at once; one that fails does not hold up the others. */
  const eachOffer = async (
    entriesOf: (offer: RunningOffer) => Promise<Parameters<typeof stageEntries>[2]>,
  ): Promise<number> => {
    const found = await Promise.all(
      offers.map(async (offer) => {
        try {
          return await stageEntries(deps, offer, await entriesOf(offer))
        } catch (error) {
          deps.log.warn(
            { error, session: offer.session, sku: offer.sku },
            'a queue is consumed again in a moment',
          )
          return 0
        }
      }),
    )
    return found.reduce((sum, count) => sum + count, 0)
  }
  const list = async (): Promise<number> => {
    offers = [...(await runningOffers(deps.sql))]
    return 0
  }

  const duties: PollLoop[] = [
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
    { name: 'tell the gate', everyMs: 200, run: () => syncGate(deps) },
    { name: 'keep the gates', everyMs: 1000, run: supervisor.look },
  ]
  const running = runPollLoops(duties, deps.log)
  return {
    async stop() {
      await running.stop()
      await supervisor
        .resign()
        .catch((error) => deps.log.warn({ error }, 'the supervisor’s lease runs out by itself'))
    },
  }
}
