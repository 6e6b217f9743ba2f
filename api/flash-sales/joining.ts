import type { JoinAnswer, OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, Ids, UserId } from '../../domain/ids.ts'
import type { Gate } from '../../runtime/container.ts'
import type { Away } from './gate-away.ts'
import { type SessionBook, saleState } from './session-book.ts'
import type { SoldOut } from './sold-out.ts'

type JoiningDeps = { gate: Gate; ids: Ids; sessions: SessionBook; soldOut: SoldOut; away: Away }
type Wish = { token: string; quantity: number; addressId: AddressId }

/** What a buyer hears who joins. */
export type Joined = Exclude<JoinAnswer, { answer: 'missing' }>

/**
 * Lets a buyer into an offer's queue, or says why not: one call to the gate, and none to PostgreSQL unless the gate does not know the offer.
 * `paused` when it has no answer: nothing was decided, or the next try hears of it. Refuses `session_unknown`, `offer_unknown`.
 */
export async function join(
  { gate, ids, sessions, soldOut, away }: JoiningDeps,
  offer: OfferKey,
  buyer: UserId,
  wish: Wish,
): Promise<Joined> {
  const { token, quantity, addressId } = wish
  const asked = soldOut.asking()
  const ticket = ids.next() as TicketId // A ticket's id is a fresh snowflake.
  const answer = await gate
    .admit(offer, { buyer, pieces: quantity, address: addressId, token, ticket })
    .catch(away)
  if (answer === 'away') return { answer: 'paused' }
  if (answer.answer === 'missing') return await whyMissing(sessions, offer)
  soldOut.learn(offer, buyer, answer, asked)
  return answer
}

/** An offer without a gate: not loaded yet, over, or lost with Redis and about to be rebuilt. PostgreSQL knows which. */
async function whyMissing(sessions: SessionBook, offer: OfferKey): Promise<Joined> {
  const { session } = await sessions.offer(offer)
  const state = saleState(session)
  if (state === 'coming') return { answer: 'not_open', opensAt: session.opensAt.getTime() }
  return { answer: state === 'ended' ? 'ended' : 'paused' }
}
