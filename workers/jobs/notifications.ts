import { deliver } from '../../runtime/deliver.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { type DueNotification, takeDueNotifications } from '../../services/payments/due.ts'
import { resolveRefund } from '../../services/payments/refunds/resolve.ts'
import { batch, deliveryDeps, type JobsDeps } from './deps.ts'

/** After so many failures a human is asked. */
const patience = 8

/**
 * Has notifications resolved whose outcome nobody has written yet: who stored them died, or could not. Stored
 * is not handled: only the outcome ends it.
 */
export async function redeliver(deps: JobsDeps): Promise<number> {
  const due = await takeDueNotifications(deps.sql, batch)
  await Promise.all(
    due.map((notification) =>
      resolve(deps, notification).catch((error) =>
        deps.log.warn({ error, ...notification }, 'a notification waits for its next delivery'),
      ),
    ),
  )
  return due.length
}

async function resolve(deps: JobsDeps, { id, kind, orderId, delivered }: DueNotification): Promise<void> {
  const { sql, log } = deps
  try {
    const outcome =
      kind === 'refund'
        ? await resolveRefund({ sql, ...deps.payments }, id)
        : await deliver(deliveryDeps(deps), orderId, id)
    log.info({ notification: id, orderId, outcome }, 'a notification was resolved by the jobs')
  } catch (error) {
    if (delivered >= patience)
      await raiseAttention(sql, { reason: 'notification_unresolved', subject: id, orderId })
    throw error
  }
}
