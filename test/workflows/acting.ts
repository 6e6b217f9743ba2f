import { ApplicationFailure } from '@temporalio/common'
import type { OrderActivities, PaymentActivities, SessionActivities } from '../../activities/index.ts'
import type { SessionReport } from '../../db/reads/sessions.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import type { Refusal } from '../../domain/refusals.ts'

type Activities = OrderActivities & PaymentActivities & SessionActivities
/** Activities of a test: what it doesn't name succeeds. */
export type Acting = {
  [N in keyof Activities]?: (
    ...args: Parameters<Activities[N]>
  ) => Awaited<ReturnType<Activities[N]>> | Promise<Awaited<ReturnType<Activities[N]>>>
}
export type ActivityName = keyof Activities

/** As an activity refuses. */
export const refused = (refusal: Refusal) =>
  ApplicationFailure.create({
    type: 'refused',
    nonRetryable: true,
    message: refusal.code,
    details: [refusal],
  })

/** A session's closing report: so many pieces sold of each offer. */
export const reportOf = (session: SessionId, sold: readonly number[]): SessionReport => ({
  session,
  phase: 'ended',
  offers: sold.map((pieces, i) => ({
    ...nothing,
    sku: String(i + 1) as SkuId,
    quota: pieces,
    granted: pieces,
    sold: pieces,
    paid: pieces,
  })), // No rows are behind them.
})
const nothing = {
  name: 'Tea',
  givenBack: 0,
  refused: 0,
  tickets: 0,
  buyers: 0,
  takings: '0',
  soldOutAt: null,
}

/** Closing finds an open attempt so many times, before it finds none. */
export const withAttempt = (times = 1) => {
  let left = times
  return {
    closeOrder: () =>
      left-- > 0
        ? ({ status: 'closing', openAttempt: true } as const)
        : ({ status: 'closed', openAttempt: false } as const),
  }
}

/** A statement that does not come at first, and is not whole then. */
export const lateAndBroken = (): Acting => {
  let [asked, matched] = [0, 0]
  return {
    fetchStatement: () => {
      if (++asked === 1) throw ApplicationFailure.nonRetryable('not made yet')
      return 'fetched'
    },
    matchStatement: () => {
      if (++matched === 1) throw ApplicationFailure.nonRetryable('cut short', 'statement_rejected')
      return { rows: 3, repaired: 0, different: 2 }
    },
  }
}
