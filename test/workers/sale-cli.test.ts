import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import { createGate, type Gate } from '../../redis/gate/gate.ts'
import { preheat } from '../../services/flash-sales/preheat.ts'
import { readSwitch } from '../../services/operations/switches.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { join, planSession } from '../support/flash-sale.ts'
import { openShop, type Shop } from '../support/shop.ts'

vi.setConfig({ testTimeout: 240_000 }) // It starts processes, and the machine may be busy.

let fresh: FreshDatabase
let shop: Shop
let redis: Redis
let gate: Gate
let offer: OfferKey
let renewing: NodeJS.Timeout
beforeAll(async () => {
  fresh = await freshDatabase()
  shop = await openShop(fresh.db)
  redis = new Redis(inject('redisUrl'))
  gate = createGate(redis)
  const sku = await shop.sku({ 1: 100 })
  const { session } = await planSession(fresh.db.sql, { offers: [{ sku, quota: 100 }] })
  await preheat({ sql: fresh.db.sql, gate }, session)
  offer = { session, sku }
  renewing = setInterval(() => gate.renew(offer, 1).catch(() => {}), 3000) // As the supervisor does.
})
afterAll(async () => {
  clearInterval(renewing)
  redis.disconnect()
  await fresh.drop()
})

const command = fileURLToPath(new URL('../../workers/sale-cli.ts', import.meta.url))
/** Nothing but PostgreSQL and Redis: it does not even know where Temporal would be. */
const sale = async (...args: string[]): Promise<{ code: number; said: string }> => {
  const env = { PATH: process.env.PATH, DATABASE_URL: fresh.url, REDIS_URL: inject('redisUrl') }
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', command, ...args], { env })
  return await run.then(
    ({ stdout }) => ({ code: 0, said: stdout.trim() }),
    ({ code, stdout, stderr }) => ({ code, said: `${stdout}${stderr}`.trim() }),
  )
}
const answer = async () => {
  const ticket = shop.ids.next() as TicketId // A fresh snowflake.
  return (await join(gate, offer, { buyer: await shop.buyer(), ticket })).answer
}

it('npm run sale -- stop, shed and resume brake a session or an offer without Temporal', async () => {
  const { session, sku } = offer
  const done = { code: 0, said: `Done: 1 offer(s) of session ${session}.` }
  expect(await sale('stop', session)).toEqual(done)
  expect(await answer()).toBe('paused')
  expect(await sale('resume', session)).toEqual(done)
  expect(await answer()).toBe('admitted')
  expect(await sale('shed', '100', session, sku)).toEqual(done)
  expect(await answer()).toBe('paused')
  expect(await sale('shed', '0', session, sku)).toEqual(done)
  expect(await answer()).toBe('admitted')
})

it('npm run sale -- captcha and streams switch what they name, and announce it', async () => {
  const { session } = offer
  const listener = new Redis(inject('redisUrl'))
  const channels: string[] = []
  listener.on('message', (channel) => channels.push(channel))
  await listener.subscribe(`offer:${session}:`)
  expect(await sale('captcha', 'on', session)).toMatchObject({ code: 0 })
  const [row] = await fresh.db.sql`SELECT captcha FROM sessions WHERE id = ${session}`
  expect(row).toEqual({ captcha: true })
  await expect.poll(() => channels).toEqual([`offer:${session}:`])
  listener.disconnect()
  expect(await sale('streams', 'off')).toMatchObject({ code: 0 })
  expect(await readSwitch(fresh.db.sql, 'event_streams')).toBe(false)
  await sale('streams', 'on')
  expect(await readSwitch(fresh.db.sql, 'event_streams')).toBe(true)
})

it('npm run sale says what is wrong, and exits 1', async () => {
  const usage = expect.stringContaining('npm run sale -- stop SESSION [SKU]')
  for (const args of [[], ['stop', 'tomorrow'], ['captcha', 'maybe', offer.session]])
    expect(await sale(...args)).toEqual({ code: 1, said: usage })
  expect(await sale('stop', '2019052614')).toEqual({ code: 1, said: 'session_unknown' })
})
