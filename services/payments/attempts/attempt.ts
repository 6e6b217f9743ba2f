import type { Sql, Tx } from '../../../db/types.ts'
import type { AttemptNumber, Ids, NotificationId, OrderId } from '../../../domain/ids.ts'
import type { Fen } from '../../../domain/money.ts'
import type { OpenAnswer } from '../../../domain/payment.ts'
import type { Payer, PaymentProvider } from '../../../providers/provider.ts'

/** One try to pay one order at one provider. `opening → open → paid | closed | failed`. */
export type Attempt = {
  number: AttemptNumber
  provider: string
  channel: string
  state: 'opening' | 'open' | 'paid' | 'closed' | 'failed'
  amount: Fen
  description: string
  /** When the provider stops taking money by itself. */
  expiresAt: Date
  /** A creation may be on its way until then. */
  callingUntil: Date
  answer: OpenAnswer | null
  /** When the answer is over by its provider's rules; null: as long as the attempt. */
  answerUntil: Date | null
  payer: Payer | null
}

export type Providers = Readonly<Record<string, PaymentProvider>>

export type AttemptDeps = {
  sql: Sql
  ids: Ids
  providers: Providers
  /** So many attempts an order may have, whatever became of them. */
  mostAttempts: number
  /** Has a stored notification resolved. Not waited for: the jobs deliver it until it is resolved. */
  deliver: (order: OrderId, notification: NotificationId) => void
}

/**
 * How a buyer wants to pay: the channel's provider, its product there, and what it has to know of the buyer.
 */
export type PaymentRequest = {
  order: OrderId
  buyer: string
  provider: PaymentProvider
  channel: string
  product: PaymentProduct
  payer: Payer
}
type PaymentProduct = PaymentProvider['channels'][string]

/** The order's open attempt, of which there is at most one. */
export async function openAttemptOf(sql: Sql | Tx, order: OrderId): Promise<Attempt | undefined> {
  const [open] = await sql<Attempt[]>`
    SELECT number::text AS number,
           provider,
           channel,
           state,
           amount_fen AS amount,
           description,
           expires_at AS "expiresAt",
           calling_until AS "callingUntil",
           answer,
           answer_until AS "answerUntil",
           payer
    FROM attempts
    WHERE order_id = ${order}
      AND state IN ('opening', 'open')`
  return open
}

/** Whether a creation may still be on its way to the provider, so that "no such trade" means nothing yet. */
export const creationOf = ({ callingUntil }: Pick<Attempt, 'callingUntil'>): 'in_flight' | 'settled' =>
  callingUntil.getTime() > Date.now() ? 'in_flight' : 'settled'
