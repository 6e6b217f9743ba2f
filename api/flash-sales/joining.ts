import type { JoinAnswer, OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, Ids, UserId } from '../../domain/ids.ts'
import type { Gate } from '../../runtime/container.ts'
import type { EarlyRefusals } from './early-refusals.ts'
import type { Away } from './gate-away.ts'
import { type SessionBook, saleState } from './session-book.ts'

type JoiningDeps = {
  gate: Pick<Gate, 'admit'>
  ids: Ids
  sessions: SessionBook
  earlyRefusals: EarlyRefusals
  away: Away
}

/** Who joins, and what they send. */
type JoinRequest = { buyer: UserId; token: string; quantity: number; addressId: AddressId }

/** What a buyer who joins is answered. */
export type Joined = Exclude<JoinAnswer, { answer: 'missing' }>

/**
 * Lets a buyer into an offer's queue, or says why not: one call to the gate, none to PostgreSQL. `paused`
 * when the gate has no answer, or this process has no id for a ticket: nothing was decided, the next try
 * finds out.
 *
 * @throws {Refused} `session_unknown`, `offer_unknown`
 */
export async function join(
  deps: JoiningDeps,
  offer: OfferKey,
  { buyer, token, quantity, addressId }: JoinRequest,
): Promise<Joined> {
  const ticket = freshTicket(deps)
  if (ticket === undefined) return { answer: 'paused' }
  const answer = await deps.gate
    .admit(offer, { buyer, pieces: quantity, address: addressId, token, ticket })
    .catch(deps.away)
  if (answer === 'away') return { answer: 'paused' }
  const joined = answer.answer === 'missing' ? await whyMissing(deps.sessions, offer) : answer
  deps.earlyRefusals.learn(offer, joined)
  return joined
}

/** Undefined while this process has no lease of a worker number, so that its ids might be another's. */
function freshTicket({ ids, away }: Pick<JoiningDeps, 'ids' | 'away'>): TicketId | undefined {
  try {
    return ids.next() as TicketId // A ticket's id is a fresh snowflake.
  } catch (error) {
    away(error)
    return undefined
  }
}

/** An offer without a gate: not loaded yet, over, or lost with Redis and about to be rebuilt. */
async function whyMissing(sessions: SessionBook, offer: OfferKey): Promise<Joined> {
  const { session } = await sessions.offer(offer)
  const state = saleState(session)
  if (state === 'coming') return { answer: 'not_open', opensAt: session.opensAt.getTime() }
  return { answer: state === 'ended' ? 'ended' : 'paused' }
}
