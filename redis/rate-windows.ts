import type { Redis } from 'ioredis'

export type RateWindows = {
  /**
   * Counts one request of `key` and answers how many there were in the window that ends now, this one
   * included. In Redis for all processes; in this process's memory while Redis is away.
   */
  count(key: string, now: number): Promise<number>
}

/** Keys in memory at the most; beyond it the oldest go, and their windows begin anew. */
const mostKeys = 100_000

/**
 * A sliding window by two fixed ones: what the last one counted weighs as much as it still reaches into the
 * window. Two counters a key whatever the rate, and no burst of twice the limit where two windows meet.
 */
export function createRateWindows(redis: Redis, windowMs: number): RateWindows {
  const here = new Map<string, number>()

  const inMemory = (current: string, previous: string): [number, number] => {
    const count = (here.get(current) ?? 0) + 1
    here.delete(current)
    here.set(current, count)
    const oldest = here.size > mostKeys ? here.keys().next().value : undefined
    if (oldest !== undefined) here.delete(oldest)
    return [count, here.get(previous) ?? 0]
  }

  return {
    async count(key, now) {
      const window = Math.floor(now / windowMs)
      const [current, previous] = [`limit:${key}:${window}`, `limit:${key}:${window - 1}`]
      const [counted, before] = await inRedis(redis, { current, previous }, windowMs).catch(() =>
        inMemory(current, previous),
      )
      const stillReaches = 1 - (now % windowMs) / windowMs
      return counted + before * stillReaches
    },
  }
}

async function inRedis(
  redis: Redis,
  { current, previous }: { current: string; previous: string },
  windowMs: number,
): Promise<[number, number]> {
  if (redis.status !== 'ready') throw new Error('Redis is away') // Not queued: the limit would wait for it.
  const [counted, before] = await Promise.all([
    redis.incr(current),
    redis.get(previous),
    redis.pexpire(current, 2 * windowMs),
  ])
  return [counted, Number(before ?? 0)]
}
