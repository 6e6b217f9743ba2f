import { ApplicationFailure } from '@temporalio/activity'
import { ApplicationFailureCategory } from '@temporalio/common'
import { Refused } from '../domain/refusals.ts'
import { NeverRetry, RetryLater } from '../domain/retry.ts'
import { StepUndone } from '../services/orders/steps.ts'

type Activity = (...args: never[]) => Promise<unknown>

/**
 * Turns what services throw into what Temporal understands, for each of these activities: a refusal, a step
 * that was undone and what is not there become typed failures that are not retried; "later" is retried when
 * the service says that it is of use. None of them is logged as a failure. Everything else is a fault, and
 * Temporal tries again.
 * @see https://docs.temporal.io/references/failures#application-failure
 */
export function withFailures<A extends Record<string, Activity>>(activities: A): A {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args)
      } catch (error) {
        throw failureOf(error)
      }
    },
  ])
  return Object.fromEntries(wrapped) as A // The same names, the same signatures.
}

const benign = { category: ApplicationFailureCategory.BENIGN }

function failureOf(error: unknown): unknown {
  if (error instanceof Refused) {
    const { refusal } = error
    return ApplicationFailure.create({
      ...benign,
      type: 'refused',
      nonRetryable: true,
      message: refusal.code,
      details: [refusal],
    })
  }
  if (error instanceof StepUndone)
    return ApplicationFailure.create({
      ...benign,
      type: 'step_undone',
      nonRetryable: true,
      message: error.message,
    })
  if (error instanceof NeverRetry) return ApplicationFailure.nonRetryable(error.message, error.type)
  if (error instanceof RetryLater) {
    const { afterS, message } = error
    const delay = afterS === undefined ? {} : { nextRetryDelay: `${afterS} s` as const }
    return ApplicationFailure.create({ ...benign, type: 'retry_later', message, ...delay })
  }
  return error
}
