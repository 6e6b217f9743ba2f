import type { OfferKey } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { GateRedis } from './join.ts'
import { keysOf } from './keys.ts'

const states = ['unknown', 'paused', 'not_open', 'open', 'sold_out', 'ended'] as const

/** `unknown`: the gate is not loaded, or cannot be trusted at the moment: conclude nothing from `holds`. */
export type Peek = {
  state: (typeof states)[number]
  /** Whether the buyer holds tickets that count: queued, unpaid or paid. */
  holds: boolean
}

/** The most buyers of one call: a script holds up everybody else who asks Redis. */
const mostBuyers = 64

type Waiting = {
  buyers: UserId[]
  answered: ((peek: Peek) => void)[]
  failed: ((error: unknown) => void)[]
}

/**
 * Looks at an offer for all buyers of one turn of the event loop by one call that changes nothing: state and
 * lease are read once. It is cheaper than joining, and always what the gate says now, in whichever process a
 * buyer has joined.
 */
export function createPeekBatcher(redis: GateRedis): (offer: OfferKey, buyer: UserId) => Promise<Peek> {
  const waiting = new Map<string, Waiting>()

  function send(key: string, { buyers, answered, failed }: Waiting): void {
    waiting.delete(key)
    redis.gatePeek(key, ...buyers).then(
      (text) => {
        const [word, digits = ''] = text.split(':')
        const state = states.find((known) => known === word) ?? 'unknown'
        for (let i = 0; i < answered.length; i++) answered[i]?.({ state, holds: digits[i] === '1' })
      },
      (error) => {
        for (const fail of failed) fail(error)
      },
    )
  }

  return (offer, buyer) => {
    const key = keysOf(offer).offer
    return new Promise((resolve, reject) => {
      let batch = waiting.get(key)
      if (!batch) {
        const first: Waiting = { buyers: [], answered: [], failed: [] }
        batch = first
        waiting.set(key, first)
        setImmediate(() => {
          if (waiting.get(key) === first) send(key, first)
        })
      }
      batch.buyers.push(buyer)
      batch.answered.push(resolve)
      batch.failed.push(reject)
      if (batch.buyers.length === mostBuyers) send(key, batch)
    })
  }
}
