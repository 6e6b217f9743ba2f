import type { PaymentProvider } from '../../providers/provider.ts'
import { deliver } from '../../runtime/deliver.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { clearProvidersMissing } from '../../services/operations/clear-attention.ts'
import { creationOf, endAttempt } from '../../services/payments/attempts.ts'
import {
  type DueAttempt,
  postponeAttempts,
  takeDueAttempts,
  unwatchedAttempts,
} from '../../services/payments/due.ts'
import { storePayment } from '../../services/payments/notifications.ts'
import { batch, deliveryDeps, type JobsDeps } from './deps.ts'

/**
 * Asks a provider about open attempts that are due. A paid one is stored like a callback, so a lost callback costs seconds. An attempt that
 * outlived its order's wait is closed at the provider. What is too much for the provider in this second waits for the next.
 */
export async function watch(deps: JobsDeps, provider: PaymentProvider): Promise<number> {
  const due = await takeDueAttempts(deps.sql, provider.name, batch)
  const asked = await Promise.all(
    due.map(async (attempt) => {
      if (!(await deps.providerRateLimit(provider.name))) return false
      await askAbout(deps, provider, attempt).catch((error) =>
        deps.log.error({ error, ...attempt }, 'asking about an attempt failed'),
      )
      return true
    }),
  )
  const later = due.filter((_, i) => !asked[i]).map(({ number }) => number)
  await postponeAttempts(deps.sql, later)
  return due.length - later.length
}

async function askAbout(deps: JobsDeps, provider: PaymentProvider, attempt: DueAttempt): Promise<void> {
  const { sql } = deps
  const waiting = attempt.status === 'awaiting_payment' || attempt.status === 'closing'
  const creation = creationOf(attempt)
  const trade = waiting
    ? await provider.query(attempt.number, creation)
    : await provider.close(attempt.number, creation)
  if (trade.is === 'closed') await endAttempt(sql, attempt.number)
  if (trade.is !== 'paid') return
  const stored = await storePayment(sql, deps.ids, trade.facts, 'watch')
  if (stored.outcome === null) await deliver(deliveryDeps(deps), attempt.orderId, stored.id)
}

/** Asks a human about open attempts at providers that are not configured here any more: nobody can say what became of them. Answers how many. */
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
