import { parseArgs } from 'node:util'
import { ConfigurationError } from '../domain/configuration.ts'
import { connect } from '../runtime/container.ts'
import { readEnv, reconcileVariables } from '../runtime/environment.ts'
import { configurePayments } from '../runtime/payments.ts'
import { leasedSnowflakes } from '../services/operations/snowflake-lease.ts'
import { isDay } from '../services/reconciliation/day.ts'
import { fetchStatement } from '../services/reconciliation/fetch.ts'
import { matchStatement } from '../services/reconciliation/match.ts'
import { statementsOf } from '../services/reconciliation/plan.ts'
import { differencesTable, figuresTable } from './reconcile-report.ts'

const usage = 'npm run reconcile -- --provider wechat-v3 --date 2026-03-01'
const say = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

/**
 * `npm run reconcile`: fetches a provider's statement of a day and matches it, now. Exits 1 when something
 * does not agree, 2 when that could not be found out.
 */
async function run(): Promise<number> {
  const of = wanted()
  const env = readEnv(reconcileVariables, process.env)
  const db = connect(env.DATABASE_URL, { max: 4 })
  try {
    const { providers, accounts } = configurePayments(env, db.sql)
    const having = Object.values(providers).flatMap(({ name, statements }) => (statements ? [name] : []))
    if (!having.includes(of.provider))
      throw new ConfigurationError(
        `${of.provider} has no statements here; these have: ${having.join(', ') || 'none'}`,
      )
    const statements = statementsOf(providers, of)
    const ids = await leasedSnowflakes(db)
    try {
      const progress = (bytes: number) => say(`fetched ${(bytes / 2 ** 20).toFixed(0)} MiB`)
      const { state } = await fetchStatement(db.sql, {
        statements,
        of,
        kind: 'trade',
        now: Date.now(),
        progress,
      })
      const matched = await matchStatement({ sql: db.sql, ids, accounts, statements }, of, (done, all) =>
        say(`matched ${done} of ${all} rows`),
      )
      say('')
      const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
      console.log(
        `${of.provider}, ${of.date}${state === 'none' ? ': the provider had no trade on that day' : ''}`,
      )
      console.log(figuresTable(matched, colour))
      if (matched.repaired > 0)
        console.log('What was repaired is resolved by the jobs within seconds: orders paid, refunds closed.')
      if (matched.different === 0) return 0
      console.log(await differencesTable(db.sql, of, colour))
      return 1
    } finally {
      await ids.release()
    }
  } finally {
    await db.close()
  }
}

function wanted(): { provider: string; date: string } {
  const { provider, date } = parseArgs({
    options: { provider: { type: 'string' }, date: { type: 'string' } },
  }).values
  if (!provider || !date || !isDay(date))
    throw new ConfigurationError(`Say which provider and which day: ${usage}`)
  return { provider, date }
}

try {
  process.exitCode = await run()
} catch (error) {
  say('')
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
