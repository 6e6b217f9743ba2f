import { randomUUID } from 'node:crypto'
import type { Sql } from '../../db/types.ts'
import { type Ids, snowflakes } from '../../domain/ids.ts'

const workers = 1024
/** A number given back stays blocked so long (s): the clock of who takes it next may be behind. */
const cooldownS = 10

/**
 * The lease ran out and could not be renewed: PostgreSQL is away. Nobody may make ids with its number now.
 */
class SnowflakeLeaseLost extends Error {
  readonly code = 'SNOWFLAKE_LEASE_LOST'
}

export type LeasedIds = Ids & {
  /** Whether ids can be made now; for the health check of the process. */
  isLeased(): boolean
  release(): Promise<void>
}

type Options = {
  sql: Sql
  /** How long a lease holds without being renewed (s); it is renewed four times in it. */
  leaseS?: number
}

/**
 * Leases a worker number in PostgreSQL and makes ids with it. The lease is renewed while the process lives.
 * Where it was lost (somebody else has the number, or the row is gone) another number is taken at once, under
 * which ids go on. While PostgreSQL is away for longer than the lease, `next()` throws SNOWFLAKE_LEASE_LOST,
 * as another process may hold the number by then; it works again by itself.
 */
export async function leasedSnowflakes({ sql, leaseS = 60 }: Options): Promise<LeasedIds> {
  const holder = randomUUID()
  const leaseMs = leaseS * 1000
  let lease = await taken()
  let renewing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let released = false

  /**
   * Takes a free number. The lease counts from before the question, so it ends here before it ends in
   * PostgreSQL.
   */
  async function taken() {
    const asked = clocks()
    const worker = await take(sql, holder, leaseS)
    return { worker, ids: snowflakes(worker), asked }
  }

  async function renew(): Promise<void> {
    const asked = clocks()
    const { worker } = lease
    const renewed = await sql`
      UPDATE snowflake_workers
      SET leased_until = now() + make_interval(secs => ${leaseS})
      WHERE worker = ${worker}
        AND holder = ${holder}`
    if (renewed.count === 1) lease = { ...lease, asked }
    else if (!released) {
      lease = { ...lease, asked: never }
      lease = await taken()
    }
  }

  /** Renews now, and after that when it is time again: after a second where PostgreSQL did not answer. */
  function renewNow(): Promise<void> {
    clearTimeout(timer)
    renewing ??= renew()
      .then(
        () => leaseMs / 4,
        () => Math.min(1000, leaseMs / 4),
      )
      .then((ms) => {
        renewing = undefined
        schedule(ms)
      })
    return renewing
  }
  function schedule(ms: number): void {
    if (released) return
    timer = setTimeout(() => void renewNow(), ms)
    timer.unref()
  }
  schedule(leaseMs / 4)

  const isLeased = () => ageMs(lease.asked) < leaseMs
  return {
    isLeased,
    next() {
      if (isLeased()) return lease.ids.next()
      void renewNow() // The process may have been stopped for a while: the timer is only about to run.
      throw new SnowflakeLeaseLost(`the lease of snowflake worker ${lease.worker} ran out`)
    },
    async release() {
      released = true
      clearTimeout(timer)
      await renewing
      await sql`
        UPDATE snowflake_workers
        SET leased_until = least(leased_until, now() + make_interval(secs => ${cooldownS}))
        WHERE worker = ${lease.worker}
          AND holder = ${holder}`
    },
  }
}

/** Takes one number that nobody holds, one never used or free for longest first; only its row is touched. */
async function take(sql: Sql, holder: string, leaseS: number): Promise<number> {
  for (;;) {
    const [row] = await sql<{ worker: number | null; free: number }[]>`
      WITH free AS (
        SELECT n AS worker, w.leased_until
        FROM generate_series(0, ${workers - 1}) n
        LEFT JOIN snowflake_workers w ON w.worker = n
        WHERE w.worker IS NULL OR w.leased_until <= now()
      ),
      chosen AS (
        SELECT worker
        FROM free
        ORDER BY leased_until NULLS FIRST, random()
        LIMIT 1
      ),
      held AS (
        INSERT INTO snowflake_workers AS held (worker, holder, leased_until)
        SELECT worker, ${holder}, now() + make_interval(secs => ${leaseS})
        FROM chosen
        ON CONFLICT (worker) DO UPDATE
        SET holder = excluded.holder, leased_until = excluded.leased_until
        WHERE held.leased_until <= now()
        RETURNING worker
      )
      SELECT (SELECT worker FROM held) AS worker, (SELECT count(*) FROM free)::int AS free`
    if (row && row.worker !== null) return row.worker
    if (row?.free === 0)
      throw new Error(
        'no free snowflake worker number: 1,024 processes, or leases of crashed ones for a minute',
      )
    // Somebody else took the chosen one in the same moment.
  }
}

/**
 * A moment by both clocks: one jumps when it is set, the other may stand still while the machine is
 * suspended.
 */
type Moment = { wall: number; steady: number }
const clocks = (): Moment => ({ wall: Date.now(), steady: performance.now() })
const never: Moment = { wall: Number.NEGATIVE_INFINITY, steady: Number.NEGATIVE_INFINITY }
const ageMs = ({ wall, steady }: Moment): number => Math.max(Date.now() - wall, performance.now() - steady)
