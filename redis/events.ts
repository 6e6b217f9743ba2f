import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { type OfferKey, offerChannel, sessionChannel } from '../domain/flash-sale.ts'
import { type OrderId, orderChannel, type SessionId } from '../domain/ids.ts'

/**
 * Announcements of changes. They say that something changed, never what: the rows are the truth. May get
 * lost.
 */
export type Events = {
  /** Announces, to this process and to all others, that the order's row has changed. Never throws. */
  announce(order: OrderId): void
  /** Announces that pieces of an offer are for sale again. Never throws. */
  announceOffer(offer: OfferKey): void
  /** Announces that a session, or any of its offers, has changed. Never throws. */
  announceSession(session: SessionId): void
  /** Calls `listener` at each announcement of this order. Returns what ends that. */
  onOrder(order: OrderId, listener: () => void): () => void
  /**
   * Calls `listener` with the channel of an offer (`offer:<session>:<sku>`) or of a session
   * (`offer:<session>:`).
   */
  onOffer(listener: (channel: string) => void): void
  /** Calls `listener` when the subscription is back after a break, in which announcements were lost. */
  onReconnect(listener: () => void): void
  /**
   * Waits until `look` answers something other than undefined, `forMs` at the most; undefined when the time
   * is over. It looks at once (unless `first` is `later`: there can be nothing yet), at each announcement,
   * and now and then in case announcements got lost: every 100 ms while Redis is away, each second otherwise.
   * For short waits: what waits for minutes uses `onOrder`.
   */
  until<T>(
    order: OrderId,
    wait: { forMs: number; first?: 'later' },
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined>
  close(): Promise<void>
}

const reconnected = Symbol('reconnected')

/** Announcements within this process and, through Redis, among processes: one subscription a process. */
export function createEvents(redis: Redis): Events {
  const here = new EventEmitter().setMaxListeners(0)
  const subscriber = redis.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null })
  subscriber.on('error', () => {})
  let times = 0
  subscriber.on('ready', () => {
    if (times++ > 0) here.emit(reconnected)
  })
  subscriber.on('pmessage', (_pattern: string, channel: string) => {
    here.emit(channel)
    if (channel.startsWith('offer:')) here.emit('offer', channel)
  })
  // Every order's and every offer's channel. ioredis subscribes again at each reconnection.
  subscriber.psubscribe(orderChannel('*' as OrderId), 'offer:*').catch(() => {})

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
      redis.publish(sessionChannel(session), 'changed').catch(() => {})
    },
    onOrder(order, listener) {
      const channel = orderChannel(order)
      here.on(channel, listener)
      return () => void here.off(channel, listener)
    },
    onOffer(listener) {
      here.on('offer', listener)
    },
    onReconnect(listener) {
      here.on(reconnected, listener)
    },
    async until(order, { forMs, first }, look) {
      const channel = orderChannel(order)
      const deadline = Date.now() + forMs
      let changed = first !== 'later'
      let wake = () => {}
      const onChange = () => {
        changed = true
        wake()
      }
      here.on(channel, onChange)
      try {
        for (;;) {
          if (!changed) {
            const againMs = subscriber.status === 'ready' ? 1000 : 100
            await pause(Math.min(deadline - Date.now(), againMs), (woken) => {
              wake = woken
            })
          }
          changed = false
          const found = await look()
          if (found !== undefined || Date.now() >= deadline) return found
        }
      } finally {
        here.off(channel, onChange)
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
