import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionId } from '../../domain/ids.ts'
import { keysOf } from '../../redis/gate/keys.ts'
import { type Harness, startHarness } from './harness.ts'
import { openSale, type Sale } from './sale.ts'

let harness: Harness
let sale: Sale
beforeAll(async () => {
  harness = await startHarness()
  sale = await openSale(harness)
})
afterAll(() => harness.close())

/** How many were let in since the gate was loaded. */
const letIn = async ({ offer }: Sale): Promise<number> =>
  Number((await harness.redis.hget(keysOf(offer).offer, 'seq')) ?? 0)

describe('an offer that the gate does not know', () => {
  const join = async (of: Sale) => of.join(await of.shopper(), { token: 'x' })

  it('is not open while its session is planned', async () => {
    const planned = await openSale(harness, { opensInMs: 600_000, gate: 'none' })
    const opensAt = new Date(planned.opensAt).toISOString()
    expect(await join(planned)).toMatchObject({
      status: 409,
      body: { code: 'not_open', details: { opensAt } },
    })
  })

  it('is paused while its session runs: it was lost with Redis, and is rebuilt', async () => {
    const lost = await openSale(harness)
    await harness.gate.remove(lost.offer)
    expect(await join(lost)).toMatchObject({ status: 503, body: { code: 'paused' } })
  })

  it('is ended when its session is, as soon as that was announced', async () => {
    const over = await openSale(harness)
    await harness.gate.remove(over.offer)
    expect(await join(over)).toMatchObject({ body: { code: 'paused' } })
    await harness.db.sql`UPDATE sessions SET phase = 'ended' WHERE id = ${over.offer.session}`
    harness.events.announceSession(over.offer.session)
    await expect.poll(async () => (await join(over)).body.code, { timeout: 10_000 }).toBe('ended')
  })

  it('is 404 when there is no such session, or none of this SKU in it, or no such id', async () => {
    // The form of an id.
    const nowhere = { ...sale, offer: { ...sale.offer, session: '2019052614' as SessionId } }
    const shopper = await sale.shopper()
    const to = (session: string, sku: string) =>
      sale.post(shopper, `/v1/seckill/sessions/${session}/offers/${sku}/tickets`, {
        body: {
          token: 'x',
          addressId: shopper.addressId,
        },
      })
    expect(await to(nowhere.offer.session, sale.offer.sku)).toMatchObject({
      status: 404,
      body: { code: 'session_unknown' },
    })
    expect(await to(sale.offer.session, '1')).toMatchObject({ status: 404, body: { code: 'offer_unknown' } })
    for (const [session, sku] of [
      ['today', sale.offer.sku],
      [sale.offer.session, 'tea'],
    ] as const)
      expect(await to(session, sku)).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })
})

describe('input that is not as expected', () => {
  it.each([
    ['a quantity of none', { quantity: 0 }, 'quantity'],
    ['half a piece', { quantity: 1.5 }, 'quantity'],
    ['a thousand', { quantity: 1000 }, 'quantity'],
    ['a text', { quantity: '1' }, 'quantity'],
    ['no address', { addressId: undefined }, 'addressId'],
    ['an address that is none', { addressId: 'home' }, 'addressId'],
    ['no token', { token: undefined }, 'token'],
    ['an endless token', { token: 'x'.repeat(101) }, 'token'],
    ['an unknown field', { vip: true }, 'vip'],
  ])('is refused with 422 and the field, and nobody is let in: %s', async (_, wrong, field) => {
    const shopper = await sale.shopper()
    const before = await letIn(sale)
    const body = { token: await sale.token(shopper), quantity: 1, addressId: shopper.addressId, ...wrong }
    expect(await sale.post(shopper, `${sale.path}/tickets`, { body })).toMatchObject({
      status: 422,
      body: { code: 'validation', field },
    })
    expect(await letIn(sale)).toBe(before)
  })

  it('is 400 when it is no JSON, 413 when it is large, 415 when it is something else', async () => {
    const shopper = await sale.shopper()
    const post = async (body: string, headers = {}) =>
      (await sale.post(shopper, `${sale.path}/tickets`, { body, headers })).status
    expect(await post('{')).toBe(400)
    expect(await post(JSON.stringify({ token: 'x'.repeat(70_000) }))).toBe(413)
    const chunked = (container: string[]) =>
      fetch(`${harness.url}${sale.path}/tickets`, {
        ...{
          method: 'POST',
          duplex: 'half',
          body: ReadableStream.from(container.map((part) => new TextEncoder().encode(part))),
        },
        headers: { authorization: `Bearer ${shopper.token}`, 'content-type': 'application/json' },
      } as RequestInit) // `duplex` is not in the types, and needed.
    expect((await chunked(['{"token":"x","addr', 'essId":"1"}'])).status).toBe(403)
    expect((await chunked(Array.from({ length: 8 }, () => 'x'.repeat(16 * 1024)))).status).toBe(413)
    expect(await post('token=x', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415)
  })
})
