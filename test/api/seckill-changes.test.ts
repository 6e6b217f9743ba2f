import { beforeAll, describe, expect, it } from 'vitest'
import type { TicketId } from '../../domain/flash-sale.ts'
import { type SessionId, sessionWorkflowId, type UserId } from '../../domain/ids.ts'
import { join } from '../support/flash-sale.ts'
import { useOperators } from './operators.ts'

const { system, buyer, call, skuOf, offer, planned, offersOf, preheated, open } = useOperators()

describe('changing', () => {
  let session: SessionId
  beforeAll(async () => {
    session = await planned({ opensAt: new Date().toISOString(), offers: [offer(4)] })
    await preheated(session)
  })

  const left = (n: number) => system().container.gate.left(open(session, n))
  const set = (n: number, quota: unknown, key?: string) =>
    call('PATCH', `/${session}/offers/${skuOf(n)}`, {
      body: { quota },
      headers: key === undefined ? {} : { 'idempotency-key': key },
    })

  it('adds an offer to a session that runs, once', async () => {
    const wanted = offer(5, { quota: 2 })
    for (const _ of [1, 2]) {
      const { status, body } = await call('POST', `/${session}/offers`, { body: wanted })
      expect([status, (body.offers as unknown[]).length]).toEqual([201, 2])
    }
    expect(await left(5)).toBe(2)
  })

  it('adds no offer on other terms, without pieces, or of what there is none of', async () => {
    const add = (one: object) => call('POST', `/${session}/offers`, { body: one })
    const details = { session, sku: skuOf(5) }
    expect(await add(offer(5, { quota: 3 }))).toMatchObject({
      status: 409,
      body: { code: 'offer_exists', details },
    })
    expect(await add(offer(6, { quota: 1_000_000 }))).toMatchObject({
      status: 409,
      body: { code: 'quota_short' },
    })
    expect(await add(offer(6, { sku: '1' }))).toMatchObject({ status: 422, body: { field: 'sku' } })
    expect(await add(offer(6, { warehouse: 77 }))).toMatchObject({
      status: 422,
      body: { field: 'warehouse' },
    })
    expect((await offersOf(session)).map(({ sku }) => sku)).toEqual([skuOf(4), skuOf(5)])
  })

  it('sets a quota, in the gate and in the books', async () => {
    expect(await set(4, 8)).toMatchObject({
      status: 200,
      body: { offers: [{ sku: skuOf(4), quota: 8 }, { quota: 2 }] },
    })
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
    const { id, addressId } = await system().shopper(1)
    const ticket = system().container.ids.next() as TicketId // A fresh snowflake.
    await join(system().container.gate, open(session, 4), {
      buyer: { id: id as UserId, addressId: addressId as never },
      ticket,
    }) // A seeded buyer's.
    expect(await set(4, 0)).toMatchObject({
      status: 409,
      body: { code: 'quota_below_granted', details: { least: 1 } },
    })
    expect(await set(4, 1_000_000)).toMatchObject({
      status: 409,
      body: { code: 'quota_short', details: { available: expect.any(Number) } },
    })
    for (const [quota, key, field] of [
      [-1, 'k', 'quota'],
      [1.5, 'k', 'quota'],
      [5, 'two words', 'idempotency-key'],
    ] as const)
      expect(await set(4, quota, key)).toMatchObject({ status: 422, body: { field } })
    expect(await call('PATCH', `/${session}/offers/1`, { body: { quota: 1 } })).toMatchObject({
      status: 404,
      body: { code: 'offer_unknown' },
    })
    expect(await left(4)).toBe(5)
  })

  it('pauses and resumes', async () => {
    const { id, addressId } = await system().shopper(2)
    const joins = async () => {
      const answer = await join(system().container.gate, open(session, 5), {
        buyer: { id: id as UserId, addressId: addressId as never },
        ticket: system().container.ids.next() as TicketId,
      }) // The same.
      return answer.answer
    }
    expect(await call('POST', `/${session}/pause`)).toMatchObject({ status: 200, body: { paused: true } })
    expect(await joins()).toBe('paused')
    expect(await call('POST', `/${session}/resume`)).toMatchObject({ status: 200, body: { paused: false } })
    expect(await joins()).toBe('admitted')
  })

  it('ends a session now; what has ended is changed no more, and its report stays', async () => {
    expect((await call('POST', `/${session}/end`)).status).toBe(200)
    await expect
      .poll(async () => (await call('GET', `/${session}`)).body.phase, { timeout: 30_000 })
      .toBe('ended')
    for (const [method, path, body] of [
      ['POST', '/pause', undefined],
      ['POST', '/resume', undefined],
      ['POST', '/end', undefined],
      ['POST', '/offers', offer(6)],
      ['PATCH', `/offers/${skuOf(4)}`, { quota: 9 }],
    ] as const)
      await expect
        .poll(() => call(method, `/${session}${path}`, { body }))
        .toMatchObject({ status: 409, body: { code: 'session_ended' } })
    expect((await call('GET', `/${session}/report`)).body).toMatchObject({ phase: 'ended' })
  })

  it('changes nothing of a session that there is none of', async () => {
    for (const [method, path, body] of [
      ['POST', '/pause', undefined],
      ['POST', '/end', undefined],
      ['POST', '/offers', offer(6)],
      ['PATCH', `/offers/${skuOf(4)}`, { quota: 9 }],
    ] as const)
      expect(await call(method, `/2019052614${path}`, { body })).toMatchObject({
        status: 404,
        body: { code: 'session_unknown' },
      })
  })

  it('starts a session whose workflow is not there, and changes it', async () => {
    const lonely = await planned()
    await system().container.client.workflow.getHandle(sessionWorkflowId(lonely)).terminate('by mistake')
    expect(await call('POST', `/${lonely}/offers`, { body: offer(6) })).toMatchObject({ status: 201 })
  })

  it('ends the event streams of every API process within seconds, and opens them again', async () => {
    const sale = await planned({ opensAt: new Date().toISOString(), offers: [offer(7)] })
    await preheated(sale)
    const { id, addressId } = await system().shopper(0) // Whose token `buyer()` is.
    const ticket = system().container.ids.next() as TicketId // A fresh snowflake.
    const who = { id: id as UserId, addressId: addressId as never } // A seeded buyer's.
    await join(system().container.gate, open(sale, 7), { buyer: who, ticket })
    const url = `${system().url}/v1/seckill/sessions/${sale}/offers/${skuOf(7)}/tickets/mine/events`
    const follow = () => fetch(url, { headers: { authorization: `Bearer ${buyer()}` } })
    const switchTo = (on: boolean) => call('POST', '/../event-streams', { body: { on } })
    const streaming = await follow()
    expect(streaming.status).toBe(200)
    expect((await switchTo(false)).status).toBe(200)
    await streaming.text() // It ends.
    expect((await follow()).status).toBe(503)
    await switchTo(true)
    await expect
      .poll(
        async () => {
          const { status, body } = await follow()
          await body?.cancel()
          return status
        },
        { timeout: 10_000 },
      )
      .toBe(200)
  })
})
