import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createBuyerLimit } from '../../api/flash-sales/buyer-limits.ts'
import {
  createTicketStreams,
  type TicketLook,
  type TicketStreams,
} from '../../api/flash-sales/ticket-streams.ts'
import type { TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import { createEvents } from '../../redis/events.ts'
import { type Harness, startHarness } from './harness.ts'
import { openSale, type Sale, type Shopper } from './sale.ts'

let harness: Harness
let sale: Sale
let streams: TicketStreams
beforeAll(async () => {
  harness = await startHarness(({ events, log }) => {
    streams = createTicketStreams({ events, log, perBuyer: 3, most: 20 })
    return { streams }
  })
  sale = await openSale(harness, { quota: 100 })
})
afterAll(() => harness.close())

type Event = { id: string; status: number; body: Record<string, unknown> }

/** Listens as a browser does. */
async function listen(who: Shopper, { ticket, lastEventId }: { ticket?: string; lastEventId?: string } = {}) {
  const leaving = new AbortController()
  const answer = await fetch(
    `${harness.url}${sale.path}/tickets/mine/events${ticket ? `?ticket=${ticket}` : ''}`,
    {
      headers: {
        authorization: `Bearer ${who.token}`,
        ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
      },
      signal: leaving.signal,
    },
  )
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    answer,
    /** The next event; undefined when the stream has ended. */
    async next(): Promise<Event | undefined> {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end >= 0) {
          const block = text.slice(0, end)
          text = text.slice(end + 2)
          if (block.startsWith('event: ticket\n')) return eventOf(block)
          continue
        }
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (done) return undefined
        text += value
      }
    },
    leave: () => leaving.abort(),
  }
}
function eventOf(block: string): Event {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? ''
  const body = JSON.parse(field('data')) as Event['body']
  return { id: field('id'), status: Number(body.status), body }
}
async function queued(): Promise<{ who: Shopper; ticket: TicketId }> {
  const who = await sale.shopper()
  return { who, ticket: await sale.admitted(who) }
}

/** Waits for whatever was announced up to now to have been looked at. */
const shown = (stream: { next(): Promise<Event | undefined> }, status: number) =>
  expect.poll(async () => (await stream.next())?.status, { timeout: 20_000 }).toBe(status)

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

describe('idle streams', () => {
  const order = '1' as TicketId // Any number is one here.
  const still = (status: number): TicketLook => ({ view: { status }, ended: false, moving: false })
  let position = 0

  /** Streams of a system of their own, whose looks are counted. */
  async function follow(
    options: { repairMs?: number; beatMs?: number } = {},
    look = async () => still(position),
  ) {
    const redis = new Redis(inject('redisUrl'))
    const events = createEvents(redis)
    const logged: string[] = []
    const log = pino({}, { write: (line: string) => logged.push(line) })
    const own = createTicketStreams({ events, log, perBuyer: 1000, most: 1000, ...options })
    let looks = 0
    position = 0
    const counted = () => {
      looks++
      return look()
    }
    const open = () =>
      own.open({ buyer: '1' as UserId, ticket: order, first: still(0), seen: undefined, look: counted })
    return {
      events,
      logged,
      looks: () => looks,
      text: (stream = open()) => {
        const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
        let text = ''
        return async (until: string) => {
          while (!text.includes(until)) {
            const { done, value } = await reader.read()
            if (done) break
            text += value
          }
          return text
        }
      },
      async close() {
        own.allow(false)
        await events.close()
        redis.disconnect()
      },
    }
  }

  it('do not look at their tickets while nothing is announced, but for one look after the opening', async () => {
    const { text, looks, close } = await follow({ beatMs: 700 })
    const read = text()
    await read(': still here\n\n: still here\n\n: still here\n\n: still here\n\n: still here\n\n: still here')
    expect(looks()).toBe(1)
    await close()
  })

  it('show an announced change that another process has made', async () => {
    const { text, looks, close } = await follow()
    const read = text()
    // From now on nothing but an announcement makes it look.
    await expect.poll(looks, { timeout: 10_000 }).toBe(1)
    const other = createEvents(harness.redis)
    position = 2
    other.announce(order)
    expect(await read('"status":2')).toContain('"status":2')
    await other.close()
    await close()
  })

  it('repair a lost announcement by a slow look', async () => {
    const { text, close } = await follow({ repairMs: 1000 })
    const read = text()
    await read('"status":0')
    position = 3
    expect(await read('"status":3')).toContain('"status":3')
    await close()
  })

  it('stay open while the stores do not answer, show nothing of why, and are logged once', async () => {
    let away = true
    const { text, events, logged, close } = await follow({}, async () => {
      if (away) throw new Error('the password of the database is 1234')
      return still(4)
    })
    const readers = [text(), text(), text()]
    for (const read of readers) await read('"status":0')
    events.announce(order)
    await expect.poll(() => logged.length, { timeout: 10_000 }).toBeGreaterThan(0)
    away = false
    for (const read of readers) expect(await read('"status":4')).not.toContain('password')
    expect(logged.length).toBeLessThan(3)
    await close()
  })

  it('come back at different moments after a break', async () => {
    const { text, close } = await follow()
    const waits = new Set<string | undefined>()
    for (let i = 0; i < 30; i++) waits.add(/retry: (\d+)/.exec(await text()('"status":0'))?.[1])
    expect(waits.size).toBeGreaterThan(5)
    for (const wait of waits) expect(Number(wait)).toBeGreaterThanOrEqual(2000)
    await close()
  })

  it('of tickets in PostgreSQL that are due together cost one statement', async () => {
    const holders = await Promise.all(Array.from({ length: 12 }, () => queued()))
    await sale.stage()
    for (const { ticket } of holders) await sale.place(ticket)
    const open = await Promise.all(holders.map(({ who }) => listen(who)))
    for (const stream of open) await shown(stream, 2)
    harness.statements.length = 0
    for (const { ticket } of holders) harness.events.announce(ticket)
    const reads = () => harness.statements.filter((text) => text.includes('FROM tickets')).length
    await expect.poll(reads, { timeout: 10_000 }).toBeGreaterThan(0)
    for (const stream of open) stream.leave()
    await expect.poll(() => streams.count(), { timeout: 10_000 }).toBe(0)
    expect(reads()).toBeLessThan(6)
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
