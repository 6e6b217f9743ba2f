import type { NotificationId, OrderId } from '../domain/ids.ts'
import { resolvePayment } from '../services/payments/resolve-payment.ts'
import { type DeliveryDeps, notifyResolved } from './deliver.ts'

/** How many are resolved at once, and how many may wait here. */
const atOnce = 8
const mostWaiting = 10_000
/** So many answers under way are a flood: resolving waits until it is over. */
const flood = 12
/** A flood's next wave comes within so many ms; answered together, it seems over for a moment between two. */
const waveMs = 100

export type BackgroundDelivery = {
  /**
   * Has a stored notification resolved; not waited for. What is dropped here, or fails, is due for the jobs
   * within seconds.
   */
  soon(order: OrderId, notification: NotificationId): void
  /**
   * Does what a provider waits for. During a flood of these no resolution begins: a provider that waits too
   * long posts again.
   */
  after<T>(answer: () => Promise<T>): Promise<T>
}

/**
 * Resolves stored notifications in this process, a few at a time, so that a flood of them leaves database and
 * answers to others.
 */
export function backgroundDelivery(deps: DeliveryDeps): BackgroundDelivery {
  const waiting: [OrderId, NotificationId][] = []
  let underway = 0
  let answering = 0
  let floodedUntil = 0
  let pausing = false

  const deliver = async (order: OrderId, notification: NotificationId): Promise<void> => {
    underway += 1
    try {
      const outcome = await resolvePayment(deps.sql, deps.accounts, notification)
      // Takes as long as Temporal is away; resolving the next one does not.
      void notifyResolved(deps, { order, notification, outcome })
    } catch (error) {
      deps.log.warn({ order, error }, 'a notification waits for the jobs')
    } finally {
      underway -= 1
      next()
    }
  }

  const pauseFor = (ms: number): void => {
    if (pausing) return
    pausing = true
    setTimeout(() => {
      pausing = false
      next()
    }, ms).unref()
  }

  const next = (): void => {
    if (waiting.length === 0 || answering >= flood) return
    const left = floodedUntil - Date.now()
    if (left > 0) {
      pauseFor(left)
      return
    }
    while (underway < atOnce) {
      const first = waiting.shift()
      if (!first) return
      void deliver(...first)
    }
  }

  return {
    soon(order, notification) {
      if (waiting.length < mostWaiting) waiting.push([order, notification])
      next()
    },
    async after(answer) {
      answering += 1
      try {
        return await answer()
      } finally {
        if (answering >= flood) floodedUntil = Date.now() + waveMs
        answering -= 1
        next()
      }
    },
  }
}
