import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow'
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type { OrderActivities } from '../activities/index.ts'
import type { Refusal } from '../domain/refusals.ts'

/** One try inside the workflow task, short enough that the task's own time-out is far. */
const quick: LocalActivityOptions = {
  startToCloseTimeout: '4 s',
  scheduleToCloseTimeout: '4500 ms',
  retry: { maximumAttempts: 1 },
}

/** What has to happen happens, however long it takes. */
const endless: ActivityOptions = {
  startToCloseTimeout: '5 s',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '1 min' },
}

type Name = keyof OrderActivities

/** An activity on the fast path only: a local activity costs no task of its own. */
export const fastPath = <N extends Name>(name: N, summary: string): OrderActivities[N] =>
  proxyLocalActivities<OrderActivities>({ ...quick, summary })[name]

/**
 * An activity on its fast path and its fallback: local first; when that fails for a fault, the same as a
 * regular activity, tried until it succeeds. Safe because every effect is recorded, so it cannot matter how
 * often it was tried. A refusal is an answer on either path.
 */
export function localFirst<N extends Name>(name: N, summary: string): OrderActivities[N] {
  const both = async (...args: unknown[]): Promise<unknown> => {
    try {
      return await named(proxyLocalActivities({ ...quick, summary }), name)(...args)
    } catch (error) {
      if (isCancellation(error) || isAnswer(error)) throw error
      return await named(proxyActivities({ ...endless, summary }), name)(...args)
    }
  }
  // The name says which activity it is; TypeScript cannot follow a name held in a variable.
  return both as unknown as OrderActivities[N]
}

type Untyped = (...args: unknown[]) => Promise<unknown>
/** The proxies make a function for whatever name they are asked. */
const named = (proxy: object, name: Name): Untyped => (proxy as Record<Name, Untyped>)[name]

/** The refusal that a failed step carries, if it is one. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error
  return cause instanceof ApplicationFailure && cause.type === 'refused'
    ? (cause.details?.[0] as Refusal)
    : undefined // Our own activities put it there.
}

/** Failures that trying again cannot change. */
export function isAnswer(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error
  return cause instanceof ApplicationFailure && cause.nonRetryable === true
}
