import { pipelined } from '../../db/pipelined.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { AttemptNumber, NotificationId, OrderId, RefundNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { OrderStatus } from '../../domain/order.ts'
import { raiseAttention } from '../operations/attention.ts'
import { settle } from '../orders/settle.ts'
import { moveOrder } from '../orders/status.ts'
import { type Accounts, isForeignTrade } from './accounts.ts'
import { captureForRefund, markPaid } from './attempts/states.ts'
import { insertLateRefund } from './refunds/states.ts'

/**
 * What a notification of money comes to. Written once; asking again answers the same. `foreign`: another
 * system's of the same merchant.
 */
export type Outcome = 'paid' | 'duplicate' | 'attention' | 'foreign' | `refund ${RefundNumber}`

type Case = {
  outcome: Outcome | null
  provider: string
  transaction: string
  /** The trade number that the provider names. */
  trade: string
  amount: bigint
  currency: string
  merchant: string
  app: string
  attempt: AttemptNumber | null
  attemptAmount: bigint
  attemptCurrency: string
  ownTransaction: string | null
  orderId: OrderId | null
  status: OrderStatus
  /**
   * The refund of this very transaction as money that is not wanted, if there is one; not those of a paid
   * order.
   */
  refund: RefundNumber | null
}

/**
 * Decides what one stored notification of a payment means, from rows, under the order's row lock: the order
 * is paid and settled in this transaction, or the money is a duplicate report, goes back by a refund, or
 * needs a human.
 * @throws when this process does not know the provider's account: another one can resolve it, and nothing is
 * released meanwhile
 */
export function resolvePayment(sql: Sql, accounts: Accounts, notification: NotificationId): Promise<Outcome> {
  return sql.begin(async (tx) => {
    const [, [found]] = await pipelined(tx, [lockItsOrder(tx, notification), caseOf(tx, notification)])
    if (!found) throw new Error(`notification ${notification} of a payment is not stored`)
    if (found.outcome !== null) return found.outcome
    const outcome = await decide(tx, accounts, found)
    await tx`
      UPDATE notifications
      SET outcome = ${outcome},
          resolved_at = now()
      WHERE id = ${notification}`
    return outcome
  })
}

const lockItsOrder = (tx: Tx, notification: NotificationId) => tx`
  SELECT 1
  FROM orders
  WHERE id = (
    SELECT a.order_id
    FROM notifications n
    JOIN attempts a ON a.number = n.attempt
    WHERE n.id = ${notification})
  FOR UPDATE`

const caseOf = (tx: Tx, notification: NotificationId) => tx<Case[]>`
  SELECT n.outcome,
         n.provider,
         n.number AS transaction,
         n.trade,
         n.amount_fen AS amount,
         n.currency,
         n.merchant,
         n.app,
         a.number::text AS attempt,
         a.amount_fen AS "attemptAmount",
         a.currency AS "attemptCurrency",
         a.transaction AS "ownTransaction",
         o.id::text AS "orderId",
         o.status,
         (SELECT r.number
          FROM refunds r
          WHERE r.attempt = n.attempt
            AND r.transaction = n.number
            AND r.cause IN ('late', 'duplicate', 'wrong_amount')) AS refund
  FROM notifications n
  LEFT JOIN attempts a ON a.number = n.attempt
  LEFT JOIN orders o ON o.id = a.order_id
  WHERE n.id = ${notification}
    AND n.kind = 'payment'`

async function decide(tx: Tx, accounts: Accounts, found: Case): Promise<Outcome> {
  const { attempt, orderId, provider } = found
  const account = accounts[provider]
  if (attempt === null || orderId === null)
    return isForeignTrade(account, found.trade) ? 'foreign' : askHuman(tx, found, 'unknown_trade')
  if (!account) throw new Error(`the account of ${provider} is not configured here`)
  if (found.merchant !== account.merchant || found.app !== account.app)
    return askHuman(tx, found, 'foreign_notification')
  if (found.refund) return `refund ${found.refund}`
  if (found.ownTransaction === found.transaction) return 'duplicate'

  const right = found.amount === found.attemptAmount && found.currency === found.attemptCurrency
  const payable =
    found.ownTransaction === null && (found.status === 'awaiting_payment' || found.status === 'closing')
  if (right && payable) {
    await pay(tx, { orderId, attempt, found })
    return 'paid'
  }
  const cause = !right ? 'wrong_amount' : found.status === 'closed' ? 'late' : 'duplicate'
  return `refund ${await sendBack(tx, { orderId, attempt, found, cause })}`
}

/** A payment of an order of ours, by one of its attempts. */
type OwnPayment = { orderId: OrderId; attempt: AttemptNumber; found: Case }

async function pay(tx: Tx, { orderId: order, attempt, found }: OwnPayment): Promise<void> {
  const { transaction, amount, provider } = found
  const [moved] = await pipelined(tx, [
    moveOrder(tx, {
      order,
      next: 'to_ship',
      why: `paid by ${provider}`,
      also: tx`, pay_state = 'paid', paid_at = now(), closed_why = NULL`,
    }),
    markPaid(tx, attempt, { transaction, amount: fen(amount) }),
    settle(tx, order, 'paid'),
  ])
  if (!moved) throw new Error(`order ${order} was payable under its lock and could not be moved`)
}

type Unwanted = OwnPayment & { cause: 'late' | 'duplicate' | 'wrong_amount' }

/** Records the capture and reserves all of it for its way back; the jobs start the refund's workflow. */
async function sendBack(tx: Tx, { orderId, attempt, found, cause }: Unwanted): Promise<RefundNumber> {
  const { provider, transaction } = found
  const amount = fen(found.amount)
  // The one place that makes a late refund's number.
  const number = `late-${provider}-${transaction}` as RefundNumber
  await captureForRefund(tx, attempt, { transaction, amount })
  await insertLateRefund(tx, { number, attempt, order: orderId, cause, transaction, amount })
  return number
}

async function askHuman(
  tx: Tx,
  found: Case,
  reason: 'unknown_trade' | 'foreign_notification',
): Promise<Outcome> {
  const { provider, transaction, amount, currency, merchant, app } = found
  const details = { provider, transaction, amount: amount.toString(), currency, merchant, app }
  await raiseAttention(tx, { reason, subject: `${provider} ${transaction}`, orderId: found.orderId, details })
  return 'attention'
}
