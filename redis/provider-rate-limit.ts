import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'

/** Whether one more call, or `calls` more, may go to this provider in this second. */
export type ProviderRateLimit = (provider: string, calls?: number) => Promise<boolean>

/**
 * So many calls a second to each provider by all processes together, counted in Redis; by each process for
 * itself while Redis is away.
 */
export function createProviderRateLimit(redis: Redis, perSecond: number): ProviderRateLimit {
  const limit = {
    keyPrefix: 'limit:providerRateLimit',
    points: Math.max(1, Math.floor(perSecond)),
    duration: 1,
  }
  const limiter = new RateLimiterRedis({
    ...limit,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(limit),
  })
  return async (provider, calls = 1) => {
    try {
      await limiter.consume(provider, Math.min(calls, limit.points))
      return true
    } catch (over) {
      if (over instanceof RateLimiterRes) return false
      throw over
    }
  }
}
