import type { OrderId, UserId } from '../../../domain/ids.ts'
import { refuse } from '../../../domain/refusals.ts'
import type { Payer } from '../../../providers/provider.ts'
import type { Attempt, AttemptDeps, PaymentRequest } from './attempt.ts'
import { claimAttempt } from './claim.ts'
import { closeAtProvider } from './close.ts'
import { createAtProvider } from './create.ts'

/**
 * Opens an attempt to pay the order by `channel`, or gives the open one again with its answer, fetched anew
 * when its lifetime is over. Another channel's open attempt is first closed at its provider, so that no two
 * can be paid. A creation whose answer was lost is repeated under its number with identical parameters.
 * @throws {Refused} already_paid, attempt_unsettled, order_closing, order_closed, not_payable,
 * payment_refused, too_many_attempts, balance_insufficient
 * @throws {OrderUnknown} when there is none, or it is another buyer's
 */
export async function openAttempt(
  deps: AttemptDeps,
  wanted: { order: OrderId; buyer: UserId; channel: string; payer?: Payer },
): Promise<Attempt> {
  const request = requestOf(deps, wanted)
  const { attempt, create } = await claimAttempt(deps, request)
  if (attempt.channel === request.channel) return create ? createAtProvider(deps, request, attempt) : attempt
  await closeOther(deps, request.order, attempt)
  const second = await claimAttempt(deps, request)
  // Somebody else has opened yet another one in between.
  if (second.attempt.channel !== request.channel) return refuse('attempt_unsettled', { retryAfterS: 2 })
  return second.create ? createAtProvider(deps, request, second.attempt) : second.attempt
}

function requestOf(
  { providers }: AttemptDeps,
  { order, buyer, channel, payer = {} }: Parameters<typeof openAttempt>[1],
): PaymentRequest {
  const provider = Object.values(providers).find(({ channels }) => Object.hasOwn(channels, channel))
  const product = provider?.channels[channel]
  if (!provider || !product) return refuse('payment_refused', { provider: channel, code: 'CHANNEL_UNKNOWN' })
  return { order, buyer, provider, channel, product, payer }
}

/**
 * Closes the open attempt of another channel. Refuses while its provider does not know, and when it has been
 * paid.
 */
async function closeOther(deps: AttemptDeps, order: OrderId, attempt: Attempt): Promise<void> {
  const { providers, deliver } = deps
  const provider = providers[attempt.provider]
  if (!provider) return refuse('attempt_unsettled', { retryAfterS: 60 })
  const closed = await closeAtProvider(deps, { provider, attempt, found: 'closing' })
  if (closed.is === 'closed') return
  if (closed.is === 'unknown') return refuse('attempt_unsettled', { retryAfterS: closed.retryAfterS ?? 5 })
  deliver(order, closed.stored.id)
  return refuse('already_paid', {})
}
