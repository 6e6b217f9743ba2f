import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { UserId } from '../../domain/ids.ts'

export type TokenLimits = {
  /** Counts a request for a token. Undefined when it may be answered, otherwise the seconds to wait. */
  waitS(buyer: UserId, address: string): Promise<number | undefined>
}

export type TokenLimitOptions = { perBuyer: number; perAddress: number }

const minuteS = 60

/**
 * So many requests for tokens a minute: of each buyer, and from each address; counted in Redis for all
 * processes, in this process's memory while Redis is away. An address is charged only for what its buyers'
 * own limits let through, so that one buyer's refusals cost no neighbour behind it.
 */
export function createTokenLimits(redis: Redis, { perBuyer, perAddress }: TokenLimitOptions): TokenLimits {
  const buyers = limiter(redis, 'limit:token:buyer', perBuyer)
  const addresses = limiter(redis, 'limit:token:address', perAddress)
  return {
    async waitS(buyer, address) {
      const wait = (await waitMs(buyers, buyer)) || (await waitMs(addresses, address))
      return wait > 0 ? Math.ceil(wait / 1000) : undefined
    },
  }
}

function limiter(redis: Redis, keyPrefix: string, points: number): RateLimiterRedis {
  const limit = { keyPrefix, points, duration: minuteS }
  return new RateLimiterRedis({
    ...limit,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    inMemoryBlockOnConsumed: points + 1, // Who is over it is not asked about again.
    insuranceLimiter: new RateLimiterMemory(limit),
  })
}

/** How long this one has to wait, ms; 0: not at all. */
async function waitMs(limiter: RateLimiterRedis, key: string): Promise<number> {
  try {
    await limiter.consume(key)
    return 0
  } catch (over) {
    if (over instanceof RateLimiterRes) return Math.max(1, over.msBeforeNext)
    throw over
  }
}
