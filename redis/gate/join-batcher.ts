import type { OfferKey } from '../../domain/flash-sale.ts'
import type { GateRedis, Join } from './join.ts'
import { keysOf } from './keys.ts'

/** Joins in one call at the most: while a script runs, Redis answers nobody else. */
const batch = 64

type Waiting = {
  keys: string[]
  args: (string | number)[]
  answered: ((text: string) => void)[]
  failed: ((error: unknown) => void)[]
}

/**
 * Asks the gate for all who join an offer in one moment by one call: what they share is read and written
 * once, and a call costs the API and Redis more than a join. Each gets an answer of their own, or the call's
 * fault. No join is delayed for a larger batch: what came in one turn of the event loop is sent.
 */
export function createJoinBatcher(redis: GateRedis): (offer: OfferKey, join: Join) => Promise<string> {
  const waiting = new Map<string, Waiting>()

  function send(key: string, { keys, args, answered, failed }: Waiting): void {
    waiting.delete(key)
    redis.gateAdmit(keys.length, ...keys, ...args).then(
      (texts) => {
        const each = texts.split(',')
        for (let i = 0; i < answered.length; i++) answered[i]?.(each[i] ?? '')
      },
      (error) => {
        for (const fail of failed) fail(error)
      },
    )
  }

  return (offer, { buyer, pieces, address, token, ticket }) => {
    const { offer: key, queue, token: tokenKey } = keysOf(offer)
    return new Promise((resolve, reject) => {
      let joins = waiting.get(key)
      if (!joins) {
        const first: Waiting = { keys: [key, queue], args: [], answered: [], failed: [] }
        joins = first
        waiting.set(key, first)
        setImmediate(() => {
          if (waiting.get(key) === first) send(key, first)
        })
      }
      joins.keys.push(tokenKey(buyer, token))
      joins.args.push(buyer, pieces, ticket, address)
      joins.answered.push(resolve)
      joins.failed.push(reject)
      if (joins.answered.length === batch) send(key, joins)
    })
  }
}
