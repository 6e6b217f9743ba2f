import { describe, expect, it } from 'vitest'
import { sessionIdOf, type TicketId } from '../../domain/flash-sale.ts'
import type { SessionId, UserId } from '../../domain/ids.ts'
import { join } from '../support/flash-sale.ts'
import { hour, useOperators } from './operators.ts'

const { system, buyer, call, skuOf, offer, plan, planned, sessionsWritten, offersOf, preheated, open } =
  useOperators()

describe('planning', () => {
  it('writes a session with its offers and starts it: its pieces leave the warehouse, its gate is loaded', async () => {
    const wanted = plan({ payWithinS: 300, captcha: true, offers: [offer(0, { limit: 2 }), offer(1)] })
    const { status, headers, body } = await call('POST', '', { body: wanted })
    expect([status, headers.get('location')]).toEqual([201, `/v1/ops/sessions/${wanted.id}`])
    expect(body).toMatchObject({
      id: wanted.id,
      opensAt: wanted.opensAt,
      endsAt: wanted.endsAt,
      paused: false,
      captcha: true,
      payWithinS: 300,
    })
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
    expect(await system().container.gate.left(open(wanted.id as SessionId))).toBe(5)
  })

  it('names a session after its hour in Shanghai, and has orders wait ten minutes, unless it is said otherwise', async () => {
    const opensAt = new Date(Date.now() + 48 * hour)
    const { body } = await call('POST', '', {
      body: plan({
        id: undefined,
        opensAt: opensAt.toISOString(),
        endsAt: new Date(opensAt.getTime() + hour),
      }),
    })
    expect(body).toMatchObject({
      id: sessionIdOf(opensAt.getTime()),
      phase: 'planned',
      payWithinS: 600,
      captcha: false,
    })
  })

  it('of the same session again is the same one, and of another under its id is refused', async () => {
    const opensAt = new Date(Date.now() + 72 * hour).toISOString()
    const wanted = plan({ opensAt, endsAt: new Date(Date.now() + 73 * hour).toISOString() })
    const first = await call('POST', '', { body: wanted })
    const both = await Promise.all([call('POST', '', { body: wanted }), call('POST', '', { body: wanted })])
    for (const again of both) expect([again.status, again.body]).toEqual([200, first.body])
    for (const other of [
      { offers: [] },
      { captcha: true },
      { offers: [offer(0, { quota: 6 })] },
      { opensAt: new Date(Date.now() + 71 * hour) },
    ])
      expect(await call('POST', '', { body: { ...wanted, ...other } })).toMatchObject({
        status: 409,
        body: { code: 'session_exists', details: { session: wanted.id } },
      })
    expect((await call('GET', `/${wanted.id}`)).body).toEqual(first.body)
  })

  it.each([
    ['an end before the opening', () => ({ endsAt: new Date(Date.now() + 1000) }), 'endsAt'],
    [
      'an end that is past',
      () => ({ opensAt: new Date(Date.now() - 2 * hour), endsAt: new Date(Date.now() - hour) }),
      'endsAt',
    ],
    ['a time that is none', () => ({ opensAt: 'tomorrow' }), 'opensAt'],
    ['an id that cannot be', () => ({ id: 'black-friday' }), 'id'],
    ['an unknown field', () => ({ vip: true }), 'vip'],
    ['an item that there is none of', () => ({ offers: [offer(0), offer(1, { sku: '1' })] }), 'offers.1.sku'],
    [
      'a warehouse that there is none of',
      () => ({ offers: [offer(0, { warehouse: 77 })] }),
      'offers.0.warehouse',
    ],
    ['an item twice', () => ({ offers: [offer(0), offer(0)] }), 'offers.1.sku'],
    ['a price below zero', () => ({ offers: [offer(0, { price: { fen: '-1' } })] }), 'offers.0.price.fen'],
    [
      'a price in another money',
      () => ({ offers: [offer(0, { price: { fen: '1', currency: 'EUR' } })] }),
      'offers.0.price.currency',
    ],
    ['no pieces', () => ({ offers: [offer(0, { quota: 0 })] }), 'offers.0.quota'],
    ['a limit of none', () => ({ offers: [offer(0, { limit: 0 })] }), 'offers.0.limit'],
    ['no time to pay', () => ({ payWithinS: 0 }), 'payWithinS'],
  ])('refuses %s with 422 and the field, and writes nothing', async (_, wrong, field) => {
    const before = await sessionsWritten()
    expect(await call('POST', '', { body: plan(wrong()) })).toMatchObject({
      status: 422,
      body: { code: 'validation', field },
    })
    expect(await sessionsWritten()).toBe(before)
  })
})

describe('looking', () => {
  it('lists the sessions page by page, those that open last first', async () => {
    const [late, later] = await Promise.all(
      [500, 501].map((hours) =>
        planned({
          opensAt: new Date(Date.now() + hours * hour).toISOString(),
          endsAt: new Date(Date.now() + (hours + 1) * hour).toISOString(),
        }),
      ),
    )
    const first = await call('GET', '?limit=1')
    expect(first).toMatchObject({
      status: 200,
      body: {
        sessions: [{ id: later, phase: 'planned', paused: false, offers: [{ quota: 5 }] }],
        next: later,
      },
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
    const { id, addressId } = await system().shopper(0)
    const ticket = system().container.ids.next() as TicketId // A fresh snowflake.
    await join(system().container.gate, open(session, 2), {
      buyer: { id: id as UserId, addressId: addressId as never },
      ticket,
    }) // Rows of the seeded shop.
    await system().reaches(ticket, 'awaiting_payment')
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
  it.each(doors)(
    'is not let in: %s /v1/ops/sessions%s is 403 for a buyer, 401 for nobody',
    async (method, path) => {
      const before = await sessionsWritten()
      expect(
        await call(method, path, { body: method === 'GET' ? undefined : plan(), token: buyer() }),
      ).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
      expect(await call(method, path, { token: 'nonsense' })).toMatchObject({ status: 401 })
      expect((await fetch(`${system().url}/v1/ops/sessions${path}`, { method })).status).toBe(401)
      expect(await sessionsWritten()).toBe(before)
    },
  )
})
