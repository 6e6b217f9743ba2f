import { setTimeout as pause } from 'node:timers/promises'
import type { Sql, Tx } from '../../db/types.ts'
import { type OfferKey, phaseMayLeaveFor, preheatMs } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import { RetryLater } from '../../domain/retry.ts'
import { moveToOffer } from '../inventory/offer-stock.ts'
import { raiseAttention } from '../operations/attention.ts'
import type { FlashSaleDeps, OfferDeps } from './deps.ts'
import { loadEpoch, mintEpoch } from './load-gate.ts'
import { type LockedOffer, lockOffers } from './lock-offers.ts'
import { withLease } from './offer-lease.ts'
import { readLook } from './read-look.ts'

/** How long the session's workflow has for the preheating, before a ticket consumer does it. */
const workflowFirstMs = 10_000
/** How long a preheating waits for a gate that the supervisor is loading. */
const loadingMs = 5000

/**
 * Starts a session, once: its pieces leave the warehouse, its gates are loaded. An offer gets what the shelf
 * has; when that is less than planned, a human is notified (`quota_short`). Repeated, it finishes what was
 * broken off.
 * @throws {RetryLater} while another process loads one of its gates
 */
export async function preheat(deps: OfferDeps, session: SessionId): Promise<void> {
  for (const sku of await preheatRows(deps.sql, session)) await loadFirst(deps, { session, sku })
}

/**
 * Preheats in PostgreSQL what is due and has not been preheated by its workflow: Temporal may be away. The
 * supervisor loads the gates; a workflow that comes late finds all of it done.
 * @returns how many sessions
 */
export async function preheatDue({ sql, events, log }: FlashSaleDeps): Promise<number> {
  const due = await sql<{ session: SessionId }[]>`
    SELECT id AS session
    FROM sessions
    WHERE phase = 'planned'
      AND gates_closed_at IS NULL
      AND ends_at > now()
      AND greatest(opens_at - make_interval(secs => ${preheatMs / 1000}), created_at)
          <= now() - make_interval(secs => ${workflowFirstMs / 1000})
    ORDER BY opens_at, id`
  for (const { session } of due) {
    await preheatRows(sql, session)
    log.warn({ session }, 'a session was preheated without its workflow')
    events.announceSession(session)
  }
  return due.length
}

/** The part of a preheating in PostgreSQL; returns the session's offers, none when it has ended. */
function preheatRows(sql: Sql, session: SessionId): Promise<SkuId[]> {
  return sql.begin(async (tx) => {
    await tx`
      UPDATE sessions
      SET phase = 'running'
      WHERE id = ${session}
        AND phase = ANY(${[...phaseMayLeaveFor.running]}::text[])`
    const [running] = await tx`SELECT 1 FROM sessions WHERE id = ${session} AND phase = 'running'`
    if (!running) return []
    const offers = await lockOffers(tx, session)
    for (const offer of offers) if (!offer.preheated) await preheatOffer(tx, session, offer)
    return offers.map(({ sku }) => sku)
  })
}

async function preheatOffer(
  tx: Tx,
  session: SessionId,
  { sku, warehouse, quota }: Pick<LockedOffer, 'sku' | 'warehouse' | 'quota'>,
): Promise<void> {
  const moved = await moveToOffer(tx, { session, sku, warehouse }, quota)
  await tx`
    UPDATE offers
    SET quota = ${moved},
        preheated_at = now()
    WHERE session_id = ${session}
      AND sku_id = ${sku}`
  if (moved === quota) return
  await raiseAttention(tx, {
    reason: 'quota_short',
    subject: `${session} ${sku}`,
    details: { planned: String(quota), moved: String(moved) },
  })
}

/**
 * Loads a gate that is empty. A loaded one may have granted tickets since, which another load before their
 * staging would refuse: that is for the supervisor. So is an empty gate whose lease it has.
 * @throws {RetryLater} while another process loads it
 */
export async function loadFirst(deps: OfferDeps, offer: OfferKey): Promise<void> {
  const { sql, gate } = deps
  const until = performance.now() + loadingMs
  while ((await gate.left(offer)) === undefined) {
    const loaded = await withLease(sql, offer, () => loadIfEmpty(deps, offer))
    if (loaded) return
    if (performance.now() > until) throw new RetryLater(`the gate of ${offer.sku} is being loaded`)
    await pause(50)
  }
}

async function loadIfEmpty(deps: OfferDeps, offer: OfferKey): Promise<void> {
  const { sql, gate } = deps
  if ((await gate.left(offer)) !== undefined) return
  const known = await readLook(sql, offer)
  if (!known) return // It has ended.
  const epoch = await mintEpoch(sql, offer, { seen: known.epoch })
  const loaded = epoch === undefined ? 'dropped' : await loadEpoch(deps, offer, epoch)
  if (loaded !== 'loaded') throw new RetryLater(`the load of the gate of ${offer.sku} was ${loaded}`)
}
