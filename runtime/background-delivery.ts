import type { NotificationId, OrderId } from '../domain/ids.ts'
import { resolvePayment } from '../services/payments/resolve-payment.ts'
import { type DeliveryDeps, tell } from './deliver.ts'

/** How many are resolved at once, how many may wait here, and how many that wait for an answer are a crowd. */
const atOnce = 8
const mostWaiting = 10_000
const crowd = 12
/** A crowd's next wave comes within this; answered together, it is gone for a moment between two. */
const waveMs = 100

export type BackgroundDelivery = {
  /** Has a stored notification resolved; not waited for. What is dropped here, or fails, is due for the jobs within seconds. */
  soon(order: OrderId, notification: NotificationId): void
  /** Does what somebody waits for; while there is a crowd of these, no resolution begins, as a provider that waits too long posts again. */
  after<T>(answer: () => Promise<T>): Promise<T>
}

/** Resolves stored notifications in this process, a few at a time, so that a flood of them takes neither the database nor the answers away from others. */
export function backgroundDelivery(deps: DeliveryDeps): BackgroundDelivery {
  const waiting: [OrderId, NotificationId][] = []
  let underway = 0
  let answering = 0
  let crowdedUntil = 0
  let pausing = false

  const deliver = async (order: OrderId, notification: NotificationId): Promise<void> => {
    underway += 1
    try {
      const outcome = await resolvePayment(deps.sql, deps.accounts, notification)
      void tell(deps, order, notification, outcome) // Takes as long as Temporal is away; resolving the next one does not.
    } catch (error) {
      deps.log.warn({ order, error }, 'a notification waits for the jobs')
    } finally {
      underway -= 1
      next()
    }
  }

  const next = (): void => {
    if (waiting.length === 0 || answering >= crowd) return
    const pause = crowdedUntil - Date.now()
    if (pause > 0) {
      if (!pausing)
        setTimeout(() => {
          pausing = false
          next()
        }, pause).unref()
      pausing = true
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
        if (answering >= crowd) crowdedUntil = Date.now() + waveMs
        answering -= 1
        next()
      }
    },
  }
}
