import { readTicket, type StoredTicket } from '../../db/reads/tickets.ts'
import type { Sql } from '../../db/types.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Gate, Standing } from '../../runtime/container.ts'
import { Problem } from '../http/errors/problem.ts'
import type { Away } from './gate-away.ts'

type StatusDeps = { sql: Sql; gate: Gate; away: Away }

/** The well-known numbers of a flash sale's ticket. */
const ticketStatuses = { queueing: 1, won: 2, pay_timeout: 3, failed: 4, paid: 5 } as const

/** What a buyer's ticket has come to. `order`: what its order costs, and until when it can be paid. */
export type TicketStatus = { ticket: TicketId; quantity: number | null } & (
  | { status: 1; position: number | null; waitS: number | null }
  | { status: 2 | 5; order: { dueFen: bigint; payBy: Date | null } }
  | { status: 3 }
  | { status: 4; reason: string }
)

/** Nothing more will happen to it. */
export const hasEnded = ({ status }: TicketStatus): boolean => status >= ticketStatuses.pay_timeout

/**
 * Where a buyer stands with an offer: by Redis while the ticket is queued, then by PostgreSQL, and by that alone while Redis is away. Without a
 * ticket named it is the newest one. One that neither knows was lost with Redis before it was staged: its buyer may join again. Throws the
 * problems `no_ticket`, and `paused` when only the gate could know.
 */
export async function ticketStatus(
  { sql, gate, away }: StatusDeps,
  offer: OfferKey,
  buyer: UserId,
  named?: TicketId,
): Promise<TicketStatus> {
  const standing = await gate.standing(offer, buyer).catch(away)
  const known = standing === 'away' ? undefined : standing
  const mine = known && (named === undefined || named === known.ticket) ? known : undefined
  if (mine && !mine.paid && mine.seq > mine.staged) return queueing(mine)
  const ticket = named ?? known?.ticket
  const row = await readTicket(sql, offer, buyer, ticket)
  if (row?.state === 'waiting' && mine) return queueing(mine)
  if (row) return statusOf(row)
  if (mine) return queueing(mine)
  if (standing === 'away' && ticket === undefined) throw new Problem('paused')
  if (ticket === undefined) throw new Problem('no_ticket')
  if (standing === 'away')
    return { ticket, quantity: null, status: ticketStatuses.queueing, position: null, waitS: null }
  return { ticket, quantity: null, status: ticketStatuses.failed, reason: 'lost' }
}

/** In the line until its order is placed, also when it is staged. */
function queueing({ ticket, pieces, position: ahead, perMinute }: Standing): TicketStatus {
  const position = Math.max(1, ahead)
  const waitS = perMinute > 0 ? Math.ceil(position / (perMinute / 60)) : null
  return { ticket, quantity: pieces, status: ticketStatuses.queueing, position, waitS }
}

function statusOf({
  ticket,
  quantity,
  state,
  reason,
  orderStatus,
  dueFen,
  payBy,
}: StoredTicket): TicketStatus {
  const about = { ticket, quantity }
  const order = { dueFen: dueFen ?? 0n, payBy }
  switch (state) {
    case 'paid':
      return { ...about, status: ticketStatuses.paid, order }
    case 'live':
      if (orderStatus === 'awaiting_payment' || orderStatus === 'closing')
        return { ...about, status: ticketStatuses.won, order }
      return { ...about, status: ticketStatuses.queueing, position: 0, waitS: 0 }
    case 'waiting':
      return { ...about, status: ticketStatuses.queueing, position: 0, waitS: 0 }
    case 'given_back':
    case 'refused':
      if (reason === 'pay_timeout') return { ...about, status: ticketStatuses.pay_timeout }
      return { ...about, status: ticketStatuses.failed, reason: reason ?? state }
  }
}
