import { ApplicationFailure } from '@temporalio/common'
import { providerCallDuration, stepDuration, timed } from './metrics.ts'
import type { Payments } from './payments.ts'

type Call = (...given: never[]) => unknown

/** The same activities, each timed by its name and outcome. */
export const meteredActivities = <T extends object>(activities: T): T =>
  wrapped(activities, (step, call) =>
    timed({ histogram: stepDuration, labels: { step }, outcomeOf: stepOutcome }, call),
  )

/** The same providers, each call timed by its name and by what the provider said. */
export const meteredPayments = (payments: Payments): Payments => ({
  ...payments,
  providers: Object.fromEntries(
    Object.entries(payments.providers).map(([provider, adapter]) => [
      provider,
      wrapped(adapter, (call, work) =>
        timed({ histogram: providerCallDuration, labels: { provider, call }, outcomeOf: callOutcome }, work),
      ),
    ]),
  ),
})

/**
 * A copy of an object whose asynchronous functions run through `around`; what answers at once is left as it
 * is.
 */
function wrapped<T extends object>(
  object: T,
  around: (name: string, call: () => Promise<unknown>) => Promise<unknown>,
): T {
  const entries = Object.entries(object).map(([name, held]) => {
    if (typeof held !== 'function') return [name, held]
    const call: Call = held.bind(object)
    const metered = (...given: never[]): unknown => {
      const answer: unknown = call(...given)
      return answer instanceof Promise ? around(name, () => answer) : answer
    }
    return [name, metered]
  })
  return Object.fromEntries(entries) as T // The same names, the same answers.
}

function stepOutcome(result: { value: unknown } | { error: unknown }): string {
  if ('value' in result) return 'done'
  return result.error instanceof ApplicationFailure && result.error.nonRetryable ? 'refused' : 'failed'
}

function callOutcome(result: { value: unknown } | { error: unknown }): string {
  if ('error' in result) return 'failed'
  const said: unknown = (result.value as { is?: unknown } | null | undefined)?.is
  return typeof said === 'string' ? said : 'done'
}
