import { Redis } from 'ioredis'
import { ConfigurationError } from '../domain/configuration.ts'
import { isId, type UserId } from '../domain/ids.ts'
import { connect, createCarts } from '../runtime/container.ts'
import { forgetVariables, readEnv } from '../runtime/environment.ts'
import { forgetBuyer } from '../services/buyers/forget.ts'

/**
 * `npm run forget -- <buyer>`: removes a buyer's personal data, now. Exits 1 when there is no such buyer, 2
 * when it could not be done.
 */
async function run(): Promise<number> {
  const buyer = process.argv[2] ?? ''
  if (!isId(buyer)) throw new ConfigurationError('Say which buyer: npm run forget -- 20070')
  const env = readEnv(forgetVariables, process.env)
  const db = connect(env.DATABASE_URL, { max: 1, statementMs: 60_000 })
  const redis = new Redis(env.REDIS_URL, { maxRetriesPerRequest: 2, lazyConnect: true })
  redis.on('error', () => {}) // The command that fails says so.
  try {
    const forgetting = {
      buyer: buyer as UserId, // Checked above.
      addressDays: env.RETAIN_ADDRESS_DAYS,
      maxTokenLifeS: env.JWT_MAX_LIFE_S,
    }
    const known = await forgetBuyer({ sql: db.sql, carts: createCarts(redis) }, forgetting)
    console.log(known ? `Buyer ${buyer} is forgotten.` : `There is no buyer ${buyer}.`)
    return known ? 0 : 1
  } finally {
    redis.disconnect()
    await db.close()
  }
}

try {
  process.exitCode = await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
