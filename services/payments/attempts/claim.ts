import { pipelined } from '../../../db/pipelined.ts'
import type { Tx } from '../../../db/types.ts'
import type { AttemptNumber, OrderId } from '../../../domain/ids.ts'
import { type Fen, fen } from '../../../domain/money.ts'
import type { OrderStatus, PayState } from '../../../domain/order.ts'
import { OrderUnknown } from '../../../domain/order-unknown.ts'
import { refuse } from '../../../domain/refusals.ts'
import { payFromWallet } from '../balance.ts'
import { type Attempt, type AttemptDeps, openAttemptOf, type PaymentRequest } from './attempt.ts'
import { insertAttempt, markCalling } from './states.ts'

/** Beyond a call's time-out, how long a creation may still arrive at the provider. */
const settleMs = 5000
/** An answer that is over sooner than this is fetched anew: a buyer needs some time to pay. */
const answerMarginMs = 10_000

/** The attempt, and whether its creation has to be sent, again or for the first time. */
export type Claimed = { attempt: Attempt; create: boolean }

/**
 * Under the order's row lock: the open attempt, whichever channel it is of, or a new one. Where an attempt of
 * this channel has no answer that can still be used, its creation counts as in flight from this commit on.
 * From the wallet, it is paid.
 * @throws {Refused} already_paid, order_closing, order_closed, not_payable, too_many_attempts,
 * balance_insufficient
 */
export async function claimAttempt(deps: AttemptDeps, request: PaymentRequest): Promise<Claimed> {
  const { sql, ids, deliver } = deps
  const { order, provider, channel } = request
  const callingUntil = new Date(Date.now() + provider.timeoutMs + settleMs)
  const { claimed, stored } = await sql.begin(async (tx) => {
    const [due, open, made] = await pipelined(tx, [
      payableOrder(tx, request),
      openAttemptOf(tx, order),
      attemptsOf(tx, order),
    ])
    if (open && (open.channel !== channel || isUsable(open)))
      return { claimed: { attempt: open, create: false } }
    if (open && provider.name !== 'balance') {
      await markCalling(tx, open.number, callingUntil)
      return { claimed: { attempt: { ...open, callingUntil }, create: true } }
    }
    if (open) return refuse('already_paid', {})
    if (made >= deps.mostAttempts) return refuse('too_many_attempts', { limit: deps.mostAttempts })
    const attempt = newAttempt(deps, request, { ...due, callingUntil })
    await insertAttempt(tx, order, attempt)
    if (provider.name !== 'balance') return { claimed: { attempt, create: true } }
    const paid = await payFromWallet(tx, ids, { order, number: attempt.number, amount: attempt.amount })
    return { claimed: { attempt, create: false }, stored: paid }
  })
  if (stored) deliver(order, stored.id)
  return claimed
}

const isUsable = ({ answer, answerUntil }: Attempt): boolean =>
  answer !== null && (answerUntil === null || answerUntil.getTime() > Date.now() + answerMarginMs)

/** All that a repeated creation needs to send identical parameters. */
function newAttempt(
  { ids }: AttemptDeps,
  { order, provider, channel, payer }: PaymentRequest,
  { amount, payBy, callingUntil }: Payable & { callingUntil: Date },
): Attempt {
  const isWallet = provider.name === 'balance'
  // A provider that takes no trade so short gets a longer one: at the order's deadline it is closed there in
  // any case.
  const shortest = Date.now() + (provider.shortestExpiryMs ?? 0) + (provider.shortestExpiryMs ? settleMs : 0)
  return {
    number: ids.next() as AttemptNumber, // A fresh snowflake is what an attempt's number is.
    provider: provider.name,
    channel,
    state: isWallet ? 'open' : 'opening',
    amount,
    description: `Order ${order}`,
    expiresAt: new Date(Math.max(payBy.getTime(), shortest)),
    callingUntil: isWallet ? new Date() : callingUntil,
    answer: null,
    answerUntil: null,
    payer,
  }
}

type Payable = { amount: Fen; payBy: Date }
type Row = { buyer: string; status: OrderStatus; payState: PayState; due: bigint; payBy: Date | null }

/** Locks the order's row and says what is due, or refuses. */
async function payableOrder(tx: Tx, { order, buyer }: PaymentRequest): Promise<Payable> {
  const [row] = await tx<Row[]>`
    SELECT buyer_id::text AS buyer,
           status,
           pay_state AS "payState",
           due_fen AS due,
           pay_by AS "payBy"
    FROM orders
    WHERE id = ${order}
    FOR UPDATE`
  if (!row || row.buyer !== buyer) throw new OrderUnknown(order)
  const { status, payState, payBy, due } = row
  if (status === 'closing') return refuse('order_closing', {})
  if (status === 'closed') return refuse('order_closed', {})
  if (payState === 'on_delivery') return refuse('not_payable', { status })
  if (payState !== 'unpaid') return refuse('already_paid', {})
  if (status !== 'awaiting_payment' || payBy === null) return refuse('not_payable', { status })
  if (payBy.getTime() <= Date.now()) return refuse('order_closing', {})
  return { amount: fen(due), payBy }
}

async function attemptsOf(tx: Tx, order: OrderId): Promise<number> {
  const [row] = await tx<{ made: number }[]>`
    SELECT count(*)::int AS made
    FROM attempts
    WHERE order_id = ${order}`
  return row?.made ?? 0
}
