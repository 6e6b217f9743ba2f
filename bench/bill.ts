import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'
import { keysOf } from '../local/keys.ts'
import { showProgress } from '../local/progress.ts'
import { startPostgres } from '../local/servers/postgres.ts'
import { claim, endLeftovers, removeState } from '../local/state.mjs'
import { account, seedPayments, serveBills } from './bill-source.ts'
import { type Figure, say } from './figures.ts'
import { fork } from './harness.ts'

export type Read = { seconds: number; overIdleMb: number; rows: number; repaired: number; different: number }

const rows = Number(process.env.BILL_ROWS ?? 1_000_000)
/** So many of the rows are payments that were never notified, and as many trades that are none of ours. */
const odd = 1000

/**
 * A day's bill of a million rows, fetched over HTTP, kept, read and matched with as many attempts in
 * PostgreSQL, by a process of its own: rows a second from its first call to its last commit, and what it held
 * at its peak over what it held idle.
 */
export async function benchBill(rounds: number): Promise<Figure[]> {
  const stateDir = fileURLToPath(new URL('../.floodgate/bench', import.meta.url))
  await endLeftovers(stateDir)
  removeState(stateDir)
  await claim(stateDir)
  const [postgres] = await showProgress([
    {
      name: 'PostgreSQL',
      run: (report) =>
        startPostgres({ stateDir, env: process.env, usualPorts: false, durable: true }, report),
    },
  ])
  await migrate(postgres.url)
  const keys = await keysOf(stateDir)
  const db = connect(postgres.url, { max: 2, statementMs: 600_000 })
  const bills = await serveBills(keys, rows)
  try {
    say(`writing ${rows} payments`)
    await seedPayments(db.sql, rows, odd)
    const reads: Read[] = []
    for (let round = 1; round <= rounds; round++) {
      const date = `2026-03-0${round}`
      const child = await fork('./bill-reader.ts', {
        NODE_OPTIONS: '--max-semi-space-size=4', // As `npm run reconcile` has it: garbage goes early.
        ...{
          DATABASE_URL: postgres.url,
          BILLS: bills.url,
          BILL_DATE: date,
          BILL_SECRETS: JSON.stringify(keys),
          BILL_ACCOUNT: JSON.stringify(account),
        },
      })
      child.send('read')
      const [read] = (await once(child, 'message')) as [Read] // What bill-reader.ts sends.
      const { seconds, overIdleMb, repaired, different } = read
      say(
        `round ${round} of ${rounds}: ${seconds.toFixed(1)} s, ${overIdleMb.toFixed(0)} MB, ${repaired} repaired, ${different} different`,
      )
      // A transaction is stored once, whatever the number of statements that list it.
      if (read.rows !== rows || different !== odd || repaired !== (round === 1 ? odd : 0))
        throw new Error('the bill was not matched as it should be')
      reads.push(read)
      await once(child, 'exit')
    }
    return [
      { figure: 'bill_rows_s', rounds: reads.map(({ seconds }) => rows / seconds), target: null },
      {
        figure: 'bill_memory_mb',
        rounds: reads.map(({ overIdleMb }) => overIdleMb),
        target: { atMost: 100 },
      },
    ]
  } finally {
    await bills.stop()
    await db.close()
    await postgres.stop()
    removeState(stateDir)
  }
}
