import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, SkuId, UserId } from '../../domain/ids.ts'
import { consumerVariables, readEnv } from '../../runtime/environment.ts'
import { preheat } from '../../services/flash-sales/preheat.ts'
import type { ConsumerDeps } from '../../workers/consumer/deps.ts'
import { consumerDeps } from '../../workers/consumer/deps.ts'
import { openSystem, type TestSystem } from '../end-to-end/system.ts'
import { ordered, settles, timePasses } from '../support/consuming.ts'
import { join, offerRow, planSession, ticketRow } from '../support/flash-sale.ts'
import type { Death } from './doomed-consumer.ts'

let system: TestSystem
let deps: ConsumerDeps
beforeAll(async () => {
  system = await openSystem()
  deps = consumerDeps(readEnv(consumerVariables, system.environment), system.container)
})
afterAll(() => system.close())

const [buyers, quota] = [8, 10]
let sold = 0

/** An offer of ten pieces of its own SKU. */
async function open(payWithinMs?: number): Promise<OfferKey> {
  const sku = (await system.skus())[sold++] as SkuId // The seeded shop has more than there are tests.
  const { session } = await planSession(deps.sql, {
    offers: [{ sku, quota }],
    ...(payWithinMs ? { payWithinMs } : {}),
  })
  await preheat(deps, session)
  return { session, sku }
}

async function rush(offer: OfferKey): Promise<TicketId[]> {
  // Fresh snowflakes.
  const tickets = Array.from({ length: buyers }, () => system.container.ids.next() as TicketId)
  const joins = tickets.map(async (ticket, n) => {
    const { id, addressId } = await system.shopper(n)
    // Rows of the seeded shop.
    return await join(deps.gate, offer, {
      buyer: { id: id as UserId, addressId: addressId as AddressId },
      ticket,
    })
  })
  expect(await Promise.all(joins)).toMatchObject(tickets.map((ticket) => ({ answer: 'admitted', ticket })))
  return tickets
}

/** A consumer's process runs until it kills itself there. */
async function dies(at: Death): Promise<void> {
  const doomed: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./doomed-consumer.ts', import.meta.url))],
    {
      env: { ...process.env, ...system.environment, CONSUMER_STARTS_IN_FLIGHT: '2', DIE_AT: at },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const [, signal] = await once(doomed, 'exit')
  expect(signal).toBe('SIGKILL')
}

/** A healthy consumer goes on from where the dead one stopped. */
async function takenOver(offer: OfferKey, work: () => Promise<void>): Promise<void> {
  await timePasses(deps, offer)
  const consumer = system.startConsumer()
  try {
    await work()
  } finally {
    await consumer.stop()
  }
}
const row = (offer: OfferKey) => offerRow(deps.sql, offer)
const rowsOf = async (table: 'tickets' | 'orders') => (await deps.sql`SELECT 1 FROM ${deps.sql(table)}`).count

describe('a consumer that is killed', { timeout: 120_000 }, () => {
  it.each<[Death, string]>([
    ['read', 'when it has read tickets and staged none'],
    ['staged', 'when it has staged tickets and acknowledged none'],
    ['acknowledged', 'when it has acknowledged tickets and started none'],
    ['starting', 'in the middle of starting orders'],
    ['started', 'when it has started orders and not noted it'],
  ])('at "%s", %s: another one makes one order of each', async (at) => {
    const before = await rowsOf('orders')
    const offer = await open()
    const tickets = await rush(offer)
    await dies(at)
    await takenOver(offer, async () => {
      await ordered(deps, tickets)
      await settles(deps, offer, quota - buyers)
    })
    expect(await row(offer)).toMatchObject({ granted: buyers, sold: buyers })
    expect(await rowsOf('orders')).toBe(before + buyers)
    expect(await rowsOf('tickets')).toBe(before + buyers)
  })

  it('when it has synced the gate and not noted it: they are for sale again once', async () => {
    const before = await rowsOf('orders')
    const offer = await open(1)
    const tickets = await rush(offer)
    await dies('synced')
    await takenOver(offer, async () => {
      const back = async () =>
        await Promise.all(tickets.map(async (ticket) => (await ticketRow(deps.sql, ticket))?.state))
      await expect.poll(back, { timeout: 30_000 }).toEqual(tickets.map(() => 'given_back'))
      await settles(deps, offer, quota)
    })
    expect(await rowsOf('orders')).toBe(before + buyers)
  })

  it('as the supervisor, when it has minted an epoch and not loaded it: the gate is loaded at the next one', async () => {
    const offer = await open()
    const tickets = await rush(offer)
    await takenOver(offer, () => ordered(deps, tickets))
    await deps.gate.remove(offer)
    await timePasses(deps, offer)
    await dies('minted')
    expect(await row(offer)).toMatchObject({ epoch: 2 })
    await takenOver(offer, () => settles(deps, offer, quota - buyers))
    expect(await row(offer)).toMatchObject({ epoch: 3, granted: buyers })
  })
})

it('and the books add up after all that', () => system.addsUp())
