import { randomUUID } from 'node:crypto'
import type { Sql, Tx } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { SessionId } from '../../domain/ids.ts'
import { nameOf } from './running-offers.ts'

/** A process that says nothing for so long has lost its offers. */
const leaseS = 5
const renewEveryMs = 1000

const leaseOf = (offer: OfferKey): string => `gate ${nameOf(offer)}`

/**
 * Takes the leases of these offers' gates that are free, and renews those that this holder has. Who has an
 * offer's lease is the only one who mints its epochs and loads its gate.
 * @returns the offers that are this holder's for the next five seconds, by PostgreSQL's clock
 */
export async function takeLeases<O extends OfferKey>(
  sql: Sql,
  holder: string,
  offers: readonly O[],
): Promise<O[]> {
  if (offers.length === 0) return []
  const held = await sql<{ name: string }[]>`
    INSERT INTO leases (name, holder, leased_until)
    SELECT name, ${holder}, now() + make_interval(secs => ${leaseS})
    FROM unnest(${offers.map(leaseOf)}::text[]) AS name
    ORDER BY name
    ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder,
        leased_until = excluded.leased_until
    WHERE leases.holder = excluded.holder
       OR leases.leased_until <= now()
    RETURNING name`
  const names = new Set(held.map(({ name }) => name))
  return offers.filter((offer) => names.has(leaseOf(offer)))
}

/** Gives up every lease of this holder, so that another process takes over at once. */
export async function releaseLeases(sql: Sql, holder: string): Promise<void> {
  await sql`DELETE FROM leases WHERE holder = ${holder} AND name LIKE 'gate %'`
}

/** Removes the leases of a session's offers, which nobody looks after any more. */
export async function dropLeases(tx: Tx, session: SessionId): Promise<void> {
  await tx`
    DELETE FROM leases l
    USING offers o
    WHERE o.session_id = ${session}
      AND l.name = concat('gate ', o.session_id, ' ', o.sku_id)`
}

/**
 * Does work that only the holder of an offer's lease may do. The lease is renewed beside the work, however
 * long that takes.
 * @returns what the work returns; undefined, without having begun, when another process has the lease
 */
export async function withLease<T>(
  sql: Sql,
  offer: OfferKey,
  work: () => Promise<T>,
): Promise<{ done: T } | undefined> {
  const holder = `one-off-${randomUUID()}`
  if ((await takeLeases(sql, holder, [offer])).length === 0) return undefined
  // A renewal that fails is made up for by the next one.
  const renewal = setInterval(() => void takeLeases(sql, holder, [offer]).catch(() => {}), renewEveryMs)
  try {
    return { done: await work() }
  } finally {
    clearInterval(renewal)
    await releaseLeases(sql, holder)
  }
}
