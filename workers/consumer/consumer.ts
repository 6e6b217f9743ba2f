import { randomUUID } from 'node:crypto'
import type { OfferKey } from '../../domain/flash-sale.ts'
import { type PollLoop, runPollLoops } from '../../runtime/poll-loop.ts'
import { reportLateTickets } from '../../services/flash-sales/late-tickets.ts'
import { perOffer } from '../../services/flash-sales/per-offer.ts'
import { preheatDue } from '../../services/flash-sales/preheat.ts'
import { runningOffers } from '../../services/flash-sales/running-offers.ts'
import { stageEntries } from '../../services/flash-sales/stage-tickets.ts'
import { createGateSupervisor } from '../../services/flash-sales/supervise-gate.ts'
import { syncGate } from '../../services/flash-sales/sync-gate.ts'
import type { ConsumerDeps } from './deps.ts'
import { startOrders } from './start-orders.ts'

const batch = 500

/**
 * The ticket consumer: moves granted tickets from Redis into PostgreSQL, starts their orders, syncs the gates
 * with what came of them, and supervises the gates. Many may run; what one leaves behind when it dies,
 * another takes over.
 */
export function startConsumer(deps: ConsumerDeps): { stop(): Promise<void> } {
  const { sql, queue, log } = deps
  const name = `consumer-${randomUUID()}`
  const supervisor = createGateSupervisor(deps, name)
  const reading = perOffer({ log, what: 'staging tickets' }, async (offer) =>
    stageEntries(deps, offer, await queue.read(offer, name, batch)),
  )
  const takingOver = perOffer({ log, what: 'taking over tickets' }, async (offer) =>
    stageEntries(deps, offer, await queue.takeOver(offer, name, { most: batch })),
  )

  let offers: readonly OfferKey[] = []
  const list = async (): Promise<number> => {
    offers = await runningOffers(sql)
    return 0
  }
  const each = (work: typeof reading) => async (): Promise<number> => {
    work.start(offers)
    return 0
  }

  const loops: PollLoop[] = [
    { name: 'preheat what is due', everyMs: 2000, run: () => preheatDue(deps) },
    { name: 'list offers on sale', everyMs: 500, run: list },
    { name: 'stage tickets', everyMs: 30, run: each(reading) },
    { name: 'take over from the dead', everyMs: 1000, run: each(takingOver) },
    { name: 'start orders', everyMs: 50, run: () => startOrders(deps) },
    { name: 'report late tickets', everyMs: 10_000, run: () => reportLateTickets(sql) },
    { name: 'sync the gates', everyMs: 200, run: () => syncGate(deps) },
    { name: 'supervise the gates', everyMs: 1000, run: supervisor.look },
  ]
  const running = runPollLoops(loops, log)
  return {
    async stop() {
      await running.stop()
      await Promise.all([reading.stop(), takingOver.stop()])
      await supervisor
        .resign()
        .catch((error) => log.warn({ error }, 'the leases of the gates run out by themselves'))
    },
  }
}
