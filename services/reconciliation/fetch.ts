import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Sql } from '../../db/types.ts'
import type { Statements } from '../../providers/provider.ts'
import { isReady } from './day.ts'
import { partBytes } from './parts.ts'

/** Which statement: a provider's of a day in Shanghai, `YYYY-MM-DD`. */
export type StatementOf = { provider: string; date: string }
export type StatementKind = 'trade' | 'fund_flow'
export type Fetched = { state: 'fetched' | 'matched' | 'none'; bytes: bigint }

type Progress = (bytes: number) => void

/** Somebody else fetches this statement, or has taken it over: it is asked for again later. */
class FetchedElsewhere extends Error {}

const leaseS = 60
const compressed = promisify(gzip)

/**
 * Stores a provider's statement as it came, in compressed parts, once: a stored statement is not fetched
 * again. A fetch that was broken off starts anew. Throws while the provider has none yet, and when what it
 * sends does not have the digest that it promised.
 * @param fetching `now` in ms; `progress` is called with the bytes stored so far
 */
export async function fetchStatement(
  sql: Sql,
  {
    statements,
    of,
    kind,
    now,
    progress,
  }: { statements: Statements; of: StatementOf; kind: StatementKind; now: number; progress?: Progress },
): Promise<Fetched> {
  const { provider, date } = of
  if (!isReady(date, statements.readyFromHour, now))
    throw new Error(`${provider} makes the statement of ${date} later: it is not over, or just over`)
  await sql`
    INSERT INTO statements (provider, kind, date, state)
    VALUES (${provider}, ${kind}, ${date}, 'fetching')
    ON CONFLICT DO NOTHING`
  const [lease] = await sql<{ id: bigint; fetches: number }[]>`
    UPDATE statements
    SET fetches = fetches + 1,
        leased_until = now() + make_interval(secs => ${leaseS})
    WHERE provider = ${provider}
      AND kind = ${kind}
      AND date = ${date}
      AND state = 'fetching'
      AND (leased_until IS NULL OR leased_until < now())
    RETURNING id, fetches`
  if (!lease) return kept(sql, of, kind)
  try {
    await sql`DELETE FROM statement_parts WHERE statement = ${lease.id}`
    const raw = await statements.fetch(kind, date)
    if (raw !== 'none') return await keep(sql, lease, { raw, progress })
    return await end(sql, lease, { state: 'none', bytes: 0n, digest: null })
  } catch (error) {
    await sql`
      UPDATE statements
      SET leased_until = NULL
      WHERE id = ${lease.id}
        AND fetches = ${lease.fetches}
        AND state = 'fetching'`
    throw error
  }
}

type Lease = { id: bigint; fetches: number }

async function kept(sql: Sql, { provider, date }: StatementOf, kind: StatementKind): Promise<Fetched> {
  const [found] = await sql<(Omit<Fetched, 'state'> & { state: Fetched['state'] | 'fetching' })[]>`
    SELECT state, bytes
    FROM statements
    WHERE provider = ${provider}
      AND kind = ${kind}
      AND date = ${date}`
  if (!found || found.state === 'fetching')
    throw new FetchedElsewhere(`the statement of ${provider}, ${date}, is being fetched elsewhere`)
  return { state: found.state, bytes: found.bytes }
}

async function keep(
  sql: Sql,
  lease: Lease,
  { raw, progress = () => {} }: { raw: AsyncIterable<Uint8Array>; progress: Progress | undefined },
): Promise<Fetched> {
  const hash = createHash('sha256')
  let bytes = 0
  let part = 0
  for await (const content of partsOf(raw)) {
    hash.update(content)
    bytes += content.length
    const packed = await compressed(content, { level: 4 })
    const held = await sql`
      WITH held AS (
        UPDATE statements
        SET leased_until = now() + make_interval(secs => ${leaseS})
        WHERE id = ${lease.id}
          AND fetches = ${lease.fetches}
        RETURNING id
      )
      INSERT INTO statement_parts (statement, part, content)
      SELECT id, ${part}, ${packed}
      FROM held`
    if (held.count === 0) throw new FetchedElsewhere(`statement ${lease.id} was taken over by another fetch`)
    part++
    progress(bytes)
  }
  return end(sql, lease, { state: 'fetched', bytes: BigInt(bytes), digest: hash.digest('hex') })
}

/**
 * The same bytes in pieces of `partBytes`, the last one shorter; each is the same memory, and lost when the
 * next is asked for.
 */
async function* partsOf(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const part = Buffer.allocUnsafe(partBytes)
  let filled = 0
  for await (const piece of raw) {
    for (let from = 0; from < piece.length; ) {
      const taken = piece.subarray(from, from + partBytes - filled)
      part.set(taken, filled)
      filled += taken.length
      from += taken.length
      if (filled < partBytes) continue
      yield part
      filled = 0
    }
  }
  if (filled > 0) yield part.subarray(0, filled)
}

async function end(
  sql: Sql,
  { id, fetches }: Lease,
  { state, bytes, digest }: { state: 'fetched' | 'none'; bytes: bigint; digest: string | null },
): Promise<Fetched> {
  const ended = await sql`
    UPDATE statements
    SET state = ${state},
        bytes = ${bytes},
        digest = ${digest},
        fetched_at = now(),
        leased_until = NULL
    WHERE id = ${id}
      AND fetches = ${fetches}
      AND state = 'fetching'`
  if (ended.count === 0) throw new FetchedElsewhere(`statement ${id} was taken over by another fetch`)
  return { state, bytes }
}
