import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'

/** Whether one more question may go to this provider in this second. */
export type Asking = (provider: string) => Promise<boolean>

/** So many questions a second to each provider by all relays together, counted in Redis; by each relay for itself while Redis is away. */
export function askingAtMost(redis: Redis, perSecond: number): Asking {
  const limit = { keyPrefix: 'limit:asking', points: Math.max(1, Math.floor(perSecond)), duration: 1 }
  const limiter = new RateLimiterRedis({
    ...limit,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(limit),
  })
  return async (provider) => {
    try {
      await limiter.consume(provider)
      return true
    } catch (over) {
      if (over instanceof RateLimiterRes) return false
      throw over
    }
  }
}
