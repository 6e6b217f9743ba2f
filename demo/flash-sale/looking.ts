import type { Redis } from 'ioredis'
import type { Sql } from '../../db/types.ts'
import { keysOf } from '../../redis/gate/keys.ts'
import type { Sale } from './operator.ts'

/**
 * An offer's books at this moment, in pieces. `queued`: granted in Redis, not staged yet; undefined while
 * Redis has no answer.
 */
export type Books = {
  quota: number
  queued: number | undefined
  waiting: number
  unpaid: number
  paid: number
  givenBack: number
  refused: number
}

/** What PostgreSQL and Redis count of the sale. */
export async function booksOf(sql: Sql, redis: Redis, { session, sku }: Sale): Promise<Books> {
  const [row] = await sql<Omit<Books, 'queued'>[]>`
    SELECT o.quota, count(t.id) FILTER (WHERE t.state = 'waiting')::int AS waiting,
      count(t.id) FILTER (WHERE t.state = 'live')::int AS unpaid,
           count(t.id) FILTER (WHERE t.state = 'paid')::int AS paid,
             count(t.id) FILTER (WHERE t.state = 'given_back')::int AS "givenBack",
           count(t.id) FILTER (WHERE t.state = 'refused')::int AS refused
    FROM offers o LEFT JOIN tickets t ON t.session_id = o.session_id AND t.sku_id = o.sku_id
    WHERE o.session_id = ${session} AND o.sku_id = ${sku} GROUP BY o.quota`
  const queued = await redis.xlen(keysOf({ session: session as never, sku }).queue).catch(() => undefined)
  return { ...(row ?? { quota: 0, waiting: 0, unpaid: 0, paid: 0, givenBack: 0, refused: 0 }), queued }
}
