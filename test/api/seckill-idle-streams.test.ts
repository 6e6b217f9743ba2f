import { Redis } from 'ioredis'
import { pino } from 'pino'
import { describe, expect, inject, it } from 'vitest'
import { createTicketStreams, type TicketLook } from '../../api/flash-sales/ticket-streams.ts'
import type { TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import { createEvents } from '../../redis/events.ts'
import { streamedSale } from './streamed-sale.ts'
import { shown } from './ticket-events.ts'

const { harness, sale, streams, listen, queued } = await streamedSale()

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
