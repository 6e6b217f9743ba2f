import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow'
import { ActivityFailure, ApplicationFailure, isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { OrderActivities } from '../activities/index.ts'
import type { Refusal } from '../domain/refusals.ts'

/** The quick road: one try inside the workflow task, short enough that the task's own time-out is far. */
const quick: LocalActivityOptions = { startToCloseTimeout: '4 s', scheduleToCloseTimeout: '4500 ms', retry: { maximumAttempts: 1 } }

const backOff = { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '10 s' } as const

/** A placing step may fail for this long before the order is refused as `unavailable`. */
const bounded: ActivityOptions = { startToCloseTimeout: '5 s', scheduleToCloseTimeout: '60 s', retry: backOff }

/** What has to happen happens, however long it takes. */
const endless: ActivityOptions = { startToCloseTimeout: '5 s', retry: { ...backOff, maximumInterval: '1 min' } }

type Name = keyof OrderActivities
type Call<N extends Name> = (...args: Parameters<OrderActivities[N]>) => ReturnType<OrderActivities[N]>
type Untyped = (...args: unknown[]) => Promise<unknown>

/**
 * One activity by both roads: local first, which costs no task of its own; when that fails for a fault, the same as a regular activity with
 * back-off. Safe because every effect is recorded in the ledger, so it cannot matter how often it was tried. A refusal is an answer on either road.
 */
function byBothRoads<N extends Name>(name: N, summary: string, fallback: ActivityOptions): Call<N> {
  const both = async (...args: unknown[]): Promise<unknown> => {
    try {
      return await named(proxyLocalActivities({ ...quick, summary }), name)(...args)
    } catch (error) {
      if (isCancellation(error) || isAnswer(error)) throw error
      return await named(proxyActivities({ ...fallback, summary }), name)(...args)
    }
  }
  return both as unknown as Call<N> // The name says which activity it is; TypeScript cannot follow a name held in a variable.
}

/** The proxies make a function for whatever name they are asked. */
const named = (proxy: object, name: Name): Untyped => (proxy as Record<Name, Untyped>)[name]

/** An activity of an order that may fail for a minute. */
export const step = <N extends Name>(name: N, summary: string): Call<N> => byBothRoads(name, summary, bounded)

/** An activity of an order that is tried until it succeeds. */
export const sure = <N extends Name>(name: N, summary: string): Call<N> => byBothRoads(name, summary, endless)

/** The refusal that a failed step carries, if it is one. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error
  return cause instanceof ApplicationFailure && cause.type === 'refused' ? (cause.details?.[0] as Refusal) : undefined // Our own activities put it there.
}

/** Failures that trying again cannot change. */
function isAnswer(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error
  return cause instanceof ApplicationFailure && cause.nonRetryable === true
}
