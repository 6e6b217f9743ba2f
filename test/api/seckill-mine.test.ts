import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TicketId } from '../../domain/flash-sale.ts'
import { madeAt } from '../../domain/ids.ts'
import { createQueue } from '../../redis/gate/queue.ts'
import { type Harness, startHarness } from './harness.ts'
import { openSale, type Sale, type Shopper } from './sale.ts'

let harness: Harness
let sale: Sale
beforeAll(async () => {
  harness = await startHarness()
  sale = await openSale(harness, { quota: 100 })
})
afterAll(() => harness.close())

const nothing = { position: null, waitS: null, orderId: null, amount: null, payBy: null, reason: null }
const about = (ticket: TicketId, of = sale) => ({
  type: 2,
  ticket,
  ...of.offer,
  quantity: 1,
  joinedAt: new Date(madeAt(ticket)).toISOString(),
})
const theirs = async (who: Shopper, ticket?: string) => {
  const { status, body } = await sale.mine(who, ticket)
  expect(status).toBe(200)
  return body
}
/** A buyer with a ticket that PostgreSQL has. */
async function staged(of = sale): Promise<{ who: Shopper; ticket: TicketId }> {
  const who = await of.shopper()
  const ticket = await of.admitted(who)
  await of.stage()
  return { who, ticket }
}

describe('a buyer’s ticket', () => {
  it('is queueing (1) with its position, and without a wait while nothing is known of the pace', async () => {
    const line = await openSale(harness)
    await line.admitted(await line.shopper())
    const who = await line.shopper()
    const ticket = await line.admitted(who)
    expect(await line.mine(who)).toMatchObject({
      status: 200,
      body: { ...about(ticket, line), ...nothing, status: 1, position: 2, waitS: null },
    })
  })

  it('waits as long as the last minute’s pace says', async () => {
    const line = await openSale(harness)
    for (const _ of [1, 2, 3]) await line.admitted(await line.shopper())
    await line.stage()
    const terms = { revision: 1, paused: false, shed: 0, opensAt: line.opensAt, endsAt: line.endsAt }
    await harness.gate.renew(line.offer, 1, { terms, waiting: 3, firstWaiting: 1 })
    await harness.gate.renew(line.offer, 1, { terms, waiting: 0, firstWaiting: null })
    await line.admitted(await line.shopper())
    const who = await line.shopper()
    await line.admitted(who)
    // Three a minute, one each 20 s. Should the minute turn in between, the three count a little less and the
    // wait is a little longer.
    const { position, waitS } = (await line.mine(who)).body
    expect(position).toBe(2)
    expect(waitS).toBeGreaterThanOrEqual(40)
  })

  it('is queueing once it is staged, too, until its order is placed', async () => {
    const { who, ticket } = await staged()
    expect(await theirs(who)).toMatchObject({ ...about(ticket), ...nothing, status: 1, position: 1 })
  })

  it('is queueing while the gate has counted it as staged and PostgreSQL does not show it yet', async () => {
    const line = await openSale(harness)
    const who = await line.shopper()
    const ticket = await line.admitted(who)
    const queue = createQueue(harness.redis)
    const entries = await queue.read(line.offer, 'consumer', 10)
    await queue.acknowledge(
      line.offer,
      entries.map((entry) => ({ ...entry, refused: false })),
    )
    expect((await line.mine(who)).body).toMatchObject({ ...about(ticket, line), status: 1, position: 1 })
  })

  it('is won (2) with the order, what it costs and until when it can be paid', async () => {
    const { who, ticket } = await staged()
    await sale.place(ticket)
    const [order] = await harness.db.sql<
      { payBy: Date }[]
    >`SELECT pay_by AS "payBy" FROM orders WHERE id = ${ticket}`
    const paying = {
      orderId: ticket,
      amount: { fen: '900', currency: 'CNY' },
      payBy: order?.payBy.toISOString(),
    }
    expect(await theirs(who)).toEqual({
      ...about(ticket),
      ...nothing,
      joinAgainAt: null,
      status: 2,
      ...paying,
    })
  })

  it('is a pay time-out (3) when its deadline passed, and failed (4) with why when it was closed otherwise', async () => {
    const [late, sorry] = [await staged(), await staged()]
    for (const [{ ticket }, why] of [
      [late, 'pay_timeout'],
      [sorry, 'buyer_cancelled'],
    ] as const) {
      await sale.place(ticket)
      await sale.close(ticket, why)
    }
    expect(await theirs(late.who, late.ticket)).toMatchObject({
      ...about(late.ticket),
      ...nothing,
      status: 3,
    })
    expect(await theirs(sorry.who, sorry.ticket)).toMatchObject({
      ...about(sorry.ticket),
      ...nothing,
      status: 4,
      reason: 'buyer_cancelled',
    })
  })

  it('is failed (4) when staging had to refuse it', async () => {
    const line = await openSale(harness)
    const who = await line.shopper()
    const ticket = await line.admitted(who)
    await harness.db.sql`UPDATE offers SET epoch = epoch + 1 WHERE session_id = ${line.offer.session}`
    await line.stage()
    expect((await line.mine(who, ticket)).body).toMatchObject({
      ...about(ticket, line),
      status: 4,
      reason: 'gate_rebuilt',
    })
  })

  it('is paid (5)', async () => {
    const { who, ticket } = await staged()
    await sale.place(ticket)
    await sale.pay(ticket)
    expect(await theirs(who)).toMatchObject({
      ...about(ticket),
      status: 5,
      orderId: ticket,
      amount: { fen: '900' },
    })
    await harness.gate.paid(sale.offer, 1, { buyer: who.id, ticket })
    expect(await theirs(who)).toMatchObject({ status: 5 })
  })

  it('is the newest one that counts, or the one that is named', async () => {
    const { who, ticket: first } = await staged()
    await sale.place(first)
    await sale.close(first, 'pay_timeout')
    await harness.gate.giveBack(sale.offer, 1, { buyer: who.id, ticket: first })
    expect(await sale.mine(who)).toMatchObject({ status: 404, body: { code: 'no_ticket' } })
    expect(await theirs(who, first)).toMatchObject({ ticket: first, status: 3 })
    const second = await sale.admitted(who)
    expect(await theirs(who)).toMatchObject({ ticket: second, status: 1 })
    expect(await theirs(who, first)).toMatchObject({ ticket: first, status: 3 })
    await sale.stage()
    expect(await theirs(who)).toMatchObject({ ticket: second, status: 1, position: 1 })
  })

  it('is lost (4) when neither Redis nor PostgreSQL knows it, and its buyer may join again', async () => {
    const line = await openSale(harness)
    const who = await line.shopper()
    const ticket = await line.admitted(who)
    await harness.redis.del(...(await harness.redis.keys(`seckill:{${line.offer.session}:*`)))
    expect((await line.mine(who, ticket)).body).toMatchObject({
      ...about(ticket, line),
      ...nothing,
      quantity: null,
      status: 4,
      reason: 'lost',
    })
    expect(await line.mine(who)).toMatchObject({ status: 404, body: { code: 'no_ticket' } })
  })

  it('is nobody else’s, and not there without one', async () => {
    const { ticket } = await staged()
    const other = await sale.shopper()
    expect(await sale.mine(other)).toMatchObject({ status: 404, body: { code: 'no_ticket' } })
    expect(await theirs(other, ticket)).toMatchObject({ status: 4, reason: 'lost', quantity: null })
    expect((await sale.mine(other, 'x')).status).toBe(422)
    expect((await sale.get(undefined, `${sale.path}/tickets/mine`)).status).toBe(401)
  })

  it('is not there under a number that cannot have been granted: made before, after or outside of the session', async () => {
    const who = await sale.shopper()
    const numberAt = (ms: number) => String(BigInt(ms - madeAt('0')) << 22n)
    for (const made of [sale.opensAt - 3_600_000, Date.now() + 600_000])
      expect(await sale.mine(who, numberAt(made))).toMatchObject({ status: 404, body: { code: 'no_ticket' } })
    expect(await sale.mine(who, '1')).toMatchObject({ status: 404, body: { code: 'no_ticket' } })
    const elsewhere = `/v1/seckill/sessions/2019052614/offers/${sale.offer.sku}/tickets/mine?ticket=${numberAt(Date.now())}`
    expect(await sale.get(who, elsewhere)).toMatchObject({ status: 404, body: { code: 'no_ticket' } })
  })
})
