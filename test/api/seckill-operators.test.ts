import type { Client } from '@temporalio/client'
import { exportSPKI, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSessionOperations } from '../../api/seckill/operations.ts'
import type { SessionPlan } from '../../db/session-writing.ts'
import type { SessionId, SkuId, UserId } from '../../domain/ids.ts'
import { sessionWorkflowId } from '../../domain/ids.ts'
import { type OfferKey, sessionIdOf, type TicketId } from '../../domain/seckill.ts'
import { type House, openHouse } from '../end-to-end/house.ts'
import { join } from '../support/flash-sale.ts'
import { bearer } from './rig.ts'

let house: House
let operator: string
let buyer: string
let skus: SkuId[]
beforeAll(async () => {
  const keys = await generateKeyPair('RS256')
  house = await openHouse({ drain: true, env: { JWT_PUBLIC_KEY: await exportSPKI(keys.publicKey) } })
  operator = await bearer(keys.privateKey, '1', '1h', { role: 'operator' })
  buyer = await bearer(keys.privateKey, '20001', '1h', { role: 'customer' })
  skus = await house.skus()
})
afterAll(() => house.close())

type Told = { status: number; headers: Headers; body: Record<string, unknown> }
async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, token = operator): Promise<Told> {
  const answer = await fetch(`${house.url}/v1/ops/sessions${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> } // An object, always.
}

const hour = 3_600_000
const skuOf = (n: number): SkuId => skus[n] ?? ('0' as SkuId) // A seeded shop has enough.
const offer = (n: number, more: object = {}) => ({ sku: skuOf(n), price: { fen: '9900' }, quota: 5, warehouse: 1, ...more })
let made = 0
/** A session that is preheated at once and opens in four minutes, unless told otherwise. */
const plan = (more: object = {}) => ({
  id: `2026121210-t${made++}`,
  opensAt: new Date(Date.now() + 240_000).toISOString(),
  endsAt: new Date(Date.now() + hour).toISOString(),
  offers: [offer(0)],
  ...more,
})
async function planned(more: object = {}): Promise<SessionId> {
  const { status, body } = await call('POST', '', plan(more))
  expect([status, body]).toEqual([201, expect.objectContaining({ id: expect.any(String) })])
  return body.id as SessionId // What it answered.
}
const sessionsWritten = async () => (await house.parts.db.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM sessions`)[0]?.n
const offersOf = async (session: SessionId) => (await call('GET', `/${session}`)).body.offers as Record<string, unknown>[] // A session's.
/** Out of the warehouse, and its gates loaded, which comes after that commit. */
const preheated = (session: SessionId) =>
  vi.waitFor(
    async () => {
      const offers = await offersOf(session)
      expect(offers.every((one) => one.preheated)).toBe(true)
      const left = await Promise.all(offers.map((one) => house.parts.gate.left({ session, sku: one.sku as SkuId }))) // As the API names it.
      expect(left).not.toContain(undefined)
    },
    { timeout: 20_000, interval: 50 },
  )
const open = (session: SessionId, n = 0): OfferKey => ({ session, sku: skuOf(n) })

describe('planning', () => {
  it('writes a session with its offers and starts it: its pieces leave the warehouse, its gate is loaded', async () => {
    const wanted = plan({ payWithinS: 300, captcha: true, offers: [offer(0, { limit: 2 }), offer(1)] })
    const { status, headers, body } = await call('POST', '', wanted)
    expect([status, headers.get('location')]).toEqual([201, `/v1/ops/sessions/${wanted.id}`])
    expect(body).toMatchObject({ id: wanted.id, opensAt: wanted.opensAt, endsAt: wanted.endsAt, paused: false, captcha: true, payWithinS: 300 })
    await preheated(wanted.id as SessionId) // What was planned.
    expect(await call('GET', `/${wanted.id}`)).toMatchObject({ status: 200, body: { phase: 'running' } })
    expect(await offersOf(wanted.id as SessionId)).toMatchObject([
      {
        sku: skuOf(0),
        price: { fen: '9900', currency: 'CNY' },
        quota: 5,
        granted: 0,
        sold: 0,
        limit: 2,
        warehouse: 1,
        preheated: true,
        soldOut: false,
      },
      { sku: skuOf(1), limit: 1 },
    ])
    expect(await house.parts.gate.left(open(wanted.id as SessionId))).toBe(5)
  })

  it('names a session after its hour in Shanghai, and has orders wait ten minutes, unless told otherwise', async () => {
    const opensAt = new Date(Date.now() + 48 * hour)
    const { body } = await call('POST', '', plan({ id: undefined, opensAt: opensAt.toISOString(), endsAt: new Date(opensAt.getTime() + hour) }))
    expect(body).toMatchObject({ id: sessionIdOf(opensAt.getTime()), phase: 'planned', payWithinS: 600, captcha: false })
  })

  it('of the same session again is the same one, and of another under its id is refused', async () => {
    const opensAt = new Date(Date.now() + 72 * hour).toISOString()
    const wanted = plan({ opensAt, endsAt: new Date(Date.now() + 73 * hour).toISOString() })
    const first = await call('POST', '', wanted)
    const both = await Promise.all([call('POST', '', wanted), call('POST', '', wanted)])
    for (const again of both) expect([again.status, again.body]).toEqual([200, first.body])
    for (const other of [{ offers: [] }, { captcha: true }, { offers: [offer(0, { quota: 6 })] }, { opensAt: new Date(Date.now() + 71 * hour) }])
      expect(await call('POST', '', { ...wanted, ...other })).toMatchObject({
        status: 409,
        body: { code: 'session_exists', details: { session: wanted.id } },
      })
    expect((await call('GET', `/${wanted.id}`)).body).toEqual(first.body)
  })

  it.each([
    ['an end before the opening', () => ({ endsAt: new Date(Date.now() + 1000) }), 'endsAt'],
    ['an end that is past', () => ({ opensAt: new Date(Date.now() - 2 * hour), endsAt: new Date(Date.now() - hour) }), 'endsAt'],
    ['a time that is none', () => ({ opensAt: 'tomorrow' }), 'opensAt'],
    ['an id that cannot be', () => ({ id: 'black-friday' }), 'id'],
    ['an unknown field', () => ({ vip: true }), 'vip'],
    ['an item that there is none of', () => ({ offers: [offer(0), offer(1, { sku: '1' })] }), 'offers.1.sku'],
    ['a warehouse that there is none of', () => ({ offers: [offer(0, { warehouse: 77 })] }), 'offers.0.warehouse'],
    ['an item twice', () => ({ offers: [offer(0), offer(0)] }), 'offers.1.sku'],
    ['a price below zero', () => ({ offers: [offer(0, { price: { fen: '-1' } })] }), 'offers.0.price.fen'],
    ['a price in another money', () => ({ offers: [offer(0, { price: { fen: '1', currency: 'EUR' } })] }), 'offers.0.price.currency'],
    ['no pieces', () => ({ offers: [offer(0, { quota: 0 })] }), 'offers.0.quota'],
    ['a limit of none', () => ({ offers: [offer(0, { limit: 0 })] }), 'offers.0.limit'],
    ['no time to pay', () => ({ payWithinS: 0 }), 'payWithinS'],
  ])('refuses %s with 422 and the field, and writes nothing', async (_, wrong, field) => {
    const before = await sessionsWritten()
    expect(await call('POST', '', plan(wrong()))).toMatchObject({ status: 422, body: { code: 'validation', field } })
    expect(await sessionsWritten()).toBe(before)
  })
})

describe('looking', () => {
  it('lists the sessions page by page, those that open last first', async () => {
    const [late, later] = await Promise.all(
      [500, 501].map((hours) =>
        planned({ opensAt: new Date(Date.now() + hours * hour).toISOString(), endsAt: new Date(Date.now() + (hours + 1) * hour).toISOString() }),
      ),
    )
    const first = await call('GET', '?limit=1')
    expect(first).toMatchObject({
      status: 200,
      body: { sessions: [{ id: later, phase: 'planned', paused: false, offers: [{ quota: 5 }] }], next: later },
    })
    const second = await call('GET', `?limit=1&cursor=${first.body.next}`)
    expect(second.body).toMatchObject({ sessions: [{ id: late }], next: late })
    const all = await call('GET', '?limit=100')
    expect(all.body).toMatchObject({ next: null })
    expect((all.body.sessions as unknown[]).length).toBe(await sessionsWritten())
    expect((await call('GET', '?cursor=x')).status).toBe(422)
  })

  it('reports what was sold', async () => {
    const session = await planned({ opensAt: new Date().toISOString(), offers: [offer(2), offer(3)] })
    await preheated(session)
    const { id, addressId } = await house.shopper(0)
    const ticket = house.parts.ids.next() as TicketId // A fresh snowflake.
    await join(house.parts.gate, open(session, 2), { id: id as UserId, addressId: addressId as never }, ticket) // Rows of the seeded shop.
    await house.reaches(ticket, 'awaiting_payment')
    const nothing = {
      granted: 0,
      sold: 0,
      paid: 0,
      givenBack: 0,
      refused: 0,
      tickets: 0,
      buyers: 0,
      takings: { fen: '0', currency: 'CNY' },
      soldOutAt: null,
    }
    expect(await call('GET', `/${session}/report`)).toMatchObject({
      status: 200,
      body: {
        session,
        phase: 'running',
        offers: [
          { ...nothing, sku: skuOf(2), quota: 5, granted: 1, sold: 1, tickets: 1, buyers: 1 },
          { ...nothing, sku: skuOf(3), quota: 5 },
        ],
      },
    })
  })

  it('finds nothing where nothing is', async () => {
    for (const path of ['/2019052614', '/2019052614/report'])
      expect(await call('GET', path)).toMatchObject({ status: 404, body: { code: 'session_unknown' } })
    expect(await call('GET', '/today')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })
})

describe('changing', () => {
  let session: SessionId
  beforeAll(async () => {
    session = await planned({ opensAt: new Date().toISOString(), offers: [offer(4)] })
    await preheated(session)
  })

  const left = (n: number) => house.parts.gate.left(open(session, n))
  const set = (n: number, quota: unknown, key?: string) =>
    call('PATCH', `/${session}/offers/${skuOf(n)}`, { quota }, key === undefined ? {} : { 'idempotency-key': key })

  it('adds an offer to a session that runs, once', async () => {
    const wanted = offer(5, { quota: 2 })
    for (const _ of [1, 2]) {
      const { status, body } = await call('POST', `/${session}/offers`, wanted)
      expect([status, (body.offers as unknown[]).length]).toEqual([201, 2])
    }
    expect(await left(5)).toBe(2)
  })

  it('adds no offer on other terms, without pieces, or of what there is none of', async () => {
    const add = (one: object) => call('POST', `/${session}/offers`, one)
    const details = { session, sku: skuOf(5) }
    expect(await add(offer(5, { quota: 3 }))).toMatchObject({ status: 409, body: { code: 'offer_exists', details } })
    expect(await add(offer(6, { quota: 1_000_000 }))).toMatchObject({ status: 409, body: { code: 'quota_short' } })
    expect(await add(offer(6, { sku: '1' }))).toMatchObject({ status: 422, body: { field: 'sku' } })
    expect(await add(offer(6, { warehouse: 77 }))).toMatchObject({ status: 422, body: { field: 'warehouse' } })
    expect((await offersOf(session)).map(({ sku }) => sku)).toEqual([skuOf(4), skuOf(5)])
  })

  it('sets a quota, in the gate and in the books', async () => {
    expect(await set(4, 8)).toMatchObject({ status: 200, body: { offers: [{ sku: skuOf(4), quota: 8 }, { quota: 2 }] } })
    expect(await left(4)).toBe(8)
    expect(await set(4, 6)).toMatchObject({ status: 200, body: { offers: [{ quota: 6 }, { quota: 2 }] } })
    expect(await left(4)).toBe(6)
  })

  it('sets a quota once for each Idempotency-Key of an offer', async () => {
    await set(4, 9, 'more')
    await set(4, 7)
    expect((await set(4, 9, 'more')).body).toMatchObject({ offers: [{ quota: 7 }, { quota: 2 }] })
    expect((await set(5, 3, 'more')).body).toMatchObject({ offers: [{ quota: 7 }, { quota: 3 }] })
    expect([await left(4), await left(5)]).toEqual([7, 3])
  })

  it('sets no quota below what is granted, beyond what the shelf has, or that is none', async () => {
    await set(4, 6)
    const { id, addressId } = await house.shopper(1)
    const ticket = house.parts.ids.next() as TicketId // A fresh snowflake.
    await join(house.parts.gate, open(session, 4), { id: id as UserId, addressId: addressId as never }, ticket) // A seeded buyer's.
    expect(await set(4, 0)).toMatchObject({ status: 409, body: { code: 'quota_below_granted', details: { least: 1 } } })
    expect(await set(4, 1_000_000)).toMatchObject({ status: 409, body: { code: 'quota_short', details: { available: expect.any(Number) } } })
    for (const [quota, key, field] of [
      [-1, 'k', 'quota'],
      [1.5, 'k', 'quota'],
      [5, 'two words', 'idempotency-key'],
    ] as const)
      expect(await set(4, quota, key)).toMatchObject({ status: 422, body: { field } })
    expect(await call('PATCH', `/${session}/offers/1`, { quota: 1 })).toMatchObject({ status: 404, body: { code: 'offer_unknown' } })
    expect(await left(4)).toBe(5)
  })

  it('pauses and resumes', async () => {
    const { id, addressId } = await house.shopper(2)
    const joins = async () => {
      const answer = await join(
        house.parts.gate,
        open(session, 5),
        { id: id as UserId, addressId: addressId as never },
        house.parts.ids.next() as TicketId,
      ) // The same.
      return answer.answer
    }
    expect(await call('POST', `/${session}/pause`)).toMatchObject({ status: 200, body: { paused: true } })
    expect(await joins()).toBe('paused')
    expect(await call('POST', `/${session}/resume`)).toMatchObject({ status: 200, body: { paused: false } })
    expect(await joins()).toBe('admitted')
  })

  it('ends a session now; what has ended is changed no more, and its report stays', async () => {
    expect((await call('POST', `/${session}/end`)).status).toBe(200)
    await expect.poll(async () => (await call('GET', `/${session}`)).body.phase, { timeout: 30_000 }).toBe('ended')
    for (const [method, path, body] of [
      ['POST', '/pause', undefined],
      ['POST', '/resume', undefined],
      ['POST', '/end', undefined],
      ['POST', '/offers', offer(6)],
      ['PATCH', `/offers/${skuOf(4)}`, { quota: 9 }],
    ] as const)
      await expect.poll(() => call(method, `/${session}${path}`, body)).toMatchObject({ status: 409, body: { code: 'session_ended' } })
    expect((await call('GET', `/${session}/report`)).body).toMatchObject({ phase: 'ended' })
  })

  it('changes nothing of a session that there is none of', async () => {
    for (const [method, path, body] of [
      ['POST', '/pause', undefined],
      ['POST', '/end', undefined],
      ['POST', '/offers', offer(6)],
      ['PATCH', `/offers/${skuOf(4)}`, { quota: 9 }],
    ] as const)
      expect(await call(method, `/2019052614${path}`, body)).toMatchObject({ status: 404, body: { code: 'session_unknown' } })
  })

  it('starts a session whose workflow is not there, and changes it', async () => {
    const lonely = await planned()
    await house.parts.client.workflow.getHandle(sessionWorkflowId(lonely)).terminate('by mistake')
    expect(await call('POST', `/${lonely}/pause`)).toMatchObject({ status: 200, body: { paused: true } })
  })
})

describe('while Temporal does not get on', () => {
  const operations = (client: Client) =>
    createSessionOperations({ ...house.parts, sql: house.parts.db.sql, client, queue: 'orders-nobody', waitMs: 300 })
  const wanted = (): SessionPlan => {
    const { id, opensAt, endsAt } = plan()
    return { id: id as SessionId, opensAt: new Date(opensAt), endsAt: new Date(endsAt), payWithinMs: 600_000, captcha: false, offers: [] } // A test's own id.
  }

  it('a change that takes too long is answered so, and may still be done', async () => {
    const slow = operations(house.parts.client)
    const session = wanted()
    await slow.plan(session)
    await expect(slow.pause(session.id)).rejects.toMatchObject({ code: 'still_being_done' })
  })

  it('a session is planned all the same: the Schedule starts it later', async () => {
    const away = {
      async withDeadline() {
        throw new Error('Temporal is away')
      },
    }
    const session = wanted()
    expect(await operations(away as unknown as Client).plan(session)).toBe(true) // Nothing else of it is called.
    expect((await call('GET', `/${session.id}`)).body).toMatchObject({ phase: 'planned' })
  })
})

describe('who is no operator', () => {
  const doors = [
    ['GET', ''],
    ['POST', ''],
    ['GET', '/2019052614'],
    ['GET', '/2019052614/report'],
    ['POST', '/2019052614/offers'],
    ['PATCH', '/2019052614/offers/1'],
    ['POST', '/2019052614/pause'],
    ['POST', '/2019052614/resume'],
    ['POST', '/2019052614/end'],
  ] as const
  it.each(doors)('is not let in: %s /v1/ops/sessions%s is 403 for a buyer, 401 for nobody', async (method, path) => {
    const before = await sessionsWritten()
    expect(await call(method, path, method === 'GET' ? undefined : plan(), {}, buyer)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(await call(method, path, undefined, {}, 'nonsense')).toMatchObject({ status: 401 })
    expect((await fetch(`${house.url}/v1/ops/sessions${path}`, { method })).status).toBe(401)
    expect(await sessionsWritten()).toBe(before)
  })
})
