import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBuyerLimit } from '../../api/flash-sales/buyer-limits.ts'
import { keysOf } from '../../redis/gate/keys.ts'
import { figure } from '../support/figures.ts'
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

it('joins are counted by what they were answered, from memory too', async () => {
  const one = await openSale(harness, { quota: 1 })
  const counted = async (answer: string) => (await figure(`flash_sale_joins_total{answer="${answer}"}`)) ?? 0
  const problems = async () => (await figure('http_problems_total{code="sold_out"}')) ?? 0
  const before = { in: await counted('admitted'), out: await counted('sold_out'), no: await problems() }
  await one.admitted(await one.shopper())
  for (const _ of [1, 2, 3]) expect(await one.join(await one.shopper())).toMatchObject({ status: 409 })
  expect(await counted('admitted')).toBe(before.in + 1)
  expect(await counted('sold_out')).toBe(before.out + 3)
  expect(await problems()).toBe(before.no + 3)
})

describe('a buyer who joins', () => {
  it('is let in with a ticket and a position: 202, code 0', async () => {
    const { status, body } = await sale.join(await sale.shopper())
    expect(status).toBe(202)
    expect(body).toEqual({ code: 0, ticket: expect.stringMatching(/^\d+$/), position: 1 })
  })

  it('gets the same ticket for a second click: 200, code 100, not an error', async () => {
    const shopper = await sale.shopper()
    const ticket = await sale.admitted(shopper)
    expect(await sale.join(shopper)).toMatchObject({ status: 200, body: { code: 100, ticket } })
    expect(await sale.join(shopper, { token: 'lost with the first answer' })).toMatchObject({
      status: 200,
      body: { code: 100, ticket },
    })
  })

  it('gets one ticket, however many clicks come at once', async () => {
    const shopper = await sale.shopper()
    const tokens = await Promise.all(Array.from({ length: 5 }, () => sale.token(shopper)))
    const before = await letIn(sale)
    const answers = await Promise.all(tokens.map((token) => sale.join(shopper, { token })))
    expect(new Set(answers.map(({ body }) => body.ticket)).size).toBe(1)
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 202])
    expect(await letIn(sale)).toBe(before + 1)
  })

  it('gets sold_out when fewer pieces are left than wanted, with how many', async () => {
    const two = await openSale(harness, { quota: 2, limit: 5 })
    await two.admitted(await two.shopper())
    const refused = await two.join(await two.shopper(), { quantity: 2 })
    expect(refused).toMatchObject({ status: 409, body: { code: 'sold_out', details: { left: 1 } } })
  })

  it('gets already_bought when the limit is used up by paid tickets, and over_limit when it would be passed', async () => {
    const pair = await openSale(harness, { limit: 2 })
    const shopper = await pair.shopper()
    expect(await pair.join(shopper, { quantity: 3 })).toMatchObject({
      status: 409,
      body: { code: 'over_limit', details: { limit: 2 } },
    })
    for (const _ of [1, 2])
      await harness.gate.paid(pair.offer, 1, { buyer: shopper.id, ticket: await pair.admitted(shopper) })
    expect(await pair.join(shopper)).toMatchObject({ status: 409, body: { code: 'already_bought' } })
  })

  it('gets not_open before the opening, and ended after the end', async () => {
    const early = await openSale(harness, { opensInMs: 30_000 })
    const opensAt = new Date(early.opensAt).toISOString()
    expect(await early.join(await early.shopper())).toMatchObject({
      status: 409,
      body: { code: 'not_open', details: { opensAt } },
    })
    const late = await openSale(harness)
    const shopper = await late.shopper()
    const token = await late.token(shopper)
    await harness.gate.setTerms(late.offer, 1, {
      revision: 1,
      paused: false,
      shed: 0,
      opensAt: late.opensAt,
      endsAt: Date.now(),
    })
    expect(await late.join(shopper, { token })).toMatchObject({ status: 410, body: { code: 'ended' } })
  })

  it('gets paused with Retry-After while an operator holds the gate', async () => {
    const held = await openSale(harness)
    const shopper = await held.shopper()
    await harness.gate.setTerms(held.offer, 1, {
      revision: 1,
      paused: true,
      shed: 0,
      opensAt: held.opensAt,
      endsAt: held.endsAt,
    })
    const { status, body, headers } = await held.join(shopper)
    expect([status, body.code]).toEqual([503, 'paused'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(2)
  })

  it('who let a ticket go unpaid gets until when to wait; the ticket says so, too', async () => {
    const own = await openSale(harness, { coolOffMs: 3_600_000 })
    const shopper = await own.shopper()
    const ticket = await own.admitted(shopper)
    await own.stage()
    await own.place(ticket)
    await own.close(ticket, 'pay_timeout')
    const [row] = await harness.db.sql<{ until: Date }[]>`
      SELECT cool_until AS until
      FROM tickets
      WHERE id = ${ticket}`
    const until = row?.until.toISOString()
    const coolUntilMs = row?.until.getTime() ?? 0
    await harness.gate.giveBack(own.offer, 1, { buyer: shopper.id, ticket, coolUntilMs })
    expect(await own.join(shopper)).toMatchObject({
      status: 409,
      body: { code: 'cooling_off', details: { until } },
    })
    expect(await own.mine(shopper, ticket)).toMatchObject({
      status: 200,
      body: { status: 3, joinAgainAt: until },
    })
    expect((await own.join(await own.shopper())).status).toBe(202)
  })

  it('gets bad_token for a token that is made up, spent, another buyer’s or another offer’s, and the token stays good for its buyer', async () => {
    const [owner, thief] = [await sale.shopper(), await sale.shopper()]
    const other = await openSale(harness)
    const token = await sale.token(owner)
    const spent = await other.token(thief)
    const ticket = String((await other.join(thief, { token: spent })).body.ticket) as never // A ticket.
    await harness.gate.giveBack(other.offer, 1, { buyer: thief.id, ticket })
    for (const answer of [
      await sale.join(thief, { token }),
      await sale.join(thief, { token: 'AAAAAAAAAAAAAAAAAAAAAAAA' }),
      await other.join(owner, { token }),
      await other.join(thief, { token: spent }),
    ])
      expect(answer).toMatchObject({ status: 403, body: { code: 'bad_token' } })
    expect(await sale.join(owner, { token })).toMatchObject({ status: 202 })
  })

  it('gets paused while this process has no numbers for tickets, and may try again', async () => {
    const idless = await startHarness({
      ids: {
        next() {
          throw new Error('the lease of this worker number has run out')
        },
      },
    })
    const waiting = await openSale(idless)
    const buyer = await idless.newBuyer()
    const join = { token: await waiting.token(buyer), addressId: '1' }
    const { status, body } = await waiting.post(buyer, `${waiting.path}/tickets`, { body: join })
    expect([status, body.code]).toEqual([503, 'paused'])
    expect(idless.logged.filter((line) => line.includes('a request failed'))).toEqual([])
    await idless.close()
  })

  it('gets rate_limited beyond its joins a minute, and nobody else does', async () => {
    const limited = await startHarness({ joinLimit: createBuyerLimit(2) })
    const offer = await openSale(limited)
    const [eager, other] = [await offer.shopper(), await offer.shopper()]
    for (const status of [202, 200]) expect((await offer.join(eager)).status).toBe(status)
    const { status, body, headers } = await offer.join(eager)
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await offer.join(other)).status).toBe(202)
    await limited.close()
  })

  it('has to say who it is', async () => {
    expect(
      await sale.post(undefined, `${sale.path}/tickets`, { body: { token: 'x', addressId: '1' } }),
    ).toMatchObject({ status: 401 })
  })
})
