import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { migrate } from '../db/migrate.ts'
import type { OfferKey, TicketId } from '../domain/flash-sale.ts'
import type { UserId } from '../domain/ids.ts'
import { appEnvironment } from '../local/environment.ts'
import { keysOf } from '../local/keys.ts'
import { startServers } from '../local/servers/start.ts'
import { endLeftovers, removeState } from '../local/state.mjs'
import { type Container, openContainer } from '../runtime/container.ts'
import { consumerVariables, readEnv } from '../runtime/environment.ts'
import { startConsumer } from '../workers/consumer/consumer.ts'
import { consumerDeps } from '../workers/consumer/deps.ts'
import { type Figure, inParallel, say } from './figures.ts'
import { openedOffer } from './offer.ts'
import { makeShop, type Shop } from './shop.ts'

const orders = 1500

/**
 * One consumer beside bare starts: from tickets that lie in Redis's queue to workflows that Temporal has
 * started, staging and bookkeeping in between. The same client and as many starts in flight on both sides; no
 * worker polls, so that nothing else is measured.
 */
export async function benchConsumer(rounds: number): Promise<Figure[]> {
  const stateDir = fileURLToPath(new URL('../.floodgate/bench', import.meta.url))
  await endLeftovers(stateDir)
  removeState(stateDir)
  say('starting the servers')
  const servers = await startServers({ stateDir, usualPorts: false })
  await migrate(servers.databaseUrl)
  const env = readEnv(consumerVariables, {
    ...appEnvironment({ servers, appPort: 0, sandboxPort: 0 }, await keysOf(stateDir)),
    LOG_LEVEL: 'error',
    ORDERS_QUEUE: 'orders-nobody',
  })
  const container = await openContainer(env)
  try {
    const shop = await makeShop(container.db, container.ids)
    const figures = { ratio: [] as number[], ours: [] as number[], bare: [] as number[] }
    await bareStarts(container, 200, env.CONSUMER_STARTS_IN_FLIGHT)
    for (let round = 1; round <= rounds; round++) {
      const offer = await queueUp(container, shop, orders)
      const ours = await consumed(container, env, offer)
      const bare = await bareStarts(container, orders, env.CONSUMER_STARTS_IN_FLIGHT)
      figures.ratio.push(bare / ours)
      figures.ours.push((orders * 1000) / ours)
      figures.bare.push((orders * 1000) / bare)
      say(
        `round ${round} of ${rounds}: ${((orders * 1000) / ours).toFixed(0)} orders/s started beside ${((orders * 1000) / bare).toFixed(0)} bare`,
      )
    }
    return [
      { figure: 'consumer_vs_start', rounds: figures.ratio, target: { atLeast: 0.7 } },
      { figure: 'consumer_per_s', rounds: figures.ours, target: null },
      { figure: 'start_per_s', rounds: figures.bare, target: null },
    ]
  } finally {
    await container.close()
    await servers.stop()
    removeState(stateDir)
  }
}

/** An offer whose queue holds so many tickets, of as many buyers. */
async function queueUp(container: Container, shop: Shop, tickets: number): Promise<OfferKey> {
  const { gate, ids } = container
  const address = shop.buyers[0]?.address
  if (!address) throw new Error('the shop has no buyers')
  const offer = await openedOffer(container, tickets)
  await inParallel(tickets, 100, async () => {
    const buyer = ids.next() as UserId
    const { token } = await gate.issueToken(offer, buyer, 0)
    const { answer } = await gate.admit(offer, {
      buyer,
      pieces: 1,
      address,
      token,
      ticket: ids.next() as TicketId,
    })
    if (answer !== 'admitted') throw new Error(`a join was answered ${answer}`)
  })
  return offer
}

/** Runs one consumer until every ticket's order is started; how long that took (ms). */
async function consumed(
  container: Container,
  env: Parameters<typeof consumerDeps>[0],
  { session }: OfferKey,
): Promise<number> {
  const began = performance.now()
  const consumer = startConsumer(consumerDeps(env, container))
  for (;;) {
    // A ticket whose start was answered is looked at again only in a minute.
    const [row] = await container.db.sql<{ started: number }[]>`
      SELECT count(*)::int AS started
      FROM tickets
      WHERE session_id = ${session} AND tried > 0 AND due_at > now() + interval '20 seconds'`
    if (row?.started === orders) break
    await pause(20)
  }
  const took = performance.now() - began
  await consumer.stop()
  return took
}

/** Starts workflows that nobody runs; how long it took (ms). */
async function bareStarts(
  { client, ids }: Pick<Container, 'client' | 'ids'>,
  count: number,
  inFlight: number,
): Promise<number> {
  const { allMs } = await inParallel(count, inFlight, async () => {
    await client.workflow.start('empty', { taskQueue: 'nobody', workflowId: `empty-${ids.next()}` })
  })
  return allMs
}
