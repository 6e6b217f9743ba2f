import type { StoredTicket } from '../../db/reads/tickets.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import { madeAt, type UserId } from '../../domain/ids.ts'
import type { Gate, Standing } from '../../runtime/container.ts'
import { Problem } from '../http/errors/problem.ts'
import type { Away } from './gate-away.ts'
import type { SessionBook } from './session-book.ts'
import type { TicketReader } from './ticket-reader.ts'

export type StatusDeps = {
  gate: Pick<Gate, 'standing' | 'peek'>
  away: Away
  sessions: Pick<SessionBook, 'session'>
  tickets: TicketReader
}

/** The well-known numbers of a flash sale's ticket. */
const ticketStatuses = { queueing: 1, won: 2, pay_timeout: 3, failed: 4, paid: 5 } as const

/**
 * What a buyer's ticket has come to. `order`: what its order costs, and until when it can be paid;
 * `joinAgainAt`: when a buyer who let it go unpaid may join again.
 */
export type TicketStatus = { ticket: TicketId; quantity: number | null } & (
  | { status: 1; position: number | null; waitS: number | null }
  | { status: 2 | 5; order: { dueFen: bigint; payBy: Date | null } }
  | { status: 3; joinAgainAt: Date | null }
  | { status: 4; joinAgainAt: Date | null; reason: string }
)

/** Whether its position changes while nothing is announced. */
export const isMoving = (status: TicketStatus): boolean =>
  status.status === ticketStatuses.queueing && status.position !== null && status.position > 0

/** Nothing more will happen to it. */
export const hasEnded = ({ status }: TicketStatus): boolean => status >= ticketStatuses.pay_timeout

/**
 * How far the clocks of processes may differ, where a ticket's number is compared with its session's hours.
 */
const clocksDifferMs = 60_000

/**
 * Where a buyer stands with an offer: by Redis while the ticket is queued, then by PostgreSQL, and by that
 * alone while Redis is away. Without a number it is the newest ticket that counts; one that was given back
 * has to be named while its sale is on, so that whoever has won nothing costs no statement. A named ticket
 * that neither store knows, and that could have been granted, was lost with Redis before it was staged: its
 * buyer may join again.
 *
 * @throws {Problem} `no_ticket`; `paused` when only the gate could know
 */
export async function ticketStatus(
  deps: StatusDeps,
  offer: OfferKey,
  { buyer, named }: { buyer: UserId; named?: TicketId | undefined },
): Promise<TicketStatus> {
  const standing = await deps.gate.standing(offer, buyer).catch(deps.away)
  const known = standing === 'away' ? undefined : standing
  const mine = known && (named === undefined || named === known.ticket) ? known : undefined
  if (mine && !mine.paid && mine.seq > mine.staged) return queueing(mine)
  const ticket = named ?? known?.ticket
  if (ticket === undefined) return await withoutNumber(deps, offer, buyer)
  const row = await deps.tickets.named(offer, buyer, ticket)
  if (row?.state === 'waiting' && mine) return queueing(mine)
  if (row) return statusOf(row)
  if (mine) return queueing(mine)
  if (!(await couldBe(deps, offer, ticket))) throw new Problem('no_ticket')
  const nothing = { ticket, quantity: null }
  return standing === 'away'
    ? { ...nothing, status: ticketStatuses.queueing, position: null, waitS: null }
    : { ...nothing, status: ticketStatuses.failed, joinAgainAt: null, reason: 'lost' }
}

/** The newest ticket of a buyer who has none that counts, by the gate. */
async function withoutNumber(
  { gate, away, tickets }: StatusDeps,
  offer: OfferKey,
  buyer: UserId,
): Promise<TicketStatus> {
  const peek = await gate.peek(offer, buyer).catch(away)
  if (peek !== 'away' && peek.state !== 'unknown') throw new Problem('no_ticket')
  const row = await tickets.newest(offer, buyer, peek !== 'away')
  if (row) return statusOf(row)
  throw new Problem(peek === 'away' ? 'paused' : 'no_ticket')
}

/** Whether a ticket of this number could have been granted: it was made while its session was on. */
async function couldBe(
  { sessions }: StatusDeps,
  { session: id }: OfferKey,
  ticket: TicketId,
): Promise<boolean> {
  const session = await sessions.session(id)
  if (!session) return false
  const made = madeAt(ticket)
  return (
    made >= session.opensAt.getTime() - clocksDifferMs &&
    made <= Math.min(session.endsAt.getTime(), Date.now()) + clocksDifferMs
  )
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
  coolUntil: joinAgainAt,
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
      if (reason === 'pay_timeout') return { ...about, status: ticketStatuses.pay_timeout, joinAgainAt }
      return { ...about, status: ticketStatuses.failed, joinAgainAt, reason: reason ?? state }
  }
}
