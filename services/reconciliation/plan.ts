import type { Sql } from '../../db/types.ts'
import type { PaymentProvider, Statements } from '../../providers/provider.ts'
import { shanghaiDay } from './day.ts'
import type { StatementOf } from './fetch.ts'

/**
 * How many days back a statement that was missed is still looked for: providers keep them for three months.
 */
const days = 14

/**
 * Every provider's statements up to yesterday's that have not been matched, from the day on which it was
 * first used.
 */
export async function statementsToReconcile(
  sql: Sql,
  providers: Readonly<Record<string, PaymentProvider>>,
  now: number,
): Promise<StatementOf[]> {
  const having = Object.values(providers).flatMap(({ name, statements }) => (statements ? [name] : []))
  const today = shanghaiDay(now)
  return sql<StatementOf[]>`
    SELECT p.provider, to_char(day, 'YYYY-MM-DD') AS date
    FROM unnest(${having}::text[]) AS p (provider)
    CROSS JOIN LATERAL (
      SELECT opened_at AS at
      FROM attempts
      WHERE provider = p.provider
      ORDER BY opened_at
      LIMIT 1
    ) first
    CROSS JOIN LATERAL generate_series(
      greatest(${today}::date - ${days}::int, (first.at AT TIME ZONE 'Asia/Shanghai')::date),
      ${today}::date - 1,
      interval '1 day'
    ) AS day
    WHERE NOT EXISTS (
      SELECT 1
      FROM statements s
      WHERE s.provider = p.provider
        AND s.kind = 'trade'
        AND s.date = to_char(day, 'YYYY-MM-DD')
        AND s.matched_at IS NOT NULL
    )
    ORDER BY date, provider`
}

/**
 * The statements of a provider. Throws when it is not configured here, or has none: another process may have
 * it.
 */
export function statementsOf(
  providers: Readonly<Record<string, PaymentProvider>>,
  { provider }: StatementOf,
): Statements {
  const statements = providers[provider]?.statements
  if (!statements) throw new Error(`${provider} is not configured here, or has no statements`)
  return statements
}
