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
export function createSessionActivities({ sql, gate, queue, events }: ActivityDeps) {
  const announcing = async <T>(session: SessionId, work: Promise<T>): Promise<T> => {
    const result = await work
    events.announceSession(session)
    return result
  }
  return withFailures({
    planDay: (now: number) => planDay(sql, now),
    preheat: (session: SessionId) => announcing(session, preheat(sql, gate, session)),
    addOffer: (session: SessionId, offer: NewOffer) =>
      announcing(session, addOffer(sql, gate, session, offer)),
    changeQuota: (session: SessionId, change: QuotaChange) =>
      announcing(session, changeQuota(sql, gate, session, change)),
    pauseSession: (session: SessionId, paused: boolean) =>
      announcing(session, pauseSession(sql, gate, session, paused)),
    closeGates: (session: SessionId) => announcing(session, closeGates(sql, gate, session)),
    untilStaged: (session: SessionId) => untilStaged(sql, queue, session),
    endSession: (session: SessionId) => announcing(session, endSession(sql, session)),
    removeGate: (session: SessionId) => removeGate(sql, gate, session),
  })
}
export type SessionActivities = ReturnType<typeof createSessionActivities>
