import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Events } from '../../runtime/container.ts'
import { faultOf } from '../../runtime/fault.ts'
import { Problem } from '../http/errors/problem.ts'

/**
 * What a ticket has come to. `moving`: it waits in the queue, so that its position changes without an
 * announcement.
 */
export type TicketLook = { view: object; ended: boolean; moving: boolean }

/**
 * A buyer's ticket to follow. `first`: how it stood just now; `seen`: the id of the event that the buyer
 * knows.
 */
type Followed = {
  buyer: UserId
  ticket: TicketId
  first: TicketLook
  seen: string | undefined
  look: () => Promise<TicketLook>
}

export type TicketStreams = {
  /**
   * Server-sent events: the ticket whenever it has changed, and first unless the buyer has seen it. Ends with
   * it.
   *
   * @throws {Problem} `too_many_streams` of this buyer; `streams_off` when this process has all that it may
   * have, or they are switched off
   */
  open(followed: Followed): ReadableStream<Uint8Array>
  /** How many are open. */
  count(): number
  /** Switches streams off, also before this process stops (those that are open end), or on again. */
  allow(allowed: boolean): void
}

export type StreamOptions = {
  events: Pick<Events, 'onOrder' | 'onReconnect'>
  log: Pick<Logger, 'warn'>
  /** The most streams of one buyer, and of this process. */
  perBuyer: number
  most: number
  /**
   * A look in case an announcement was lost, and one at a position in the queue, after so many ms, give or
   * take a quarter.
   */
  repairMs?: number
  movingMs?: number
  /** A comment after so many ms, so that proxies keep the connection. */
  beatMs?: number
}

/** Announcements may come fast: one look in this time is enough. */
const betweenLooksMs = 250
/** An announcement may have come between the first look and the subscription. */
const secondLookMs = 1500
const tickMs = 500
/** A browser whose stream broke off comes again after one to two times this. */
const retryMs = 2000
/** Chunks that a client has not read; beyond it the client is gone, or too slow. */
const mostUnread = 20

type Stream = Followed & {
  controller: ReadableStreamDefaultController<Uint8Array>
  state: 'idle' | 'looking' | 'closed'
  /** Something was announced while it was looked at. */
  again: boolean
  lookedAt: number
  nextLookAt: number
  nextBeatAt: number
  unsubscribe: () => void
}

const text = new TextEncoder()

/** Names what an event says, shortly: whoever has seen an event of this id learns nothing from it. */
export const eventId = (view: object): string =>
  createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 16)

/** Around `ms`, so that many who start together do not come back together. */
const around = (ms: number): number => ms * (0.75 + Math.random() / 2)

/**
 * The event streams of this process. An open stream costs a listener: it looks at its ticket when that was
 * announced (one Redis subscription a process brings it), every 30 s in case an announcement was lost, and
 * every 3 s while its ticket is queued, which Redis answers alone. One timer serves all streams.
 */
export function createTicketStreams({
  events,
  log,
  perBuyer,
  most,
  repairMs = 30_000,
  movingMs = 3000,
  beatMs = 15_000,
}: StreamOptions): TicketStreams {
  const streams = new Set<Stream>()
  const ofBuyer = new Map<UserId, number>()
  let allowed = true
  let quietUntil = 0
  let timer: NodeJS.Timeout | undefined

  function end(stream: Stream): void {
    if (stream.state === 'closed') return
    stream.state = 'closed'
    stream.unsubscribe()
    streams.delete(stream)
    const left = (ofBuyer.get(stream.buyer) ?? 1) - 1
    if (left === 0) ofBuyer.delete(stream.buyer)
    else ofBuyer.set(stream.buyer, left)
    if (streams.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    try {
      stream.controller.close()
    } catch {
      // The client has cancelled it.
    }
  }

  function write(stream: Stream, chunk: string): void {
    if (stream.state === 'closed') return
    if ((stream.controller.desiredSize ?? 0) < -mostUnread) {
      end(stream)
      return
    }
    stream.controller.enqueue(text.encode(chunk))
    stream.nextBeatAt = Date.now() + beatMs
  }

  function show(stream: Stream, { view, ended, moving }: TicketLook): void {
    const id = eventId(view)
    if (id !== stream.seen) write(stream, `event: ticket\ndata: ${JSON.stringify(view)}\nid: ${id}\n\n`)
    stream.seen = id
    stream.nextLookAt = Date.now() + around(moving ? movingMs : repairMs)
    if (ended) end(stream)
  }

  async function look(stream: Stream): Promise<void> {
    if (stream.state !== 'idle') {
      stream.again = true
      return
    }
    stream.state = 'looking'
    stream.again = false
    stream.lookedAt = Date.now()
    try {
      const found = await stream.look()
      if (isClosed(stream)) return
      show(stream, found)
    } catch (error) {
      stream.nextLookAt = Date.now() + around(movingMs)
      if (Date.now() >= quietUntil) {
        quietUntil = Date.now() + 1000
        log.warn(
          { ticket: stream.ticket, fault: faultOf(error) },
          'tickets cannot be looked at; streams stay open',
        )
      }
    }
    if (isClosed(stream)) return
    stream.state = 'idle'
    if (stream.again) stream.nextLookAt = 0
  }

  /** At once, unless it was looked at just now: then the timer does it. */
  function announced(stream: Stream): void {
    if (Date.now() - stream.lookedAt >= betweenLooksMs) void look(stream)
    else stream.nextLookAt = 0
  }

  function tick(): void {
    const now = Date.now()
    for (const stream of streams) {
      if (now >= stream.nextBeatAt) write(stream, ': still here\n\n')
      if (now >= stream.nextLookAt && stream.state === 'idle') void look(stream)
    }
  }

  events.onReconnect(() => {
    const now = Date.now()
    for (const stream of streams)
      stream.nextLookAt = Math.min(stream.nextLookAt, now + Math.random() * 2 * movingMs)
  })

  return {
    open(followed) {
      const mine = ofBuyer.get(followed.buyer) ?? 0
      if (mine >= perBuyer) throw new Problem('too_many_streams')
      if (!allowed || streams.size >= most) throw new Problem('streams_off')
      let stream: Stream | undefined
      return new ReadableStream<Uint8Array>({
        start(controller) {
          const opened: Stream = {
            ...followed,
            controller,
            state: 'idle',
            again: false,
            lookedAt: 0,
            nextLookAt: 0,
            nextBeatAt: 0,
            unsubscribe: () => {},
          }
          stream = opened
          opened.unsubscribe = events.onOrder(followed.ticket, () => announced(opened))
          streams.add(opened)
          ofBuyer.set(followed.buyer, mine + 1)
          timer ??= setInterval(tick, Math.min(tickMs, beatMs))
          write(opened, `retry: ${Math.round(retryMs * (1 + Math.random()))}\n\n`)
          show(opened, followed.first)
          opened.nextLookAt = Math.min(opened.nextLookAt, Date.now() + around(secondLookMs))
        },
        cancel() {
          if (stream) end(stream)
        },
      })
    },
    count: () => streams.size,
    allow(now) {
      allowed = now
      if (!now) for (const stream of [...streams]) end(stream)
    },
  }
}

/** Asked after an await, which the compiler does not take into account. */
const isClosed = ({ state }: Stream): boolean => state === 'closed'
