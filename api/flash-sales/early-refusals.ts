import { type JoinAnswer, type OfferKey, offerChannel } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Gate } from '../../runtime/container.ts'
import type { Away } from './gate-away.ts'

type EarlyRefusal = Extract<JoinAnswer, { answer: 'sold_out' | 'ended' | 'not_open' | 'paused' }>

/** Refusals that are known before the body of a join is read. */
export type EarlyRefusals = {
  /** The refusal, or undefined when the buyer has to join to get an answer. */
  find(offer: OfferKey, buyer: UserId): EarlyRefusal | Promise<EarlyRefusal | undefined> | undefined
  /** Notes what a join was answered, for the next buyers of the offer. */
  learn(offer: OfferKey, answer: JoinAnswer): void
}

type Entry =
  | { answer: 'sold_out' }
  | { answer: 'ended' }
  | { answer: 'not_open'; opensAt: number; until: number }

/** A process has seldom more offers on sale at a time; beyond it the oldest entry goes. */
const mostOffers = 1000
/** How long `not_open` is answered without asking the gate. */
const notOpenForMs = 1000
/** The gate is asked itself from so long before the opening: its clock may be ahead of this process's. */
const openingMarginMs = 2000

/**
 * `not_open` is answered from memory, so that hammering before the opening does not reach the gate.
 * `sold_out` and `ended` are asked for in one call for all buyers of the moment (`gate.peek`): a buyer who
 * holds a ticket, through whichever process, is sent on to the gate, which answers with that ticket. No buyer
 * is kept in memory.
 */
export function createEarlyRefusals(
  gate: Pick<Gate, 'peek'>,
  away: Away,
  now: () => number = Date.now,
): EarlyRefusals {
  const entries = new Map<string, Entry>()

  async function ask(offer: OfferKey, buyer: UserId, key: string): Promise<EarlyRefusal | undefined> {
    const peek = await gate.peek(offer, buyer).catch(away)
    if (peek === 'away') return { answer: 'paused' }
    if (peek.state !== 'sold_out' && peek.state !== 'ended') {
      entries.delete(key)
      return undefined
    }
    if (peek.holds) return undefined
    return peek.state === 'ended' ? { answer: 'ended' } : { answer: 'sold_out', left: 0 }
  }

  return {
    find(offer, buyer) {
      const key = offerChannel(offer)
      const entry = entries.get(key)
      if (!entry) return undefined
      if (entry.answer !== 'not_open') return ask(offer, buyer, key)
      if (now() < entry.until) return { answer: 'not_open', opensAt: entry.opensAt }
      entries.delete(key)
      return undefined
    },
    learn(offer, answer) {
      const entry = entryOf(answer, now())
      if (!entry) return
      const key = offerChannel(offer)
      entries.delete(key)
      entries.set(key, entry)
      const oldest = entries.size > mostOffers ? entries.keys().next().value : undefined
      if (oldest !== undefined) entries.delete(oldest)
    },
  }
}

function entryOf(answer: JoinAnswer, now: number): Entry | undefined {
  switch (answer.answer) {
    case 'sold_out':
      return answer.left === 0 ? { answer: 'sold_out' } : undefined
    case 'ended':
      return { answer: 'ended' }
    case 'not_open': {
      const until = Math.min(now + notOpenForMs, answer.opensAt - openingMarginMs)
      return until > now ? { answer: 'not_open', opensAt: answer.opensAt, until } : undefined
    }
    default:
      return undefined
  }
}
