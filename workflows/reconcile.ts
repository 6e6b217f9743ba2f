import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { PaymentActivities } from '../activities/index.ts'
import { localFirst } from './local-first.ts'
import { attentionReason, paymentsQueue, type ReconcileInput } from './messages.ts'

const raiseAttention = localFirst('raiseAttention', 'ask a human to look')
const clearAttention = localFirst('clearAttention', 'a human need not look any more')

/**
 * How a day's reconciliation ends: how many rows the statement has, what was stored because of them, and what
 * does not agree.
 */
type Reconciled = { rows: number; repaired: number; different: number }

type Reason = 'statement_missing' | 'statement_unmatched'

/**
 * A statement that is rejected is fetched anew, at once and then every hour for a day; then this fails, and
 * the next day's plan begins again.
 */
const rounds = 24

/**
 * Fetches a provider's statement of a day and matches it with our rows. A human is asked when it does not
 * come for hours, comes and is not whole, or cannot be matched for an hour; what does not agree is in
 * `reconciliation`, with an attention of its own.
 */
export async function reconcile(of: ReconcileInput): Promise<Reconciled> {
  const { once, later, match, matchLater } = activities()
  const subject = `${of.provider} ${of.date}`
  const askHuman = async (reason: Reason, why: string): Promise<void> => {
    setCurrentDetails(why)
    upsertSearchAttributes([{ key: attentionReason, value: reason }])
    await raiseAttention(reason, subject, null)
  }
  const missing = (why: string) => askHuman('statement_missing', why)
  const matchStatement = async (): Promise<Reconciled> => {
    try {
      return await match.matchStatement(of)
    } catch (error) {
      if (isRejected(error)) throw error
      await askHuman('statement_unmatched', 'The statement is here and matching it fails: trying on.')
      return await matchLater.matchStatement(of)
    }
  }

  for (let round = 1; ; round++) {
    setCurrentDetails('Fetching the statement.')
    try {
      await once.fetchStatement(of, 'trade')
    } catch {
      await missing('The provider has no statement yet, hours after it should: asking on.')
      await later.fetchStatement(of, 'trade')
    }
    try {
      const matched = await matchStatement()
      setCurrentDetails(
        `${matched.rows} rows, ${matched.repaired} repaired, ${matched.different} that do not agree.`,
      )
      await clearAttention('statement_missing', subject)
      await clearAttention('statement_unmatched', subject)
      upsertSearchAttributes([
        { key: attentionReason, value: matched.different > 0 ? 'statement_differs' : null },
      ])
      await once.fetchStatement(of, 'fund_flow').catch(() => {}) // Kept for humans; nothing here needs it.
      return matched
    } catch (error) {
      if (!isRejected(error) || round === rounds) throw error
      if (round > 1) await missing('The provider’s statement is not whole: fetching it anew in an hour.')
      await sleep(round > 1 ? '1 h' : '2 s')
    }
  }
}

const isRejected = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'statement_rejected'

function activities() {
  const long = {
    taskQueue: paymentsQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '1 h',
    heartbeatTimeout: '6 min',
  } as const
  const retry = { initialInterval: '1 min', backoffCoefficient: 2, maximumInterval: '30 min' } as const
  return {
    once: proxyActivities<PaymentActivities>({
      ...long,
      summary: 'fetch the statement',
      retry,
      scheduleToCloseTimeout: '4 h',
    }),
    later: proxyActivities<PaymentActivities>({
      ...long,
      summary: 'fetch the statement, however late it comes',
      retry,
      scheduleToCloseTimeout: '20 h',
    }),
    match: proxyActivities<PaymentActivities>({
      ...long,
      summary: 'match it with our rows',
      retry: { ...retry, initialInterval: '1 s' },
      scheduleToCloseTimeout: '1 h',
    }),
    matchLater: proxyActivities<PaymentActivities>({
      ...long,
      summary: 'match it with our rows, however long that takes',
      retry,
    }),
  }
}
