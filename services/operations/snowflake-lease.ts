import { randomUUID } from 'node:crypto'
import type { Db } from '../../db/client.ts'
import { type Ids, snowflakes } from '../../domain/ids.ts'

const leaseS = 60
const workers = 1024

/**
 * Leases a worker number in PostgreSQL and makes ids with it. The lease is renewed while the process lives; one that cannot be renewed
 * before it runs out stops the ids (they throw), because another process may by then hold the number.
 */
export async function leasedSnowflakes({
  sql,
}: Pick<Db, 'sql'>): Promise<Ids & { release(): Promise<void> }> {
  const holder = randomUUID()
  const [row] = await sql<{ worker: number }[]>`
    WITH free AS (
      SELECT n AS worker FROM generate_series(0, ${workers - 1}) n
      LEFT JOIN snowflake_workers w ON w.worker = n AND w.leased_until > now()
      WHERE w.worker IS NULL ORDER BY random() LIMIT 8)
    INSERT INTO snowflake_workers AS held (worker, holder, leased_until)
    SELECT worker, ${holder}, now() + make_interval(secs => ${leaseS}) FROM free
    ON CONFLICT (worker) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until WHERE held.leased_until <= now()
    RETURNING worker`
  if (!row)
    throw new Error(
      'no free snowflake worker number: more than 1,000 processes, or leases of crashed ones that end within a minute',
    )
  const { worker } = row
  await sql`DELETE FROM snowflake_workers WHERE holder = ${holder} AND worker <> ${worker}`
  let until = Date.now() + leaseS * 1000
  const renewal = setInterval(
    async () => {
      const asked = Date.now()
      const renewed = await sql`
      UPDATE snowflake_workers SET leased_until = now() + make_interval(secs => ${leaseS}) WHERE worker = ${worker} AND holder = ${holder}`.catch(
        () => undefined,
      )
      if (renewed?.count === 1) until = asked + leaseS * 1000
    },
    (leaseS * 1000) / 4,
  )
  renewal.unref()
  const ids = snowflakes(worker)
  return {
    next() {
      if (Date.now() >= until)
        throw new Error(`the lease of snowflake worker ${worker} ran out: PostgreSQL was away for a minute`)
      return ids.next()
    },
    async release() {
      clearInterval(renewal)
      await sql`DELETE FROM snowflake_workers WHERE worker = ${worker} AND holder = ${holder}`
    },
  }
}
