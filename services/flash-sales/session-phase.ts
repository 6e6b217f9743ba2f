import type { SessionId } from '../../domain/ids.ts'
import { Refused } from '../../domain/refusals.ts'
import { RetryLater } from '../../domain/retry.ts'
import { leaseMs } from '../../redis/gate/offer-load.ts'
import { applyTerms } from './apply-terms.ts'
import { type Braked, resumeSale, stopSale } from './brakes.ts'
import type { OfferDeps } from './deps.ts'
import { lockOffers } from './lock-offers.ts'

/**
 * Pauses a session's gates, or has them admit again. Tickets that are granted go on. Nothing is left to pause
 * when it has ended.
 * @throws {RetryLater} until every gate obeys: the supervisor loads the ones that are lost
 */
export async function pauseSession(deps: OfferDeps, session: SessionId, paused: boolean): Promise<void> {
  const { pending } = await (paused ? stopSale : resumeSale)(deps, { session }).catch(unlessEnded)
  if (pending.length > 0)
    throw new RetryLater(`gates of session ${session} are not loaded: ${pending.join()}`)
}

function unlessEnded(error: unknown): Braked {
  if (error instanceof Refused && error.refusal.code === 'session_ended') return { offers: [], pending: [] }
  throw error
}

/**
 * Closes a session's gates at its end, or now when that is earlier: from then on they answer `ended`. A
 * session that has not opened never opens. A gate that is not loaded admits nobody whom staging would count.
 * One that does not answer stops by itself when its lease has run out, so that a session ends without Redis
 * as well.
 * @throws {RetryLater} while a gate that does not answer may still have its lease
 */
export async function closeGates(deps: OfferDeps, session: SessionId): Promise<void> {
  const { sql } = deps
  await sql.begin(async (tx) => {
    const closed = await tx`
      UPDATE sessions
      SET ends_at = least(ends_at, greatest(now(), opens_at + interval '1 millisecond')),
          paused = paused OR now() < opens_at,
          gates_closed_at = now()
      WHERE id = ${session}
        AND phase <> 'ended'
        AND gates_closed_at IS NULL`
    if (closed.count === 0) return
    await lockOffers(tx, session)
    await tx`UPDATE offers SET terms_revision = terms_revision + 1 WHERE session_id = ${session}`
  })
  const { away } = await applyTerms(deps, { session })
  if (away.length === 0) return
  const [stopped] = await sql`
    SELECT 1
    FROM sessions
    WHERE id = ${session}
      AND gates_closed_at < now() - make_interval(secs => ${(2 * leaseMs) / 1000})`
  if (!stopped) throw new RetryLater(`gates of session ${session} do not answer: ${away.join()}`, 5)
}
