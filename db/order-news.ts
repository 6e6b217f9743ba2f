import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { type OrderId, orderChannel } from '../domain/ids.ts'

export type OrderNews = {
  /** Tells everyone who waits, here and in other processes, that the order's row has changed. Never throws: the row is the truth. */
  announce(order: OrderId): void
  /**
   * Waits until `look` answers something other than undefined, at the most `forMs`. It looks at once, at each announcement, and now and then in
   * case the news got lost: every 100 ms while Redis is away, each second otherwise. Undefined when the time is over.
   */
  until<T>(order: OrderId, forMs: number, look: () => Promise<T | undefined>): Promise<T | undefined>
  close(): Promise<void>
}

/** News of orders within this process and, through Redis (`order:<id>`), among processes. */
export function orderNews(redis: Redis): OrderNews {
  const here = new EventEmitter().setMaxListeners(0)
  const subscriber = redis.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null })
  const quiet = () => {}
  subscriber.on('error', quiet)
  subscriber.on('message', (channel: string) => here.emit(channel))

  return {
    announce(order) {
      const channel = orderChannel(order)
      here.emit(channel)
      redis.publish(channel, 'changed').catch(quiet)
    },
    async until(order, forMs, look) {
      const channel = orderChannel(order)
      const deadline = Date.now() + forMs
      let changed = false
      let wake = quiet
      const listen = () => {
        changed = true
        wake()
      }
      here.on(channel, listen)
      if (here.listenerCount(channel) === 1) subscriber.subscribe(channel).catch(quiet)
      try {
        for (;;) {
          changed = false
          const found = await look()
          const left = deadline - Date.now()
          if (found !== undefined || left <= 0) return found
          if (!changed)
            await pause(Math.min(left, subscriber.status === 'ready' ? 1000 : 100), (woken) => {
              wake = woken
            })
        }
      } finally {
        here.off(channel, listen)
        if (here.listenerCount(channel) === 0) subscriber.unsubscribe(channel).catch(quiet)
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
