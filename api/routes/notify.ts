import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Sql } from '../../db/client.ts'
import type { Ids, NotificationId, OrderId } from '../../domain/ids.ts'
import { storePayment } from '../../payments/notifications.ts'
import { NotificationRejected, type PaymentProvider } from '../../payments/provider.ts'

export type NotifyDeps = {
  sql: Sql
  ids: Ids
  providers: Readonly<Record<string, PaymentProvider>>
  deliver: (order: OrderId, notification: NotificationId) => void
  log: Logger
}

/**
 * Where providers post. Verify, store, acknowledge what is stored; the judgement is not waited for. What is not verified is not stored. Answers are in the provider's form: WeChat Pay takes 204 as received and posts again on 4xx and 5xx
 * (API v3, "Payment notification").
 */
export function notifyRoutes({ sql, ids, providers, deliver, log }: NotifyDeps) {
  return new Hono().post('/v1/notify/wechat/v3', async (c) => {
    const provider = providers['wechat-v3']
    if (!provider) return c.json({ code: 'FAIL', message: 'not configured' }, 404)
    try {
      const told = await provider.parse(c.req.raw.headers, await c.req.text())
      if (told.is === 'payment') {
        const { id, orderId, outcome } = await storePayment(sql, ids, told.facts, 'callback')
        if (orderId !== null && outcome === null) deliver(orderId, id)
      } else {
        log.info({ provider: provider.name, told: told.is }, 'a notification that changes nothing: refunds are asked about by their workflows')
      }
      return c.body(null, 204)
    } catch (error) {
      if (error instanceof NotificationRejected) {
        log.warn({ provider: provider.name, reason: error.reason }, 'a notification was not believed')
        return c.json({ code: 'FAIL', message: error.reason }, 401)
      }
      log.error({ error }, 'a notification could not be stored; the provider sends it again')
      return c.json({ code: 'FAIL', message: 'try again' }, 500)
    }
  })
}
