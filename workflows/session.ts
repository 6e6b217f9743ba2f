import {
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow'
import type { SessionActivities } from '../activities/index.ts'
import { preheatMs, type SessionInput } from '../domain/flash-sale.ts'
import type { SessionId } from '../domain/ids.ts'
import { addOffer, changeQuota, endNow, pause, resume } from './messages.ts'

/**
 * Short steps in SQL and Redis. One is tried again when its worker has died: nobody should wait long for
 * that.
 */
const steps: ActivityOptions = {
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '200 ms', backoffCoefficient: 1.5, maximumInterval: '10 s' },
}
/** The session's own steps, tried until they succeed: it is not given up because a server is away. */
const act = proxyActivities<SessionActivities>(steps)
/** Loading a gate takes as long as its offer has buyers. */
const load = proxyActivities<SessionActivities>({ ...steps, startToCloseTimeout: '3 min' })
/**
 * What operators request. A request that cannot be done in a minute fails, and the session goes on: else it
 * would never reach its end.
 */
const request = proxyActivities<SessionActivities>({ ...steps, scheduleToCloseTimeout: '1 min' })
/** Keys in Redis go by themselves a day after the end. */
const cleanup = proxyActivities<SessionActivities>({ ...steps, scheduleToCloseTimeout: '10 min' })

/**
 * One flash sale, from its planning to its closing report: preheated before it opens (the gate opens by its
 * own clock), closed at its end or when an operator says so, staged to the last ticket, and only then
 * counted. What operators request meanwhile is done one after the other. A cancellation from outside
 * (Temporal's UI or CLI) is a request to end it, too.
 */
export async function session({ session, opensAt, endsAt }: SessionInput): Promise<{ sold: number }> {
  const requests = takeRequests(session)
  CancellationScope.current().cancelRequested.catch(() => requests.stop())

  return await CancellationScope.nonCancellable(async () => {
    setCurrentDetails(`Planned: opens ${new Date(opensAt).toISOString()}.`)
    await until(opensAt - preheatMs, requests.stopped)
    if (!requests.stopped()) await requests.inTurn(() => load.preheat(session))
    setCurrentDetails(
      'Preheated: its pieces are out of the warehouse, its gates are loaded. ' +
        `It opens ${new Date(opensAt).toISOString()} by itself.`,
    )
    await until(opensAt, requests.stopped)
    setCurrentDetails(`Open until ${new Date(endsAt).toISOString()}.`)
    await until(endsAt, requests.stopped)
    requests.refuseMore()
    const report = await requests.inTurn(() => close(session))
    await condition(allHandlersFinished)
    const sold = report.offers.reduce((sum, offer) => sum + offer.sold, 0)
    setCurrentDetails(`Ended: ${sold} piece(s) sold; what nobody was granted is back in the warehouse.`)
    return { sold }
  })
}

/** Handles what operators request: one thing at a time, in the order in which it was asked. */
function takeRequests(session: SessionId) {
  let stopped = false
  let ended = false
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(() => CancellationScope.nonCancellable(work))
    last = mine.catch(() => {})
    return mine
  }
  const handled =
    <A extends unknown[]>(work: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      if (ended) throw refused('session_ended')
      await inTurn(() => work(...args).catch(passOn))
    }
  setHandler(
    addOffer,
    handled((offer) => request.addOffer(session, offer)),
  )
  setHandler(
    changeQuota,
    handled((quota) => request.changeQuota(session, quota)),
  )
  setHandler(
    pause,
    handled(() => request.pauseSession(session, true)),
  )
  setHandler(
    resume,
    handled(() => request.pauseSession(session, false)),
  )
  setHandler(
    endNow,
    handled(async () => {
      await request.closeGates(session)
      stopped = true
    }),
  )
  return {
    inTurn,
    stopped: () => stopped,
    stop: () => {
      stopped = true
    },
    refuseMore: () => {
      ended = true
    },
  }
}

async function close(session: SessionId) {
  setCurrentDetails('Closing: every granted ticket is staged before anything is counted.')
  await act.closeGates(session)
  await act.untilStaged(session)
  const report = await act.endSession(session)
  await cleanup.removeGate(session).catch((error) => {
    if (!(error instanceof ActivityFailure)) throw error
    log.warn('the keys of the session stay in Redis until they expire', { session })
  })
  return report
}

async function until(moment: number, or: () => boolean): Promise<void> {
  const left = moment - Date.now()
  if (left > 0) await condition(or, left)
}

const refused = (code: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'refused',
    message: code,
    nonRetryable: true,
    details: [{ code, details: {} }],
  })

/**
 * A refusal reaches the operator as it is; any other failure of an activity that gave up is a failure of the
 * update, not of the session.
 */
function passOn(error: unknown): never {
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) throw error.cause
  throw error
}
