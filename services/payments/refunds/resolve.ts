import type { NotificationId, OrderId, RefundNumber } from '../../../domain/ids.ts'
import { raiseAttention } from '../../operations/attention.ts'
import { type Accounts, isForeignTrade } from '../accounts.ts'
import type { RefundDeps, RefundEnd } from './refund.ts'
import { refundAtProvider } from './send.ts'

/** What a notification of a refund comes to. `foreign`: another system's of the same merchant. */
export type RefundOutcome = `refund ${RefundEnd}` | 'attention' | 'foreign'

type Notification = {
  outcome: RefundOutcome | null
  provider: string
  refund: RefundNumber
  trade: string
  amount: bigint
  state: string
  orderId: OrderId | null
  known: boolean
}

/**
 * Decides what a stored notification of a refund means. It is no more than a hint: the provider is asked, and
 * its answer ends the refund. One that we never asked for was made by hand at the provider: a human has to
 * know.
 * @throws {RetryLater} while the provider has no final word
 */
export async function resolveRefund(
  deps: RefundDeps & { accounts: Accounts },
  notification: NotificationId,
): Promise<RefundOutcome> {
  const { sql } = deps
  const [found] = await sql<Notification[]>`
    SELECT n.outcome,
           n.provider,
           n.number AS refund,
           n.trade,
           n.amount_fen AS amount,
           n.state,
           a.order_id::text AS "orderId",
           EXISTS (SELECT 1 FROM refunds r WHERE r.number = n.number) AS known
    FROM notifications n
    LEFT JOIN attempts a ON a.number = n.attempt
    WHERE n.id = ${notification}
      AND n.kind = 'refund'`
  if (!found) throw new Error(`notification ${notification} of a refund is not stored`)
  if (found.outcome !== null) return found.outcome
  const outcome = await outcomeOf(deps, found)
  await sql.begin(async (tx) => {
    const written = await tx`
      UPDATE notifications
      SET outcome = ${outcome},
          resolved_at = now()
      WHERE id = ${notification}
        AND outcome IS NULL`
    if (written.count === 0 || outcome !== 'attention') return
    const { provider, refund, trade, amount, state, orderId } = found
    const details = { provider, trade, amount: amount.toString(), state }
    await raiseAttention(tx, { reason: 'unknown_refund', subject: refund, orderId, details })
  })
  return outcome
}

async function outcomeOf(
  deps: RefundDeps & { accounts: Accounts },
  found: Notification,
): Promise<RefundOutcome> {
  if (found.known) return `refund ${await refundAtProvider(deps, found.refund)}`
  const isForeign = found.orderId === null && isForeignTrade(deps.accounts[found.provider], found.trade)
  return isForeign ? 'foreign' : 'attention'
}
