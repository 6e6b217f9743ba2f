import type { NewOffer, QuotaChange } from '../domain/flash-sale.ts'
import type { SessionId } from '../domain/ids.ts'
import { addOffer } from '../services/flash-sales/add-offer.ts'
import { endSession, removeGate, untilStaged } from '../services/flash-sales/end-session.ts'
import { planDay } from '../services/flash-sales/plan-day.ts'
import { preheat } from '../services/flash-sales/preheat.ts'
import { changeQuota } from '../services/flash-sales/quota.ts'
import { closeGates, pauseSession } from '../services/flash-sales/session-phase.ts'
import type { ActivityDeps } from './deps.ts'
import { withFailures } from './failures.ts'

/**
 * What sessions do to the world: the same queue as orders. Each is safe to repeat, whenever it was broken
 * off.
 */
export function createSessionActivities(deps: ActivityDeps) {
  const { sql, queue, events } = deps
  const announcing = async <T>(session: SessionId, work: Promise<T>): Promise<T> => {
    const result = await work
    events.announceSession(session)
    return result
  }
  return withFailures({
    planDay: (now: number) => planDay(sql, now),
    preheat: (session: SessionId) => announcing(session, preheat(deps, session)),
    addOffer: (session: SessionId, offer: NewOffer) => announcing(session, addOffer(deps, session, offer)),
    changeQuota: (session: SessionId, change: QuotaChange) =>
      announcing(session, changeQuota(deps, session, change)),
    pauseSession: (session: SessionId, paused: boolean) =>
      announcing(session, pauseSession(deps, session, paused)),
    closeGates: (session: SessionId) => announcing(session, closeGates(deps, session)),
    untilStaged: (session: SessionId) => untilStaged(sql, queue, session),
    endSession: (session: SessionId) => announcing(session, endSession(sql, session)),
    removeGate: (session: SessionId) => removeGate(deps, session),
  })
}
export type SessionActivities = ReturnType<typeof createSessionActivities>
