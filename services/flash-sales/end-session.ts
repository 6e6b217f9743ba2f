import { type SessionReport, sessionReport } from '../../db/reads/sessions.ts'
import type { Sql } from '../../db/types.ts'
import { type OfferKey, phaseMayLeaveFor } from '../../domain/flash-sale.ts'
import type { SessionId } from '../../domain/ids.ts'
import { RetryLater } from '../../domain/retry.ts'
import type { TicketQueue } from '../../redis/gate/queue.ts'
import { returnFromOffer } from '../inventory/offer-stock.ts'
import { raiseAttention } from '../operations/attention.ts'
import type { OfferDeps } from './deps.ts'
import { lockOffers } from './lock-offers.ts'
import { dropLeases } from './offer-lease.ts'

/**
 * How long an ended session waits for a Redis that does not answer, before it ends without what that may
 * hold.
 */
const waitForRedisS = 600

/**
 * Answers when everything that the session's queues held is staged. A Redis that has not answered for ten
 * minutes is not waited for any longer: a human is notified (`session_ended_without_gate`), and tickets that
 * turn up later are refused at staging.
 * @throws {RetryLater} while something has still to be staged, or Redis does not answer
 */
export async function untilStaged(sql: Sql, queue: TicketQueue, session: SessionId): Promise<void> {
  const offers = await offersOf(sql, session)
  const lengths = await Promise.all(offers.map((offer) => queue.length(offer).catch(() => undefined)))
  const waiting = lengths.reduce((sum: number, length) => sum + (length ?? 0), 0)
  if (waiting > 0) throw new RetryLater(`${waiting} ticket(s) of session ${session} have still to be staged`)
  const away = offers.filter((_, i) => lengths[i] === undefined).map(({ sku }) => sku)
  if (away.length === 0) return
  const [patient] = await sql`
    SELECT 1
    FROM sessions
    WHERE id = ${session}
      AND coalesce(gates_closed_at, now()) > now() - make_interval(secs => ${waitForRedisS})`
  if (patient) throw new RetryLater(`the queues of session ${session} do not answer`, 10)
  await raiseAttention(sql, {
    reason: 'session_ended_without_gate',
    subject: session,
    details: { skus: away.join() },
  })
}

/**
 * Ends a session, once, under the locks of all its offers: what nobody was granted goes back to the
 * warehouse, and so does, from this commit on, what is given back later. Needs no gate. Stores the closing
 * report, and answers it.
 */
export async function endSession(sql: Sql, session: SessionId): Promise<SessionReport> {
  await sql.begin(async (tx) => {
    const ended = await tx`
      UPDATE sessions
      SET phase = 'ended',
          ended_at = now()
      WHERE id = ${session}
        AND phase = ANY(${[...phaseMayLeaveFor.ended]}::text[])`
    if (ended.count === 0) return
    for (const { sku, warehouse, quota, granted, preheated } of await lockOffers(tx, session)) {
      if (preheated) await returnFromOffer(tx, { session, sku, warehouse }, { pieces: quota - granted })
    }
    await tx`
      UPDATE offers
      SET ended = true,
          quota = granted
      WHERE session_id = ${session}`
    await dropLeases(tx, session)
    const report = JSON.stringify(await sessionReport(tx, session))
    await tx`UPDATE sessions SET report = ${report}::jsonb WHERE id = ${session}`
  })
  const [stored] = await sql<{ report: SessionReport | null }[]>`
    SELECT report
    FROM sessions
    WHERE id = ${session}`
  if (!stored?.report) throw new Error(`session ${session} has not ended`)
  return stored.report
}

/** Removes the session's keys from Redis. They go by themselves a day later. */
export async function removeGate({ sql, gate }: OfferDeps, session: SessionId): Promise<void> {
  for (const offer of await offersOf(sql, session)) await gate.remove(offer)
}

const offersOf = (sql: Sql, session: SessionId) => sql<OfferKey[]>`
  SELECT session_id AS session,
         sku_id::text AS sku
  FROM offers
  WHERE session_id = ${session}
  ORDER BY sku_id`
