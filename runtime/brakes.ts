import { connect } from '../db/client.ts'
import { sessionChannel } from '../domain/flash-sale.ts'
import type { SessionId } from '../domain/ids.ts'
import { createGate } from '../redis/gate/gate.ts'
import { openGateRedis, openRedis } from './redis-connections.ts'
import type { StoreEnv } from './store-variables.ts'

/** What braking a flash sale needs, opened for one command. In a rush it has to start soon: no Temporal. */
export async function openBrakes(env: StoreEnv) {
  const db = connect(env.DATABASE_URL, { max: 2 })
  const redis = openRedis(env.REDIS_URL)
  const gateRedis = openGateRedis(env, redis)
  for (const one of new Set([redis, gateRedis])) one.on('error', () => {}) // The call that fails says so.
  return {
    sql: db.sql,
    gate: createGate(gateRedis),
    events: {
      /** Waits until Redis has it: the process ends right after. Never throws. */
      announceSession: async (session: SessionId): Promise<void> => {
        await redis.publish(sessionChannel(session), 'changed').catch(() => {})
      },
    },
    async close(): Promise<void> {
      if (gateRedis !== redis) gateRedis.disconnect()
      redis.disconnect()
      await db.close()
    },
  }
}
