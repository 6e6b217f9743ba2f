import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { type OfferKey, offerChannel } from '../domain/flash-sale.ts'
import { type OrderId, orderChannel, type SessionId } from '../domain/ids.ts'

export type Events = {
  /** Tells everyone who waits, here and in other processes, that the order's row has changed. Never throws: the row is the truth. */
  announce(order: OrderId): void
  /** Tells everyone that pieces of an offer are for sale again. Never throws. */
  announceOffer(offer: OfferKey): void
  /** Tells everyone that a session, or any of its offers, has changed. Never throws. */
  announceSession(session: SessionId): void
  /** Has `listener` called at each of these announcements, with the channel: `offer:<session>:<sku>`, or `offer:<session>:` for all of it. */
  onOffer(listener: (channel: string) => void): void
  /**
   * Waits until `look` answers something other than undefined, at the most `forMs`. It looks at once (unless told that there can be nothing
   * yet: `later`), at each announcement, and now and then in case the events got lost: every 100 ms while Redis is away, each second otherwise.
   * Undefined when the time is over.
   */
  until<T>(
    order: OrderId,
    forMs: number,
    look: () => Promise<T | undefined>,
    first?: 'later',
  ): Promise<T | undefined>
  close(): Promise<void>
}

/** News of orders and offers within this process and, through Redis (`order:<id>`, `offer:<session>:<sku>`; one subscription a process), among processes. */
export function createEvents(redis: Redis): Events {
  const here = new EventEmitter().setMaxListeners(0)
  const subscriber = redis.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null })
  subscriber.on('error', () => {})
  subscriber.on('pmessage', (_pattern: string, channel: string) => {
    here.emit(channel)
    if (channel.startsWith('offer:')) here.emit('offer', channel)
  })
  subscriber.psubscribe(orderChannel('*' as OrderId), 'offer:*').catch(() => {}) // Every order's and offer's channel. ioredis repeats it at each reconnection.

  return {
    announce(order) {
      const channel = orderChannel(order)
      here.emit(channel)
      redis.publish(channel, 'changed').catch(() => {})
    },
    announceOffer(offer) {
      redis.publish(offerChannel(offer), 'changed').catch(() => {})
    },
    announceSession(session) {
      redis.publish(`offer:${session}:`, 'changed').catch(() => {})
    },
    onOffer(listener) {
      here.on('offer', listener)
    },
    async until(order, forMs, look, first) {
      const channel = orderChannel(order)
      const deadline = Date.now() + forMs
      let changed = first !== 'later'
      let wake = () => {}
      const listen = () => {
        changed = true
        wake()
      }
      here.on(channel, listen)
      try {
        for (;;) {
          if (!changed) {
            await pause(
              Math.min(deadline - Date.now(), subscriber.status === 'ready' ? 1000 : 100),
              (woken) => {
                wake = woken
              },
            )
          }
          changed = false
          const found = await look()
          if (found !== undefined || Date.now() >= deadline) return found
        }
      } finally {
        here.off(channel, listen)
      }
    },
    async close() {
      subscriber.disconnect()
    },
  }
}

/** Resolves after `ms`, or when the function handed to `give` is called. */
function pause(ms: number, give: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    give(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
