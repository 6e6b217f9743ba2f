import type { Sql, Tx } from '../../db/types.ts'
import type { SessionPhase } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import { applyTerms, type Brakable } from './apply-terms.ts'
import type { OfferDeps } from './deps.ts'
import { lockOffers } from './lock-offers.ts'

/**
 * `pending`: offers whose gate has not been reached. PostgreSQL has the decision; their gate gets it within
 * seconds.
 */
export type Braked = { offers: SkuId[]; pending: SkuId[] }

type Brake = { paused: boolean } | { shedPercent: number }

/**
 * Stops admissions, at once. Needs only PostgreSQL and Redis, no Temporal. Tickets that are granted go on.
 * @throws {Refused} session_unknown, session_ended, offer_unknown
 */
export const stopSale = (deps: OfferDeps, what: Brakable): Promise<Braked> =>
  brake(deps, what, { paused: true })

/**
 * Admits again, unless the other brake (the session's for an offer, an offer's for a session) still stops it.
 * The share of refused joins stays as it is.
 * @throws {Refused} session_unknown, session_ended, offer_unknown
 */
export const resumeSale = (deps: OfferDeps, what: Brakable): Promise<Braked> =>
  brake(deps, what, { paused: false })

/**
 * Refuses so many of a hundred tokens as `paused`, the same ones each time they are tried; 0: none. Who has a
 * ticket gets it again all the same. The larger share counts, the session's or the offer's.
 * @param percent a whole number from 0 to 100
 * @throws {Refused} session_unknown, session_ended, offer_unknown
 */
export const shedSale = (deps: OfferDeps, what: Brakable, percent: number): Promise<Braked> =>
  brake(deps, what, { shedPercent: percent })

/**
 * PostgreSQL first, under the offers' locks, so that a gate that is loaded later is loaded with it; then the
 * gates.
 */
async function brake(deps: OfferDeps, what: Brakable, to: Brake): Promise<Braked> {
  const { session, sku } = what
  const offers = await deps.sql.begin(async (tx) => {
    await lockLiving(tx, session)
    const locked = await lockOffers(tx, session)
    const braked = locked.filter((offer) => sku === undefined || offer.sku === sku)
    if (sku !== undefined && braked.length === 0) return refuse('offer_unknown', { session, sku })
    await write(tx, what, to)
    return braked.map((offer) => offer.sku)
  })
  const { pending } = await applyTerms(deps, what)
  return { offers, pending }
}

/**
 * Whether a token costs a captcha from now on. API processes know it at the session's next announcement, and
 * within a second without one. Tokens that were given stay good.
 * @throws {Refused} session_unknown, session_ended
 */
export function wantCaptcha(sql: Sql, session: SessionId, captcha: boolean): Promise<void> {
  return sql.begin(async (tx) => {
    await lockLiving(tx, session)
    await tx`UPDATE sessions SET captcha = ${captcha} WHERE id = ${session}`
  })
}

/** Locks a session that has not ended. */
async function lockLiving(tx: Tx, session: SessionId): Promise<void> {
  const [row] = await tx<{ phase: SessionPhase }[]>`
    SELECT phase
    FROM sessions
    WHERE id = ${session}
    FOR UPDATE`
  if (!row) return refuse('session_unknown', {})
  if (row.phase === 'ended') refuse('session_ended', {})
}

async function write(tx: Tx, { session, sku }: Brakable, to: Brake): Promise<void> {
  const paused = 'paused' in to ? to.paused : null
  const shed = 'shedPercent' in to ? to.shedPercent : null
  if (sku === undefined) {
    const changed = await tx`
      UPDATE sessions
      SET paused = coalesce(${paused}, paused),
          shed_percent = coalesce(${shed}, shed_percent)
      WHERE id = ${session}
        AND (paused <> ${paused} OR shed_percent <> ${shed})`
    if (changed.count === 0) return
    await tx`UPDATE offers SET terms_revision = terms_revision + 1 WHERE session_id = ${session}`
    return
  }
  await tx`
    UPDATE offers
    SET paused = coalesce(${paused}, paused),
        shed_percent = coalesce(${shed}, shed_percent),
        terms_revision = terms_revision + 1
    WHERE session_id = ${session}
      AND sku_id = ${sku}
      AND (paused <> ${paused} OR shed_percent <> ${shed})`
}
