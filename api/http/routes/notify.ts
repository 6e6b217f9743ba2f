import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Sql } from '../../../db/types.ts'
import type { Ids } from '../../../domain/ids.ts'
import {
  type Callbacks,
  NotificationRejected,
  type Notified,
  type PaymentProvider,
} from '../../../providers/provider.ts'
import type { BackgroundDelivery } from '../../../runtime/background-delivery.ts'
import { createNotificationBatcher } from '../../../services/payments/notification-batcher.ts'
import { type Stored, storeNotified } from '../../../services/payments/notifications.ts'

export type NotifyDeps = {
  sql: Sql
  ids: Ids
  providers: Readonly<Record<string, PaymentProvider>>
  delivery: BackgroundDelivery
  log: Logger
}

/**
 * Where providers post, each to its own path and answered in its own words. Verify, store, acknowledge what
 * is stored; the resolution is not waited for, and begins when the posts that wait for an answer have got it.
 * What is not verified is not stored.
 */
export function notifyRoutes(deps: NotifyDeps) {
  const app = new Hono()
  const batched = createNotificationBatcher(deps.sql, deps.ids, deps.log)
  const store = (notified: Notified) => storeNotified(deps, notified, batched)
  for (const { name, callbacks } of Object.values(deps.providers)) {
    if (!callbacks) continue
    app.post(callbacks.path, async (c) => {
      const posted = { headers: c.req.raw.headers, body: await c.req.text() }
      return answer(
        await deps.delivery.after(() => take({ ...deps, store }, { provider: name, callbacks }, posted)),
      )
    })
  }
  return app
}

type TakeDeps = NotifyDeps & { store: (notified: Notified) => Promise<Stored | undefined> }
type Poster = { provider: string; callbacks: Callbacks }
type Words = Callbacks['answers'][keyof Callbacks['answers']]

const answer = ({ status, type, body }: Words): Response =>
  new Response(body ?? null, {
    status,
    ...(type && { headers: { 'content-type': `${type}; charset=utf-8` } }),
  })

async function take(
  { delivery, log, store }: TakeDeps,
  { provider, callbacks }: Poster,
  { headers, body }: { headers: Headers; body: string },
): Promise<Words> {
  const { read, answers } = callbacks
  try {
    const notified = await read(headers, body)
    const stored = await store(notified)
    if (!stored) log.info({ provider, notified: notified.is }, 'a notification that changes nothing')
    else if (notified.is === 'payment' && stored.orderId !== null && stored.outcome === null)
      delivery.soon(stored.orderId, stored.id)
    return answers.stored
  } catch (error) {
    if (error instanceof NotificationRejected) {
      log.warn({ provider, reason: error.reason }, 'a notification was not believed')
      return answers.refused
    }
    log.error({ provider, error }, 'a notification could not be stored; the provider sends it again')
    return answers.later
  }
}
