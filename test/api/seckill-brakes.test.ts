import type { Client } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionOperations } from '../../api/flash-sales/operations.ts'
import { createGate } from '../../redis/gate/gate.ts'
import { readSwitch } from '../../services/operations/switches.ts'
import { type Buyer, type Harness, startHarness } from './harness.ts'
import { openSale, type Sale } from './sale.ts'

/** Temporal is away: whatever is asked of it fails. */
const away = {
  async withDeadline() {
    throw new Error('Temporal is away')
  },
} as unknown as Client // Nothing else of it is called.

let harness: Harness
let operator: Buyer
let buyer: Buyer
let sale: Sale
beforeAll(async () => {
  harness = await startHarness(({ db, gate, events, log }) => ({
    operations: createSessionOperations({ sql: db.sql, gate, client: away, events, queue: 'nobody', log }),
  }))
  operator = await harness.newBuyer({ role: 'operator' })
  buyer = await harness.newBuyer()
  sale = await openSale(harness, { quota: 300 })
})
afterAll(() => harness.close())

const brake = (path: string, body?: object, who = operator) =>
  sale.post(who, `/v1/ops/sessions/${sale.offer.session}${path}`, { body })
const answers = async (times: number): Promise<string[]> => {
  const seen: string[] = []
  for (let i = 0; i < times; i++) {
    const { status, body } = await sale.join(await sale.shopper())
    seen.push(status === 202 ? 'admitted' : String(body.code))
  }
  return seen
}

describe('an operator, while Temporal is away,', () => {
  it('stops a session or an offer and lets buyers in again; the answer says how it stands', async () => {
    expect(await brake('/pause')).toMatchObject({ status: 200, body: { paused: true, pending: [] } })
    expect(await answers(1)).toEqual(['paused'])
    expect(await brake('/resume')).toMatchObject({ status: 200, body: { paused: false, pending: [] } })
    expect(await answers(1)).toEqual(['admitted'])
    const offer = `/offers/${sale.offer.sku}`
    expect(await brake(`${offer}/pause`)).toMatchObject({
      status: 200,
      body: { paused: false, offers: [{ sku: sale.offer.sku, paused: true }] },
    })
    expect(await answers(1)).toEqual(['paused'])
    expect(await brake(`${offer}/resume`)).toMatchObject({ body: { offers: [{ paused: false }] } })
    expect(await answers(1)).toEqual(['admitted'])
  })

  it('refuses so many of a hundred tokens', async () => {
    expect(await brake('/shed', { percent: 100 })).toMatchObject({ status: 200, body: { shedPercent: 100 } })
    expect(await answers(3)).toEqual(['paused', 'paused', 'paused'])
    await brake('/shed', { percent: 0 })
    expect(await brake(`/offers/${sale.offer.sku}/shed`, { percent: 100 })).toMatchObject({
      body: { shedPercent: 0, offers: [{ shedPercent: 100 }] },
    })
    expect(await answers(1)).toEqual(['paused'])
    await brake(`/offers/${sale.offer.sku}/shed`, { percent: 0 })
    expect(await answers(1)).toEqual(['admitted'])
  })

  it('has tokens cost a captcha, and none again', async () => {
    const asked = async () => (await sale.post(buyer, `${sale.path}/token`, { body: {} })).status
    expect(await brake('/captcha', { on: true })).toMatchObject({ status: 200, body: { captcha: true } })
    await expect.poll(asked).toBe(403)
    expect(await brake('/captcha', { on: false })).toMatchObject({ body: { captcha: false } })
    await expect.poll(asked).toBe(201)
  })

  it('switches the event streams of the shop', async () => {
    const set = (on: boolean) => sale.post(operator, '/v1/ops/event-streams', { body: { on } })
    expect(await readSwitch(harness.db.sql, 'event_streams'), 'nobody has switched it').toBe(true)
    for (const on of [false, false, true]) {
      expect(await set(on)).toMatchObject({ status: 200, body: { on } })
      expect(await readSwitch(harness.db.sql, 'event_streams')).toBe(on)
    }
  })

  it('gets to know which gates were not reached; what PostgreSQL has counts', async () => {
    const unreached = await startHarness(({ db, redis, events, log }) => {
      const gate = { ...createGate(redis), setTerms: () => Promise.reject(new Error('Redis is away')) }
      return {
        operations: createSessionOperations({ sql: db.sql, gate, client: away, events, queue: 'x', log }),
      }
    })
    const other = await openSale(unreached)
    const { session, sku } = other.offer
    const who = await unreached.newBuyer({ role: 'operator' })
    expect(await other.post(who, `/v1/ops/sessions/${session}/pause`, { body: undefined })).toMatchObject({
      status: 200,
      body: { paused: true, pending: [sku] },
    })
    await unreached.close()
  })
})

describe('a brake', () => {
  it('is refused for a session or an offer that there is none of, and one that has ended', async () => {
    const unknown = '/v1/ops/sessions/2019052614'
    for (const [path, body] of [
      ['/pause', undefined],
      ['/shed', { percent: 1 }],
      ['/captcha', { on: true }],
    ] as const)
      expect(await sale.post(operator, unknown + path, { body })).toMatchObject({
        status: 404,
        body: { code: 'session_unknown' },
      })
    expect(await brake('/offers/1/pause')).toMatchObject({ status: 404, body: { code: 'offer_unknown' } })
    for (const percent of [-1, 101, 1.5])
      expect(await brake('/shed', { percent })).toMatchObject({ status: 422, body: { field: 'percent' } })
    const over = await openSale(harness)
    await harness.db.sql`UPDATE sessions SET phase = 'ended' WHERE id = ${over.offer.session}`
    for (const [path, body] of [
      ['/pause', undefined],
      ['/captcha', { on: true }],
    ] as const)
      expect(
        await sale.post(operator, `/v1/ops/sessions/${over.offer.session}${path}`, { body }),
      ).toMatchObject({ status: 409, body: { code: 'session_ended' } })
  })

  it('is an operator’s and an admin’s alone; who has no right to it is logged', async () => {
    const [admin, finance] = [
      await harness.newBuyer({ role: 'admin' }),
      await harness.newBuyer({ role: 'finance' }),
    ]
    harness.logged.length = 0
    for (const who of [buyer, finance]) {
      expect(await brake('/pause', undefined, who)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
      expect((await sale.post(who, '/v1/ops/event-streams', { body: { on: false } })).status).toBe(403)
    }
    const refused = harness.logged.filter((line) =>
      line.includes('a request was refused for want of a right'),
    )
    expect(refused).toHaveLength(4)
    expect((await brake('/resume', undefined, admin)).status).toBe(200)
  })
})
