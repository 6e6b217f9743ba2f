import type { AttemptNumber, OrderId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import type { PaymentProvider } from '../../providers/provider.ts'
import { deliver } from '../../runtime/deliver.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { creationOf, endAttempt } from '../../services/payments/attempts.ts'
import { storePayment } from '../../services/payments/notifications.ts'
import { batch, deliveryDeps, type JobsDeps } from './deps.ts'

type Due = { number: AttemptNumber; orderId: OrderId; callingUntil: Date; status: OrderStatus }

/**
 * Asks a provider about open attempts that are due: 15 s after opening, then 30 s, 1 min, 2 min, … A paid one is stored like a callback, so
 * a lost callback costs seconds. An attempt that outlived its order's wait is closed at the provider. What is too much for the provider in this
 * second waits for the next.
 */
export async function watch(deps: JobsDeps, provider: PaymentProvider): Promise<number> {
  const { sql } = deps
  const due = await sql<Due[]>`
    WITH due AS (
      SELECT number FROM attempts WHERE next_ask_at <= now() AND state IN ('opening', 'open') AND provider = ${provider.name}
      ORDER BY next_ask_at LIMIT ${batch} FOR UPDATE SKIP LOCKED),
    taken AS (
      UPDATE attempts a SET asked = a.asked + 1, next_ask_at = now() + least(interval '15 seconds' * power(2, least(a.asked, 6)), interval '10 minutes')
      FROM due WHERE a.number = due.number RETURNING a.number, a.order_id, a.calling_until)
    SELECT t.number::text AS number, t.order_id::text AS "orderId", t.calling_until AS "callingUntil", o.status
    FROM taken t JOIN orders o ON o.id = t.order_id`
  const asked = await Promise.all(
    due.map(async (attempt) => {
      if (!(await deps.providerRateLimit(provider.name))) return false
      await askAbout(deps, provider, attempt).catch((error) =>
        deps.log.error({ error, ...attempt }, 'providerRateLimit about an attempt failed'),
      )
      return true
    }),
  )
  const later = due.filter((_, i) => !asked[i]).map(({ number }) => number)
  if (later.length > 0)
    await sql`
      UPDATE attempts SET asked = asked - 1, next_ask_at = now() + interval '1 second'
      WHERE number = ANY(${later}::bigint[]) AND next_ask_at IS NOT NULL`
  return due.length - later.length
}

async function askAbout(deps: JobsDeps, provider: PaymentProvider, attempt: Due): Promise<void> {
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
  const missing = await sql<{ provider: string; attempts: number }[]>`
    SELECT provider, count(*)::int AS attempts FROM attempts
    WHERE next_ask_at < now() - interval '1 minute' AND state IN ('opening', 'open') AND NOT provider = ANY(${Object.keys(payments.providers)}::text[]) GROUP BY 1`
  for (const { provider, attempts } of missing)
    await raiseAttention(sql, {
      reason: 'provider_missing',
      subject: provider,
      details: { attempts: String(attempts) },
    })
  await sql`
    UPDATE attention SET cleared_at = now() WHERE reason = 'provider_missing' AND cleared_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.provider = subject AND a.next_ask_at < now() - interval '1 minute' AND a.state IN ('opening', 'open'))`
  return missing.length
}
