import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'

/** Whether one more question may go to this provider in this second. */
export type ProviderRateLimit = (provider: string) => Promise<boolean>

/** So many questions a second to each provider by all jobs together, counted in Redis; by each jobs for itself while Redis is away. */
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
