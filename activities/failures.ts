import { ApplicationFailure } from '@temporalio/activity'
import { ApplicationFailureCategory } from '@temporalio/common'
import { Refused } from '../domain/refusals.ts'
import { StepUndone } from '../services/orders/steps.ts'

/**
 * Runs an activity's work so that a refusal reaches the workflow as a typed failure that is not retried, its details on board. A step that has
 * been undone stays undone, so that is not retried either. Both are business as usual, so the SDK does not log them as failures. Everything else
 * is a fault, and Temporal tries again.
 */
export async function refusable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused)
      throw ApplicationFailure.create({
        type: 'refused',
        nonRetryable: true,
        category: ApplicationFailureCategory.BENIGN,
        message: error.refusal.code,
        details: [error.refusal],
      })
    if (error instanceof StepUndone)
      throw ApplicationFailure.create({
        type: 'step_undone',
        nonRetryable: true,
        category: ApplicationFailureCategory.BENIGN,
        message: error.message,
      })
    throw error
  }
}
