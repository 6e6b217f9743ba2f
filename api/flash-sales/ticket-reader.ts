import { newestTicket, type OwnedTicket, readTickets, type StoredTicket } from '../../db/reads/tickets.ts'
import type { Sql } from '../../db/types.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'

/** Staged tickets, from PostgreSQL. */
export type TicketReader = {
  /** The buyer's ticket of this number for the offer; somebody else's is none. */
  named(offer: OfferKey, buyer: UserId, ticket: TicketId): Promise<StoredTicket | undefined>
  /**
   * The buyer's newest ticket for the offer, also one that was given back. `mayBeCached`: that there was none
   * a moment ago is answer enough.
   */
  newest(offer: OfferKey, buyer: UserId, mayBeCached: boolean): Promise<StoredTicket | undefined>
}

/** The most tickets of one statement. */
const mostTickets = 500
/** How long "no ticket" is believed of a buyer whom only PostgreSQL can answer: while its gate is gone. */
const noneForMs = 5000
const mostNone = 50_000

type Waiting = {
  ticket: TicketId
  resolve: (row: OwnedTicket | undefined) => void
  reject: (error: unknown) => void
}

/**
 * Tickets that are asked for in one turn of the event loop are read by one statement: thousands of event
 * streams that are due together cost a few statements.
 */
export function createTicketReader(sql: Sql, now: () => number = Date.now): TicketReader {
  let waiting: Waiting[] = []
  const none = new Map<string, number>()

  function send(): void {
    const batch = waiting
    waiting = []
    readTickets(
      sql,
      batch.map(({ ticket }) => ticket),
    ).then(
      (rows) => {
        const byNumber = new Map(rows.map((row) => [row.ticket, row]))
        for (const { ticket, resolve } of batch) resolve(byNumber.get(ticket))
      },
      (error) => {
        for (const { reject } of batch) reject(error)
      },
    )
  }

  function read(ticket: TicketId): Promise<OwnedTicket | undefined> {
    return new Promise((resolve, reject) => {
      waiting.push({ ticket, resolve, reject })
      if (waiting.length === mostTickets) send()
      else if (waiting.length === 1) setImmediate(() => waiting.length > 0 && send())
    })
  }

  return {
    async named({ session, sku }, buyer, ticket) {
      const row = await read(ticket)
      return row && row.buyer === buyer && row.session === session && row.sku === sku ? row : undefined
    },
    async newest(offer, buyer, mayBeCached) {
      const key = `${offer.session} ${offer.sku} ${buyer}`
      if (mayBeCached && now() < (none.get(key) ?? 0)) return undefined
      none.delete(key)
      const row = await newestTicket(sql, offer, buyer)
      if (row) return row
      none.set(key, now() + noneForMs)
      const oldest = none.size > mostNone ? none.keys().next().value : undefined
      if (oldest !== undefined) none.delete(oldest)
      return undefined
    },
  }
}
