import type { RefundNumber } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import { NeverRetry, RetryLater } from '../../../domain/retry.ts'
import type { PaymentProvider, RefundState as Said } from '../../../providers/provider.ts'
import { endRefund, lateSuccess, supersede } from './end.ts'
import { takeTurn } from './pace.ts'
import { type Refund, type RefundDeps, type RefundEnd, refundOf } from './refund.ts'
import { markProcessing } from './states.ts'

/**
 * Has the provider send the money back, and asks until its final word. The number makes repeating safe: the
 * provider knows one refund by it. A refund that has ended is only asked about: one that failed may have been
 * repaired there, and one that was replaced or paid by hand may have succeeded after all, which a human has
 * to know.
 * @throws {RetryLater} without a final word: Temporal comes again
 * @throws {NeverRetry} refund_unknown
 */
export async function refundAtProvider(deps: RefundDeps, number: RefundNumber): Promise<RefundEnd> {
  const refund = await refundOf(deps.sql, number)
  if (!refund) throw new NeverRetry('refund_unknown', `refund ${number} is not stored`)
  if (refund.state === 'success' && refund.paidTo === 'source') return 'success'
  const provider = deps.providers[refund.provider]
  if (!provider) throw new RetryLater(`the provider ${refund.provider} is not configured`)
  const known = await provider.queryRefund(number, refund)
  if (refund.state !== 'asked') return afterItsEnd(deps, refund, known)
  if (known.is !== 'missing') return concluded(deps, refund, known)
  const former = await formerThatSucceeded(deps, provider, refund)
  if (former && (await supersede(deps.sql, { refund: number, former }))) return 'replaced'
  const turn = await takeTurn(deps.sql, refund, provider.refundRules)
  if (turn.is === 'ended') throw new RetryLater(`refund ${number} has just ended otherwise`)
  if (turn.is === 'later')
    throw new RetryLater(`refund ${number} waits for its turn at ${refund.provider}`, turn.afterS)
  if (turn.is === 'never') return endRefund(deps, refund, { end: 'abnormal', code: turn.code })
  return concluded(deps, refund, await send(provider, refund))
}

const send = (provider: PaymentProvider, { number, attempt, transaction, amount, captured }: Refund) =>
  provider.refund({
    refund: number,
    attempt,
    transaction,
    amount: fen(amount),
    captured: fen(captured),
    currency: 'CNY',
  })

/** Writes down the provider's final word. Throws while there is none. */
async function concluded(deps: RefundDeps, refund: Refund, said: Said): Promise<RefundEnd> {
  if (said.is === 'success' || said.is === 'closed' || said.is === 'abnormal')
    return endRefund(deps, refund, { end: said.is, code: said.code })
  if (said.is === 'processing') await markProcessing(deps.sql, refund.number)
  throw new RetryLater(`refund ${refund.number} at ${refund.provider}: ${said.code}`, said.retryAfterS)
}

async function afterItsEnd(deps: RefundDeps, refund: Refund, known: Said): Promise<RefundEnd> {
  const state = refund.state as RefundEnd // It is not `asked`.
  if (known.is !== 'success') return state
  if (state === 'closed' || state === 'abnormal')
    return endRefund(deps, refund, { end: 'success', code: known.code })
  const { replacedBy } = refund
  if (replacedBy && (await supersede(deps.sql, { refund: replacedBy, former: refund }))) return 'success'
  return lateSuccess(deps.sql, refund)
}

/**
 * Before a reissued refund is sent, the ones that it stands for are asked about: one that has succeeded
 * meanwhile must not be paid twice. Throws while the provider cannot say.
 */
async function formerThatSucceeded(
  { sql }: RefundDeps,
  provider: PaymentProvider,
  refund: Refund,
): Promise<Refund | undefined> {
  for (let number = refund.reissueOf; number !== null; ) {
    const former = await refundOf(sql, number)
    if (!former) return undefined
    const known = await provider.queryRefund(number, former)
    if (known.is === 'success') return former
    if (known.is === 'unknown' || known.is === 'processing')
      throw new RetryLater(`refund ${number}, issued anew as ${refund.number}: ${known.code}`)
    number = former.reissueOf
  }
  return undefined
}
