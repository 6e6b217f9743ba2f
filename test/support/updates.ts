import { WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { Refusal } from '../../domain/refusals.ts'

/** The refusal that an operator's update was answered with. */
export async function refusalOf(update: Promise<unknown>): Promise<Refusal | undefined> {
  const error: unknown = await update.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error === undefined) return undefined
  if (!(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)) throw error
  return error.cause.details?.[0] as Refusal // What the session's workflow and activities put there.
}
