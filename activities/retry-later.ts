import { ApplicationFailure } from '@temporalio/activity'
import { ApplicationFailureCategory } from '@temporalio/common'

/**
 * A provider has not said its final word: Temporal asks again with back-off, or when the provider has said that it is of use (`afterS`), and
 * nobody needs to read about it in the log.
 */
export const retryLater = (what: string, afterS?: number): ApplicationFailure =>
  ApplicationFailure.create({
    message: what,
    type: 'unknown',
    category: ApplicationFailureCategory.BENIGN,
    ...(afterS !== undefined && { nextRetryDelay: `${afterS} s` }),
  })
