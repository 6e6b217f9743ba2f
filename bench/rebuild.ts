import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { migrate } from '../db/migrate.ts'
import type { OfferKey, TicketId } from '../domain/flash-sale.ts'
import type { AddressId, UserId } from '../domain/ids.ts'
import { startChild } from '../local/children/child.ts'
import { appEnvironment } from '../local/environment.ts'
import { keysOf } from '../local/keys.ts'
import { freePort } from '../local/servers/ports.ts'
import { startServers } from '../local/servers/start.ts'
import { endLeftovers, removeState } from '../local/state.mjs'
import { type Container, openContainer } from '../runtime/container.ts'
import { consumerVariables, readEnv } from '../runtime/environment.ts'
import { type Figure, say } from './figures.ts'
import { addLiveTickets, openedOffer } from './offer.ts'
import { makeShop } from './shop.ts'

const sizes = [10_000, 200_000, 1_000_000]
const supervisors = 2

/**
 * Seconds from a flush of Redis to the next buyer who is let in, with so many tickets of live orders to be
 * known again, while two supervisors compete for the offer; and how many epochs that took: 1 when they agree.
 */
export async function benchRebuild(rounds: number): Promise<Figure[]> {
  const stateDir = fileURLToPath(new URL('../.floodgate/bench', import.meta.url))
  await endLeftovers(stateDir)
  removeState(stateDir)
  say('starting the servers and two supervisors')
  const servers = await startServers({ stateDir, usualPorts: false })
  await migrate(servers.databaseUrl)
  const environment = {
    ...appEnvironment({ servers, appPort: 0, sandboxPort: 0 }, await keysOf(stateDir)),
    LOG_LEVEL: 'error',
    ORDERS_QUEUE: 'orders-nobody',
  }
  const container = await openContainer(readEnv(consumerVariables, environment))
  const consumers = await Promise.all(
    Array.from({ length: supervisors }, (_, n) => startConsumerProcess(stateDir, n, environment)),
  )
  try {
    await makeShop(container.db, container.ids)
    const figures: Figure[] = []
    for (const size of sizes) {
      const offer = await openedOffer(container, 2 * size)
      await addLiveTickets(container, offer, size)
      await letIn(container, offer)
      const [seconds, epochs]: [number[], number[]] = [[], []]
      for (let round = 1; round <= rounds; round++) {
        const before = await epochOf(container, offer)
        await container.gate.redis.flushall()
        const began = performance.now()
        await letIn(container, offer)
        seconds.push((performance.now() - began) / 1000)
        epochs.push((await epochOf(container, offer)) - before)
        say(
          `${size} tickets, ${round} of ${rounds}: ${seconds.at(-1)?.toFixed(2)} s, epochs: ${epochs.at(-1)}`,
        )
      }
      const target = size === 10_000 ? { atMost: 5 } : null
      figures.push({ figure: `rebuild_${size}_s`, rounds: seconds, target })
      figures.push({ figure: `rebuild_${size}_epochs`, rounds: epochs, target: { atMost: 1 } })
      // The next size is measured alone.
      await container.db.sql`UPDATE sessions SET phase = 'ended' WHERE id = ${offer.session}`
    }
    return figures
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.stop()))
    await container.close()
    await servers.stop()
    removeState(stateDir)
  }
}

async function startConsumerProcess(stateDir: string, n: number, environment: Record<string, string>) {
  const port = await freePort()
  return startChild({
    ...{ name: `consumer-${n}`, command: process.execPath, stateDir },
    args: ['--import', 'tsx', fileURLToPath(new URL('../workers/consumer/main.ts', import.meta.url))],
    env: { ...environment, HEALTH_PORT: String(port) },
    ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
  })
}

async function epochOf({ db: { sql } }: Container, { session, sku }: OfferKey): Promise<number> {
  const [row] = await sql<{ epoch: number }[]>`
    SELECT epoch FROM offers WHERE session_id = ${session} AND sku_id = ${sku}`
  return row?.epoch ?? Number.NaN
}

/** Has one new buyer after the other join until one is let in. */
async function letIn({ gate, ids }: Container, offer: OfferKey): Promise<void> {
  for (;;) {
    const buyer = ids.next() as UserId // Fresh snowflakes.
    const { token } = await gate.issueToken(offer, buyer, 0)
    const { answer } = await gate.admit(offer, {
      ...{ buyer, pieces: 1, token },
      address: '1' as AddressId, // Staging does not look at it.
      ticket: ids.next() as TicketId,
    })
    if (answer === 'admitted') return
    await pause(10)
  }
}
