import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Followed, ticketEvents } from '../../api/flash-sales/ticket-events.ts'
import type { TicketId } from '../../domain/flash-sale.ts'
import type { Events } from '../../redis/events.ts'
import { type Harness, startHarness } from './harness.ts'
import { openSale, type Sale, type Shopper } from './sale.ts'

let harness: Harness
let sale: Sale
let untils = 0
beforeAll(async () => {
  harness = await startHarness(({ events }) => ({
    events: {
      /** How many streams wait for events. */
      async until(...args) {
        untils++
        try {
          return await events.until(...(args as Parameters<Events['until']>)) // What was passed on.
        } finally {
          untils--
        }
      },
    } as Pick<Events, 'until'>, // A generic function's own type cannot be spelt out of its arguments.
  }))
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

describe('the events of a buyer’s ticket', () => {
  it('tell each change, from the queue to the payment, and end with it', async () => {
    const { who, ticket } = await queued()
    const stream = await listen(who)
    expect(stream.answer.headers.get('content-type')).toContain('text/event-stream')
    expect(await stream.next()).toMatchObject({ status: 1, body: { type: 2, ticket, position: 1 } })
    await sale.stage()
    expect(await stream.next()).toMatchObject({ status: 1, body: { position: 0 } })
    await sale.place(ticket)
    expect(await stream.next()).toMatchObject({
      status: 2,
      body: { orderId: ticket, amount: { fen: '900' } },
    })
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
    const late = await listen(who, { lastEventId: String(next?.id) })
    const last = await late.next()
    expect(last).toMatchObject({ status: 3 })
    const knowing = await listen(who, { lastEventId: String(last?.id) })
    expect(knowing.answer.status).toBe(204)
  })

  it('tell of a ticket that was lost with Redis, and end', async () => {
    const who = await sale.shopper()
    const stream = await listen(who, { ticket: harness.ids.next() })
    expect(await stream.next()).toMatchObject({ status: 4, body: { reason: 'lost' } })
    expect(await stream.next()).toBeUndefined()
  })

  it('cost nothing any more once the buyer has gone', async () => {
    await expect.poll(() => untils, { timeout: 10_000 }).toBe(0)
    const { who } = await queued()
    const stream = await listen(who)
    await stream.next()
    expect(untils).toBe(1)
    stream.leave()
    await expect.poll(() => untils, { timeout: 10_000 }).toBe(0)
  })

  it('are for who has a ticket, and has said who they are', async () => {
    const stream = await listen(await sale.shopper())
    expect(stream.answer.status).toBe(404)
    expect((await sale.ask(undefined, 'GET', `${sale.path}/tickets/mine/events`)).status).toBe(401)
  })
})

describe('a stream of events', () => {
  const ticket = '1' as TicketId // Any number is one here.
  const follow = (look: Followed['look'], warn = (): void => {}) => {
    const app = new Hono().get('/', (c) =>
      ticketEvents(c, { events: harness.events, warn, beatMs: 20 }, { ticket, look }),
    )
    return app.request('/', { headers: {} })
  }

  it('has a comment now and then while there is nothing to tell', async () => {
    let looks = 0
    const answer = await follow(async () => ({ view: { told: looks > 3 }, ended: looks++ > 3 }))
    const text = await answer.text()
    expect(text).toContain('retry: 3000')
    expect(text).toContain(': still here')
    expect(text.match(/event: ticket/g)).toHaveLength(2)
  })

  it('breaks off when there can be no answer, tells nothing of why, and is logged', async () => {
    const warned: string[] = []
    const answer = await follow(
      async () => {
        throw new Error('the password of the database is 1234')
      },
      (...[, message]: unknown[]) => void warned.push(String(message)),
    )
    expect(await answer.text()).toBe('retry: 3000\n\n')
    expect(warned).toHaveLength(1)
  })
})
