import {
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow'
import type { SessionActivities } from '../activities/index.ts'
import { preheatMs, type SessionInput } from '../domain/flash-sale.ts'
import { addOffer, changeQuota, endNow, pause, resume } from './messages.ts'

/** Short steps in SQL and Redis. One is tried again when its worker has died: nobody should wait long for that. */
const steps: ActivityOptions = {
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '200 ms', backoffCoefficient: 1.5, maximumInterval: '10 s' },
}
/** The session's own, tried until they succeed: it is not given up because a server is away. */
const act = proxyActivities<SessionActivities>(steps)
/** What operators wish. A wish that cannot come true in a minute fails, and the session goes on: else it would never reach its end. */
const wished = proxyActivities<SessionActivities>({ ...steps, scheduleToCloseTimeout: '1 min' })

/**
 * One flash sale, from its planning to its closing report: preheated before it opens (the gate opens by its own clock), closed at its end or when
 * an operator says so, staged to the last ticket, and only then counted. What an operator changes meanwhile is done one after the other. A
 * cancellation from outside (Temporal's UI or CLI) is a wish to end it, too.
 */
export async function session({ session, opensAt, endsAt }: SessionInput): Promise<{ sold: number }> {
  let stopped = false
  let ended = false
  let last: Promise<unknown> = Promise.resolve()
  /** One thing at a time, in the order in which it was asked. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(() => CancellationScope.nonCancellable(work))
    last = mine.catch(() => {})
    return mine
  }
  const wish =
    <A extends unknown[]>(work: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      if (ended) throw refused('session_ended')
      await inTurn(() => work(...args).catch(passOn))
    }
  setHandler(
    addOffer,
    wish((offer) => wished.addOffer(session, offer)),
  )
  setHandler(
    changeQuota,
    wish((quota) => wished.changeQuota(session, quota)),
  )
  setHandler(
    pause,
    wish(() => wished.pauseSession(session, true)),
  )
  setHandler(
    resume,
    wish(() => wished.pauseSession(session, false)),
  )
  setHandler(
    endNow,
    wish(async () => {
      await wished.closeGates(session)
      stopped = true
    }),
  )

  CancellationScope.current().cancelRequested.catch(() => {
    stopped = true
  })

  return await CancellationScope.nonCancellable(async () => {
    setCurrentDetails(`Planned: opens ${new Date(opensAt).toISOString()}.`)
    await until(opensAt - preheatMs, () => stopped)
    if (!stopped) await inTurn(() => act.preheat(session))
    setCurrentDetails(
      `Preheated: its pieces are out of the warehouse, its gate is loaded. It opens ${new Date(opensAt).toISOString()} by itself.`,
    )
    await until(opensAt, () => stopped)
    setCurrentDetails(`Open until ${new Date(endsAt).toISOString()}.`)
    await until(endsAt, () => stopped)
    ended = true
    const report = await inTurn(() => close(session))
    await condition(allHandlersFinished)
    const sold = report.offers.reduce((sum, offer) => sum + offer.sold, 0)
    setCurrentDetails(`Ended: ${sold} piece(s) sold; what nobody was granted is back in the warehouse.`)
    return { sold }
  })
}

async function close(session: SessionInput['session']) {
  setCurrentDetails('Closing: every granted ticket is staged before anything is counted.')
  await act.closeGates(session)
  await act.untilStaged(session)
  const report = await act.endSession(session)
  await act.removeGate(session)
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

/** A refusal reaches the operator as it is; any other failure of an activity that gave up is a failure of the update, not of the session. */
function passOn(error: unknown): never {
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) throw error.cause
  throw error
}
