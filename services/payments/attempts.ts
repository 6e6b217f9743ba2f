import { pipelined } from '../../db/pipelined.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { AttemptNumber, Ids, NotificationId, OrderId, UserId } from '../../domain/ids.ts'
import { type Fen, fen } from '../../domain/money.ts'
import type { OrderStatus, PayState } from '../../domain/order.ts'
import { OrderUnknown } from '../../domain/order-unknown.ts'
import type { OpenAnswer } from '../../domain/payment.ts'
import { refuse } from '../../domain/refusals.ts'
import type { Payer, PaymentProduct, PaymentProvider } from '../../providers/provider.ts'
import { payFromWallet } from './balance.ts'
import { storePayment } from './notifications.ts'

export type Attempt = {
  number: AttemptNumber
  provider: string
  channel: string
  state: 'opening' | 'open' | 'paid' | 'closed' | 'failed'
  amount: Fen
  description: string
  expiresAt: Date
  callingUntil: Date
  answer: OpenAnswer | null
  payer: Payer | null
}

/** How somebody wants to pay. */
type Wish = { provider: PaymentProvider; channel: string; way: PaymentProduct; payer: Payer }

type Providers = Readonly<Record<string, PaymentProvider>>
export type AttemptDeps = {
  sql: Sql
  ids: Ids
  providers: Providers
  /** Has a stored notification resolved; not waited for, as the jobs sees to it until it is. */
  deliver: (order: OrderId, notification: NotificationId) => void
}

/** Beyond a call's time-out, how long a creation may still arrive at the provider. */
const settleMs = 5000

/**
 * Opens an attempt to pay the order by `channel`, or gives the open one again with its answer. Another channel's open attempt is first closed
 * at its provider. Refuses: `already_paid`, `attempt_unsettled`, `order_closing`, `order_closed`, `not_payable`, `payment_refused`,
 * `balance_insufficient`. A creation whose answer was lost is repeated under its number with identical parameters.
 */
export async function openAttempt(
  deps: AttemptDeps,
  order: OrderId,
  buyer: UserId,
  channel: string,
  payer: Payer = {},
): Promise<Attempt> {
  const provider = Object.values(deps.providers).find(({ channels }) => Object.hasOwn(channels, channel))
  const way = provider?.channels[channel]
  if (!provider || !way) return refuse('payment_refused', { provider: channel, code: 'CHANNEL_UNKNOWN' })
  const wish = { provider, channel, way, payer }
  const claimed = await claim(deps, order, buyer, wish)
  if (claimed.channel === channel) return resumeAttempt(deps, order, wish, claimed)
  await closeOther(deps, order, claimed)
  const second = await claim(deps, order, buyer, wish)
  return second.channel === channel
    ? resumeAttempt(deps, order, wish, second)
    : refuse('attempt_unsettled', { retryAfterS: 2 })
}

/**
 * Under the order's lock: the open attempt, whichever channel it is of, or a new one. Of this channel, a creation is in flight from now on,
 * or, from the wallet, it is paid.
 */
async function claim(
  { sql, ids, deliver }: AttemptDeps,
  order: OrderId,
  buyer: UserId,
  wish: Wish,
): Promise<Attempt> {
  const { provider } = wish
  const { attempt, stored } = await sql.begin(async (tx) => {
    const callingUntil = new Date(Date.now() + provider.timeoutMs + settleMs)
    const [due, open] = await pipelined(tx, [payableOrder(tx, order, buyer), openOf(tx, order)])
    if (open && (open.answer || open.channel !== wish.channel)) return { attempt: open }
    if (provider.name === 'balance') {
      if (open) return refuse('already_paid', {})
      const attempt = await insertAttempt(tx, ids, order, wish, 'open', due, new Date())
      return { attempt, stored: await payFromWallet(tx, ids, order, attempt.number, attempt.amount) }
    }
    if (!open) return { attempt: await insertAttempt(tx, ids, order, wish, 'opening', due, callingUntil) }
    await tx`UPDATE attempts SET calling_until = ${callingUntil} WHERE number = ${open.number}`
    return { attempt: { ...open, callingUntil } }
  })
  if (stored) deliver(order, stored.id)
  return attempt
}

async function resumeAttempt(
  deps: AttemptDeps,
  order: OrderId,
  wish: Wish,
  attempt: Attempt,
): Promise<Attempt> {
  return attempt.answer || attempt.state === 'open' ? attempt : create(deps, order, wish, attempt)
}

async function insertAttempt(
  tx: Tx,
  ids: Ids,
  order: OrderId,
  { provider: { name: provider }, channel, payer }: Wish,
  state: 'opening' | 'open',
  due: Payable,
  callingUntil: Date,
): Promise<Attempt> {
  const number = ids.next() as AttemptNumber // A fresh snowflake is what an attempt's number is.
  const description = `Order ${order}`
  await tx`
    INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description, expires_at, calling_until, payer, next_ask_at)
    VALUES (${number}, ${order}, ${provider}, ${channel}, ${state}, ${due.amount}, 'CNY', ${description}, ${due.payBy}, ${callingUntil},
            ${JSON.stringify(payer)}::jsonb, now() + interval '15 seconds')`
  return {
    number,
    provider,
    channel,
    state,
    amount: due.amount,
    description,
    expiresAt: due.payBy,
    callingUntil,
    answer: null,
    payer,
  }
}

/** Calls the provider, outside any transaction, and stores what it answered. */
async function create(
  deps: AttemptDeps,
  order: OrderId,
  { provider, way }: Wish,
  attempt: Attempt,
): Promise<Attempt> {
  const { sql } = deps
  const { number, amount, description, expiresAt } = attempt
  const payer = attempt.payer ?? {}
  const opened = await provider.open({
    attempt: number,
    way,
    amount,
    currency: 'CNY',
    description,
    attach: `order:${order}`,
    payer,
    expiresAt,
  })
  if (opened.is === 'open') {
    const stored = await sql`
      UPDATE attempts SET state = 'open', answer = ${JSON.stringify(opened.answer)}::jsonb, calling_until = now()
      WHERE number = ${number} AND state IN ('opening', 'open')`
    if (stored.count === 0) return refuse('order_closing', {})
    return { ...attempt, state: 'open', answer: opened.answer }
  }
  if (opened.is === 'refused') {
    await sql`UPDATE attempts SET state = 'failed', ended_at = now(), next_ask_at = NULL, payer = NULL WHERE number = ${number} AND state = 'opening'`
    return refuse('payment_refused', { provider: provider.name, code: opened.code })
  }
  if (opened.is === 'paid') {
    await ask(deps, order, provider, attempt)
    return refuse('already_paid', {})
  }
  return refuse('attempt_unsettled', { retryAfterS: 2 })
}

/** Closes the open attempt of another channel at its provider, so that no two can be paid. */
async function closeOther(deps: AttemptDeps, order: OrderId, attempt: Attempt): Promise<void> {
  const provider = deps.providers[attempt.provider]
  if (!provider) return refuse('attempt_unsettled', { retryAfterS: 60 })
  const trade = await provider.close(attempt.number, creationOf(attempt))
  if (trade.is === 'unknown') return refuse('attempt_unsettled', { retryAfterS: trade.retryAfterS ?? 5 })
  if (trade.is === 'closed') return endAttempt(deps.sql, attempt.number)
  const stored = await storePayment(deps.sql, deps.ids, trade.facts, 'closing')
  deps.deliver(order, stored.id)
  return refuse('already_paid', {})
}

async function ask(
  deps: AttemptDeps,
  order: OrderId,
  provider: PaymentProvider,
  attempt: Attempt,
): Promise<void> {
  const trade = await provider.query(attempt.number, 'in_flight')
  if (trade.is !== 'paid') return
  const stored = await storePayment(deps.sql, deps.ids, trade.facts, 'watch')
  deps.deliver(order, stored.id)
}

type Payable = { amount: Fen; payBy: Date }

/** Locks the order's row and says what is due, or refuses. */
async function payableOrder(tx: Tx, order: OrderId, buyer: UserId): Promise<Payable> {
  const [row] = await tx<
    { buyer: string; status: OrderStatus; payState: PayState; due: bigint; payBy: Date | null }[]
  >`
    SELECT buyer_id::text AS buyer, status, pay_state AS "payState", due_fen AS due, pay_by AS "payBy" FROM orders WHERE id = ${order} FOR UPDATE`
  if (!row || row.buyer !== buyer) throw new OrderUnknown(order)
  if (row.status === 'closing') return refuse('order_closing', {})
  if (row.status === 'closed') return refuse('order_closed', {})
  if (row.payState !== 'unpaid')
    return row.payState === 'on_delivery'
      ? refuse('not_payable', { status: row.status })
      : refuse('already_paid', {})
  if (row.status !== 'awaiting_payment' || row.payBy === null)
    return refuse('not_payable', { status: row.status })
  if (row.payBy.getTime() <= Date.now()) return refuse('order_closing', {})
  return { amount: fen(row.due), payBy: row.payBy }
}

/** The order's open attempt, of which there is at most one. */
export async function openOf(sql: Sql | Tx, order: OrderId): Promise<Attempt | undefined> {
  const [open] = await sql<Attempt[]>`
    SELECT number::text AS number, provider, channel, state, amount_fen AS amount, description, expires_at AS "expiresAt", calling_until AS "callingUntil",
      answer, payer
    FROM attempts WHERE order_id = ${order} AND state IN ('opening', 'open')`
  return open
}

/** Whether a creation may still be on its way to the provider, so that "no such trade" means nothing yet. */
export const creationOf = ({ callingUntil }: Pick<Attempt, 'callingUntil'>): 'in_flight' | 'settled' =>
  callingUntil.getTime() > Date.now() ? 'in_flight' : 'settled'

/** The provider has said that no money will come by this attempt. */
export async function endAttempt(sql: Sql | Tx, number: AttemptNumber): Promise<void> {
  await sql`UPDATE attempts SET state = 'closed', ended_at = now(), next_ask_at = NULL, payer = NULL WHERE number = ${number} AND state IN ('opening', 'open')`
}
