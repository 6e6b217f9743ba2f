import { callsUsedUp, type PaymentProvider, type Trade } from '../../providers/provider.ts'
import { deliver } from '../../runtime/deliver.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { clearProvidersMissing } from '../../services/operations/clear-attention.ts'
import { creationOf } from '../../services/payments/attempts/attempt.ts'
import { markClosed } from '../../services/payments/attempts/states.ts'
import {
  type DueAttempt,
  postponeAttempt,
  takeDueAttempts,
  unwatchedAttempts,
} from '../../services/payments/due.ts'
import { storePayment } from '../../services/payments/notifications.ts'
import { batch, deliveryDeps, type JobsDeps } from './deps.ts'

/**
 * Asks a provider about open attempts that are due. A paid one is stored like a callback, so that a lost
 * callback costs seconds. An attempt that has expired, or whose order waits no more, is closed there: a
 * provider's expiry is not a close, and nobody else may be left to do it. What is too much for the provider
 * in this second waits for the next. Answers how many were asked about.
 */
export async function watch(deps: JobsDeps, provider: PaymentProvider): Promise<number> {
  const due = await takeDueAttempts(deps.sql, provider.name, batch)
  const asked = await Promise.all(
    due.map((attempt) =>
      askAbout(deps, provider, attempt).catch((error) => {
        deps.log.error({ error, ...attempt }, 'asking about an attempt failed')
        return true
      }),
    ),
  )
  return asked.filter(Boolean).length
}

/** Says whether the provider was asked: this second's calls may be used up. */
async function askAbout(deps: JobsDeps, provider: PaymentProvider, attempt: DueAttempt): Promise<boolean> {
  const { sql, ids } = deps
  const { number, orderId } = attempt
  const trade = await tradeOf(provider, attempt)
  switch (trade.is) {
    case 'closed':
      await markClosed(sql, number)
      return true
    case 'paid': {
      const stored = await storePayment({ sql, ids }, trade.facts, 'watch')
      if (stored.outcome === null) await deliver(deliveryDeps(deps), orderId, stored.id)
      return true
    }
    case 'unknown':
      if (trade.state !== callsUsedUp) return true
      await postponeAttempt(sql, number, 1)
      return false
  }
}

function tradeOf(provider: PaymentProvider, attempt: DueAttempt): Promise<Trade> {
  const { number, status, expired } = attempt
  const waits = status === 'awaiting_payment' || status === 'closing'
  const creation = creationOf(attempt)
  return waits && !expired ? provider.query(number, creation) : provider.close(number, creation)
}

/**
 * Asks a human about open attempts at providers that are not configured here any more: nobody can say what
 * became of them. Answers how many.
 */
export async function findUnwatched({ sql, payments }: Pick<JobsDeps, 'sql' | 'payments'>): Promise<number> {
  const missing = await unwatchedAttempts(sql, Object.keys(payments.providers))
  for (const { provider, attempts } of missing)
    await raiseAttention(sql, {
      reason: 'provider_missing',
      subject: provider,
      details: { attempts: String(attempts) },
    })
  await clearProvidersMissing(sql)
  return missing.length
}
