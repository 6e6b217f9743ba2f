import { judge } from '../../activities/judge.ts'
import { raiseAttention } from '../../db/attention.ts'
import type { NotificationId, OrderId } from '../../domain/ids.ts'
import { deliver } from '../deliver.ts'
import { batch, type RelayDeps } from './deps.ts'

type Due = { id: NotificationId; orderId: OrderId | null; delivered: number }

/** After so many deliveries without a judgement a human is asked. */
const patience = 8

/**
 * Delivers notifications until the judge has written their outcome: to the order's workflow, or, when there is none, by judging here.
 * Delivered is not handled: only the outcome ends it. The pause doubles, up to ten minutes.
 */
export async function redeliver(deps: RelayDeps): Promise<number> {
  const due = await deps.db.sql<Due[]>`
    WITH due AS (
      SELECT id FROM notifications WHERE outcome IS NULL AND due_at <= now() ORDER BY due_at LIMIT ${batch} FOR UPDATE SKIP LOCKED),
    taken AS (
      UPDATE notifications n SET delivered = n.delivered + 1, due_at = now() + least(interval '5 seconds' * power(2, least(n.delivered, 7)), interval '10 minutes')
      FROM due WHERE n.id = due.id RETURNING n.id, n.attempt, n.delivered)
    SELECT t.id::text AS id, a.order_id::text AS "orderId", t.delivered FROM taken t LEFT JOIN attempts a ON a.number = t.attempt ORDER BY t.id`
  await Promise.all(
    due.map((notification) =>
      handOver(deps, notification).catch((error) => deps.log.warn({ error, ...notification }, 'a notification waits for its next delivery')),
    ),
  )
  return due.length
}

async function handOver({ db: { sql }, client, payments, news, log }: RelayDeps, { id, orderId, delivered }: Due): Promise<void> {
  if (orderId !== null && (await deliver(client, orderId, id))) {
    if (delivered === patience) await raiseAttention(sql, { reason: 'notification_unjudged', subject: id, orderId })
    return
  }
  const outcome = await judge(sql, payments.accounts, id)
  log.info({ notification: id, orderId, outcome }, 'judged without a workflow')
  if (orderId !== null) news.announce(orderId)
}
