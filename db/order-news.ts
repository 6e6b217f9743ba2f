import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { type OrderId, orderChannel } from '../domain/ids.ts'

export type OrderNews = {
  /** Tells everyone who waits, here and in other processes, that the order's row has changed. Never throws: the row is the truth. */
  announce(order: OrderId): void
  /**
   * Waits until `look` answers something other than undefined, at the most `forMs`. It looks at once (unless told that there can be nothing
   * yet: `later`), at each announcement, and now and then in case the news got lost: every 100 ms while Redis is away, each second otherwise.
   * Undefined when the time is over.
   */
  until<T>(order: OrderId, forMs: number, look: () => Promise<T | undefined>, first?: 'later'): Promise<T | undefined>
  close(): Promise<void>
}

/** News of orders within this process and, through Redis (`order:<id>`, one pattern subscription a process), among processes. */
export function orderNews(redis: Redis): OrderNews {
  const here = new EventEmitter().setMaxListeners(0)
  const subscriber = redis.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null })
  subscriber.on('error', () => {})
  subscriber.on('pmessage', (_pattern: string, channel: string) => here.emit(channel))
  subscriber.psubscribe(orderChannel('*' as OrderId)).catch(() => {}) // Every order's channel. It is repeated by ioredis at each reconnection.

  return {
    announce(order) {
      const channel = orderChannel(order)
      here.emit(channel)
      redis.publish(channel, 'changed').catch(() => {})
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
            await pause(Math.min(deadline - Date.now(), subscriber.status === 'ready' ? 1000 : 100), (woken) => {
              wake = woken
            })
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
