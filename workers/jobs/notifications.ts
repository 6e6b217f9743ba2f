import type { NotificationId, OrderId } from '../../domain/ids.ts'
import { deliver } from '../../runtime/deliver.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { resolveRefund } from '../../services/payments/resolve-refund.ts'
import { batch, deliveryDeps, type JobsDeps } from './deps.ts'

type Due = { id: NotificationId; kind: 'payment' | 'refund'; orderId: OrderId | null; delivered: number }

/** After so many failures a human is asked. */
const patience = 8

/**
 * Has notifications resolved whose outcome nobody has written yet: who stored them died, or could not resolve. Stored is not handled: only the
 * outcome ends it. The pause doubles, up to ten minutes.
 */
export async function redeliver(deps: JobsDeps): Promise<number> {
  const due = await deps.sql<Due[]>`
    WITH due AS (
      SELECT id FROM notifications WHERE outcome IS NULL AND due_at <= now() ORDER BY due_at LIMIT ${batch} FOR UPDATE SKIP LOCKED),
    taken AS (
      UPDATE notifications n SET delivered = n.delivered + 1, due_at = now() + least(interval '5 seconds' * power(2, least(n.delivered, 7)), interval '10 minutes')
      FROM due WHERE n.id = due.id RETURNING n.id, n.kind, n.attempt, n.delivered)
    SELECT t.id::text AS id, t.kind, a.order_id::text AS "orderId", t.delivered FROM taken t LEFT JOIN attempts a ON a.number = t.attempt ORDER BY t.id`
  await Promise.all(
    due.map((notification) =>
      handOver(deps, notification).catch((error) =>
        deps.log.warn({ error, ...notification }, 'a notification waits for its next delivery'),
      ),
    ),
  )
  return due.length
}

async function handOver(deps: JobsDeps, { id, kind, orderId, delivered }: Due): Promise<void> {
  const { log } = deps
  try {
    const outcome =
      kind === 'refund'
        ? await resolveRefund({ sql: deps.sql, ...deps.payments }, id)
        : await deliver(deliveryDeps(deps), orderId, id)
    log.info({ notification: id, orderId, outcome }, 'resolved by the jobs')
  } catch (error) {
    if (delivered >= patience)
      await raiseAttention(deps.sql, { reason: 'notification_unresolved', subject: id, orderId })
    throw error
  }
}
