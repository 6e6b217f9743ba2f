import { type JoinAnswer, type OfferKey, offerChannel } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Events, Gate } from '../../runtime/container.ts'

/** The fast "no": what this process remembers of offers of which nothing is left. */
export type SoldOut = {
  /** Whether to tell this buyer so without asking the gate to admit. At once, while it is ttlCache. */
  tells(offer: OfferKey, buyer: UserId): boolean | Promise<boolean>
  /** The moment before the gate is asked, for `learn`. */
  asking(): number
  /** What the gate said. It counts only if nothing was announced while it was asked. */
  learn(offer: OfferKey, buyer: UserId, answer: JoinAnswer, asked: number): void
}

type Memory = { until: number; looking?: Promise<boolean> | undefined }

/** Offers whose ticket holders are kept; a process has seldom more on sale. */
const mostOffers = 500

/**
 * Remembers for `forMs` that nothing is left of an offer, then looks how many are; forgets it when pieces are back or the session has changed.
 * Remembers who holds a ticket, so that those are sent to the gate, which tells them that they are in the queue.
 */
export function createSoldOut(
  gate: Pick<Gate, 'left'>,
  events: Pick<Events, 'onOffer'>,
  { forMs = 1000, now = Date.now }: { forMs?: number; now?: () => number } = {},
): SoldOut {
  const none = new Map<string, Memory>()
  const holders = new Map<string, Set<UserId>>()
  let announced = 0
  events.onOffer((channel) => {
    announced++
    if (!channel.endsWith(':')) none.delete(channel)
    else for (const key of none.keys()) if (key.startsWith(channel)) none.delete(key)
  })

  /** Looks how many are left, once for all who ask; in doubt the gate is asked the whole question. */
  async function look(offer: OfferKey, key: string, memory: Memory): Promise<boolean> {
    const left = await gate.left(offer).catch(() => undefined)
    memory.looking = undefined
    if (none.get(key) !== memory) return false
    if (left === 0) memory.until = now() + forMs
    else none.delete(key)
    return left === 0
  }

  return {
    tells(offer, buyer) {
      const key = offerChannel(offer)
      const memory = none.get(key)
      if (!memory || holders.get(key)?.has(buyer)) return false
      if (now() < memory.until) return true
      memory.looking ??= look(offer, key, memory)
      return memory.looking
    },
    asking: () => announced,
    learn(offer, buyer, answer, asked) {
      const key = offerChannel(offer)
      if (answer.answer === 'sold_out' && answer.left === 0 && asked === announced)
        none.set(key, { until: now() + forMs })
      if (answer.answer === 'admitted' || answer.answer === 'already_queued') hold(holders, key, buyer)
    },
  }
}

function hold(holders: Map<string, Set<UserId>>, key: string, buyer: UserId): void {
  const known = holders.get(key)
  if (known) {
    known.add(buyer)
    return
  }
  holders.set(key, new Set([buyer]))
  const oldest = holders.size > mostOffers ? holders.keys().next().value : undefined
  if (oldest !== undefined) holders.delete(oldest)
}
