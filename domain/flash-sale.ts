import type { OrderId, SessionId, SkuId } from './ids.ts'
import { shanghaiDigits, shanghaiMs } from './shanghai-time.ts'

/** One SKU in one session: what buyers rush for. */
export type OfferKey = { session: SessionId; sku: SkuId }

/** The Redis channel that says that an offer's pieces are for sale again, or that it was changed. */
export const offerChannel = ({ session, sku }: OfferKey): string => `offer:${session}:${sku}`

/** The Redis channel for announcements that a session, or any of its offers, was changed. */
export const sessionChannel = (session: SessionId): string => `offer:${session}:`

/** A granted place in an offer's queue. It becomes the order of the same id, or is given back. */
export type TicketId = OrderId

/**
 * What a ticket is: `waiting` for its order to be placed, `live` with an order that holds its pieces, `paid`;
 * `given_back` when its order was refused, closed or refunded whole; `refused` when staging could not count
 * it, so that it never held anything.
 */
export type TicketState = 'waiting' | 'live' | 'paid' | 'given_back' | 'refused'

/**
 * What the gate has still to be synced with of a ticket: its pieces are for sale again, its order is paid, or
 * it is paid and keeps fewer pieces than it had, because some were refunded before shipping.
 */
export type TicketSync = 'given_back' | 'paid' | 'reduced'

/**
 * Where a session stands: `planned`, `running` from its preheating on (its pieces are out of the warehouse,
 * its gate is loaded), `ended`.
 */
export type SessionPhase = 'planned' | 'running' | 'ended'

/** The phases that a change to each may leave: an update names them. */
export const phaseMayLeaveFor: Record<Exclude<SessionPhase, 'planned'>, readonly SessionPhase[]> = {
  running: ['planned'],
  ended: ['planned', 'running'],
}

/**
 * Every answer to a buyer who joins, with the numbers that well-known clients expect: 100 says "you are in
 * the queue already".
 */
export type JoinAnswer =
  | { answer: 'admitted'; ticket: TicketId; position: number }
  | { answer: 'already_queued'; ticket: TicketId; position: number }
  | { answer: 'already_bought' }
  | { answer: 'over_limit'; limit: number }
  | { answer: 'sold_out'; left: number }
  | { answer: 'not_open'; opensAt: number }
  | { answer: 'ended' }
  | { answer: 'bad_token' }
  /** The buyer has let a ticket of this offer go unpaid; `until`: ms since 1970. */
  | { answer: 'cooling_off'; until: number }
  | { answer: 'paused' }
  /**
   * The gate knows nothing of this offer: whether it is over, not yet preheated or lost is for PostgreSQL to
   * say.
   */
  | { answer: 'missing' }

/** Why staging could not count a ticket; its buyer may join again. */
export type StagingRefusal = 'gate_rebuilt' | 'no_pieces_left' | 'over_limit' | 'session_ended'

export const dayMs = 86_400_000

/**
 * The id of a session that opens at this moment: its hour in Shanghai, `2019052614`, and the minutes of one
 * that does not open on the hour, `2019052614-30`.
 */
export function sessionIdOf(opensAt: number): SessionId {
  const digits = shanghaiDigits(opensAt)
  const [hour, minutes] = [digits.slice(0, 10), digits.slice(10, 12)]
  return (minutes === '00' ? hour : `${hour}-${minutes}`) as SessionId // The two forms that such an id has.
}

/**
 * When a slot of the day in Shanghai that `now` falls on opens, ms since 1970. `minute`: minutes since
 * midnight.
 */
export const slotOpensAt = (now: number, minute: number): number =>
  Math.floor((now + shanghaiMs) / dayMs) * dayMs - shanghaiMs + minute * 60_000

/** An id that an operator may choose: the ten digits of its hour, and a suffix where an hour has several. */
export const isSessionId = (text: string): boolean => /^\d{10}(-[a-z0-9]{1,24})?$/.test(text)

/** When a session's pieces leave the warehouse and its gate is loaded, before it opens. */
export const preheatMs = 5 * 60_000

/**
 * How long a flash order waits for its payment, unless its session says otherwise: a piece is worth more on
 * sale than in a cart.
 */
export const flashPayWithinMs = 10 * 60_000

/**
 * How long a buyer who let a ticket go unpaid has to wait before joining the offer again, unless its session
 * says otherwise: as long as the ticket may have held its pieces, so that others have their turn.
 */
export const flashCoolOffMs = 10 * 60_000

/**
 * What a session's workflow is started with; everything else it reads from its rows. Moments in ms since
 * 1970.
 */
export type SessionInput = { session: SessionId; opensAt: number; endsAt: number }

/** An offer as an operator makes it. */
export type NewOffer = { sku: SkuId; priceFen: string; quota: number; limit: number; warehouse: number }

/**
 * A change of an offer's quota to this many pieces. `change`: its id; repeated with the same id, it is done
 * once.
 */
export type QuotaChange = { sku: SkuId; quota: number; change: string }
