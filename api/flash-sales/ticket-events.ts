import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { TicketId } from '../../domain/flash-sale.ts'
import type { Events } from '../../runtime/container.ts'
import { faultOf } from '../../runtime/fault.ts'

type Told = { view: object; ended: boolean }
/** A ticket to follow; `look` says what it has come to. */
export type Followed = { ticket: TicketId; look: () => Promise<Told> }
type Deps = {
  events: Pick<Events, 'until'>
  warn: (about: object, message: string) => void
  beatMs?: number
}

const heartbeatMs = 15_000
/** A browser whose stream broke off comes again after this. */
const retryMs = 3000
/** While events come fast, or Redis is away and `until` looks ten times a second, one look in this time is enough. */
const betweenLooksMs = 250

/** Names what an event says, shortly: who has seen an event of this name has nothing to learn from it. */
export const eventId = (view: object): string =>
  createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 16)

/**
 * Server-sent events: the ticket whenever it has changed, first of all unless `Last-Event-ID` is it already; a comment every 15 s, so that
 * proxies keep the connection. Ends when the ticket has ended, or when nobody listens any more.
 */
export function ticketEvents(
  c: Context,
  { events, warn, beatMs = heartbeatMs }: Deps,
  { ticket, look }: Followed,
): Response {
  let sent = c.req.header('last-event-id')
  let lookedAt = 0
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async (stream) => {
    const changed = async () => {
      await pause(Math.max(0, lookedAt + betweenLooksMs - Date.now()))
      if (stream.aborted) return 'gone' as const
      const { view, ended } = await look()
      lookedAt = Date.now()
      const id = eventId(view)
      return id === sent ? undefined : { id, view, ended }
    }
    try {
      await stream.write(`retry: ${retryMs}\n\n`)
      for (;;) {
        const event = await events.until(ticket, beatMs, changed)
        if (event === 'gone') return
        if (event === undefined) {
          await stream.write(': still here\n\n')
          continue
        }
        await stream.writeSSE({ event: 'ticket', id: event.id, data: JSON.stringify(event.view) })
        sent = event.id
        if (event.ended) return
      }
    } catch (error) {
      warn({ ticket, fault: faultOf(error) }, 'a buyer’s event stream broke off; the browser comes again')
    }
  })
}
