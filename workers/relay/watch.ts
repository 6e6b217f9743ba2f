import type { AttemptNumber, OrderId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import { creationOf, endAttempt } from '../../payments/attempts.ts'
import { storePayment } from '../../payments/notifications.ts'
import { deliver } from '../deliver.ts'
import { batch, deliveryDeps, type RelayDeps } from './deps.ts'

type Due = { number: AttemptNumber; orderId: OrderId; provider: string; callingUntil: Date; status: OrderStatus }

/**
 * Asks the providers about open attempts that are due: 15 s after opening, then 30 s, 1 min, 2 min, … A paid one is stored like a callback, so
 * a lost callback costs seconds. An attempt that outlived its order's wait is closed at the provider.
 */
export async function watch(deps: RelayDeps): Promise<number> {
  const due = await deps.db.sql<Due[]>`
    WITH due AS (
      SELECT number FROM attempts WHERE next_ask_at <= now() AND state IN ('opening', 'open') ORDER BY next_ask_at LIMIT ${batch} FOR UPDATE SKIP LOCKED),
    taken AS (
      UPDATE attempts a SET asked = a.asked + 1, next_ask_at = now() + least(interval '15 seconds' * power(2, least(a.asked, 6)), interval '10 minutes')
      FROM due WHERE a.number = due.number RETURNING a.number, a.order_id, a.provider, a.calling_until)
    SELECT t.number::text AS number, t.order_id::text AS "orderId", t.provider, t.calling_until AS "callingUntil", o.status
    FROM taken t JOIN orders o ON o.id = t.order_id`
  await Promise.all(
    due.map((attempt) => askAbout(deps, attempt).catch((error) => deps.log.error({ error, ...attempt }, 'asking about an attempt failed'))),
  )
  return due.length
}

async function askAbout(deps: RelayDeps, attempt: Due): Promise<void> {
  const { ids, payments } = deps
  const { sql } = deps.db
  const provider = payments.providers[attempt.provider]
  if (!provider) throw new Error(`the provider ${attempt.provider} is not configured here`)
  const waiting = attempt.status === 'awaiting_payment' || attempt.status === 'closing'
  const creation = creationOf(attempt)
  const trade = waiting ? await provider.query(attempt.number, creation) : await provider.close(attempt.number, creation)
  if (trade.is === 'closed') await endAttempt(sql, attempt.number)
  if (trade.is !== 'paid') return
  const stored = await storePayment(sql, ids, trade.facts, 'watch')
  if (stored.outcome === null) await deliver(deliveryDeps(deps), attempt.orderId, stored.id)
}
