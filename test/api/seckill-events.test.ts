import { describe, expect, it } from 'vitest'
import { createBuyerLimit } from '../../api/flash-sales/buyer-limits.ts'
import { startHarness } from './harness.ts'
import { openSale } from './sale.ts'
import { streamedSale } from './streamed-sale.ts'
import { shown } from './ticket-events.ts'

const { harness, sale, streams, listen, queued } = await streamedSale()

describe('the events of a buyer’s ticket', () => {
  it('show each change, from the queue to the payment, and end with it', async () => {
    const { who, ticket } = await queued()
    const stream = await listen(who)
    expect(stream.answer.headers.get('content-type')).toContain('text/event-stream')
    expect(stream.answer.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(await stream.next()).toMatchObject({ status: 1, body: { type: 2, ticket, position: 1 } })
    await sale.stage()
    await sale.place(ticket)
    await shown(stream, 2)
    await sale.pay(ticket)
    expect(await stream.next()).toMatchObject({ status: 5 })
    expect(await stream.next()).toBeUndefined()
  })

  it('go on after Last-Event-ID: what was seen is not sent again, what came meanwhile is', async () => {
    const { who, ticket } = await queued()
    await sale.stage()
    const first = await listen(who)
    const seen = await first.next()
    first.leave()
    const again = await listen(who, { lastEventId: String(seen?.id) })
    await sale.place(ticket)
    const next = await again.next()
    expect(next).toMatchObject({ status: 2 })
    again.leave()
    await sale.close(ticket, 'pay_timeout')
    const late = await listen(who, { ticket, lastEventId: String(next?.id) })
    const last = await late.next()
    expect(last).toMatchObject({ status: 3 })
    const knowing = await listen(who, { ticket, lastEventId: String(last?.id) })
    expect(knowing.answer.status).toBe(204)
  })

  it('show that a ticket was lost with Redis, and end', async () => {
    const who = await sale.shopper()
    const stream = await listen(who, { ticket: harness.ids.next() })
    expect(await stream.next()).toMatchObject({ status: 4, body: { reason: 'lost' } })
    expect(await stream.next()).toBeUndefined()
  })

  it('cost nothing any more once the buyer has gone', async () => {
    await expect.poll(() => streams.count(), { timeout: 10_000 }).toBe(0)
    const { who } = await queued()
    const stream = await listen(who)
    await stream.next()
    expect(streams.count()).toBe(1)
    stream.leave()
    await expect.poll(() => streams.count(), { timeout: 10_000 }).toBe(0)
  })

  it('are for who has a ticket, and has said who they are', async () => {
    const stream = await listen(await sale.shopper())
    expect(stream.answer.status).toBe(404)
    expect((await sale.get(undefined, `${sale.path}/tickets/mine/events`)).status).toBe(401)
  })

  it('are bounded a buyer and in all, and what is refused says to poll', async () => {
    await expect.poll(() => streams.count(), { timeout: 10_000 }).toBe(0)
    const { who } = await queued()
    const mine = await Promise.all([1, 2, 3].map(() => listen(who)))
    for (const { answer } of mine) expect(answer.status).toBe(200)
    const fourth = await sale.get(who, `${sale.path}/tickets/mine/events`)
    expect(fourth).toMatchObject({ status: 429, body: { code: 'too_many_streams' } })
    expect(Number(fourth.headers.get('retry-after'))).toBeGreaterThanOrEqual(30)
    mine[0]?.leave()
    await expect.poll(() => streams.count(), { timeout: 10_000 }).toBe(2)
    mine.push(await listen(who))
    expect(mine.at(-1)?.answer.status).toBe(200)
    const others = await Promise.all(Array.from({ length: 17 }, async () => listen((await queued()).who)))
    expect(streams.count()).toBe(20)
    const late = await sale.get((await queued()).who, `${sale.path}/tickets/mine/events`)
    expect(late).toMatchObject({ status: 503, body: { code: 'streams_off' } })
    for (const { leave } of [...mine, ...others]) leave()
    await expect.poll(() => streams.count(), { timeout: 10_000 }).toBe(0)
  })

  it('can be switched off: open ones end, new ones are refused, until they are allowed again', async () => {
    const { who } = await queued()
    const open = await listen(who)
    await open.next()
    streams.allow(false)
    expect(await open.next()).toBeUndefined()
    expect((await listen(who)).answer.status).toBe(503)
    streams.allow(true)
    const again = await listen(who)
    expect(again.answer.status).toBe(200)
    again.leave()
  })
})

it('looks at one’s ticket are limited a buyer, streams too', async () => {
  const limited = await startHarness({ lookLimit: createBuyerLimit(2) })
  const offer = await openSale(limited)
  const who = await offer.shopper()
  await offer.admitted(who)
  for (const _ of [1, 2]) expect((await offer.mine(who)).status).toBe(200)
  expect(await offer.mine(who)).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  const stream = await offer.get(who, `${offer.path}/tickets/mine/events`)
  expect(stream.status).toBe(429)
  await limited.close()
})
