import type { AttemptNumber } from '../../../domain/ids.ts'
import { refuse } from '../../../domain/refusals.ts'
import { callsUsedUp } from '../../../providers/provider.ts'
import { storePayment } from '../notifications.ts'
import type { Attempt, AttemptDeps, PaymentRequest } from './attempt.ts'
import { markFailed, markOpen } from './states.ts'

/**
 * Has the provider create the trade, outside any transaction, and stores what the buyer pays with. Everything
 * that is sent comes from the attempt's row, so a repetition sends identical parameters.
 * @throws {Refused} already_paid, attempt_unsettled, order_closing, payment_refused
 */
export async function createAtProvider(
  deps: AttemptDeps,
  { order, provider, product }: PaymentRequest,
  attempt: Attempt,
): Promise<Attempt> {
  const { number, amount, description, expiresAt, payer } = attempt
  const opened = await provider.open({
    attempt: number,
    product,
    amount,
    currency: 'CNY',
    description,
    attach: `order:${order}`,
    payer: payer ?? {},
    expiresAt,
  })
  switch (opened.is) {
    case 'open': {
      const { answer, goodForMs } = opened
      const answerUntil = goodForMs === undefined ? null : new Date(Date.now() + goodForMs)
      const stored = await markOpen(deps.sql, number, { answer, answerUntil })
      if (stored) return { ...attempt, state: 'open', answer, answerUntil }
      return refuse((await isPaid(deps, number)) ? 'already_paid' : 'order_closing', {})
    }
    case 'refused':
      await markFailed(deps.sql, number)
      return refuse('payment_refused', { provider: provider.name, code: opened.code })
    case 'paid':
      await findPayment(deps, { order, provider }, attempt)
      return refuse('already_paid', {})
    case 'unknown':
      return refuse('attempt_unsettled', { retryAfterS: opened.code === callsUsedUp ? 1 : 2 })
  }
}

/** Whether the attempt has ended by its money, which may arrive before the answer to its creation. */
async function isPaid({ sql }: AttemptDeps, number: AttemptNumber): Promise<boolean> {
  const paid = await sql`SELECT 1 FROM attempts WHERE number = ${number} AND state = 'paid'`
  return paid.count === 1
}

/** The number is paid, says the provider: asks for the facts, and has them resolved. */
async function findPayment(
  { sql, ids, deliver }: AttemptDeps,
  { order, provider }: Pick<PaymentRequest, 'order' | 'provider'>,
  { number }: Attempt,
): Promise<void> {
  const trade = await provider.query(number, 'in_flight')
  if (trade.is !== 'paid') return
  const stored = await storePayment({ sql, ids }, trade.facts, 'watch')
  deliver(order, stored.id)
}
