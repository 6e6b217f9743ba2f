import Table from 'cli-table3'
import { say } from '../figures.ts'
import type { Calls } from './calls.ts'
import type { Faults } from './faults.ts'
import { loggedErrors } from './fleet.ts'
import type { Promises } from './promises.ts'
import type { SoakSystem } from './system.ts'
import type { Books } from './verdict.ts'

export type Soaked = {
  seed: number
  minutes: number
  quietS: number
  /** What was still on its way when waiting was over. */
  left: Readonly<Record<string, number>>
  books: Books
  refusals: Readonly<Record<string, number>>
  /** Stories that did not go as they should. */
  problems: readonly string[]
  system: SoakSystem
  calls: Calls
  promises: Promises
  faults: Faults
  /** Buyers who did not come in, as there were too many stories already. */
  turnedAway: number
  audits: number
  json: boolean
}

/** Prints what came of it all, as a table or as JSON. Says whether everything held. */
export async function report(soaked: Soaked): Promise<boolean> {
  const { left, books, problems, system, calls, faults } = soaked
  const differences = [
    ...Object.entries(left).map(([what, n]) => `not quiet: ${n} ${what}`),
    ...books.differences,
    ...problems,
    ...faults.failed,
  ]
  const figures = {
    seed: soaked.seed,
    minutes: soaked.minutes,
    orders: await ordersByState(system),
    sales: await sales(system),
    faults: { ...faults.counts },
    turnedAway: soaked.turnedAway,
    quietS: soaked.quietS,
    auditsHeld: soaked.audits,
    answered: soaked.promises.counts(),
    trades: books.trades,
    refusals: soaked.refusals,
    answers: calls.tally.answers,
    broken: calls.tally.broken,
    gaveUp: calls.tally.gaveUp,
    processes: { starts: system.fleet.tally.starts, ownEnds: system.fleet.tally.ownEnds.length },
    attention: books.attention.map(({ reason, subject }) => `${reason} ${subject}`),
    loggedErrors: loggedErrors(system.stateDir),
    differences,
  }
  if (soaked.json) console.log(JSON.stringify(figures))
  else console.log(tableOf(figures))
  for (const end of new Set(system.fleet.tally.ownEnds)) say(`ended by itself: ${end}`)
  say(
    differences.length === 0 ? 'Everything adds up.' : `${differences.length} difference(s). Logs are kept.`,
  )
  return differences.length === 0
}

function tableOf(figures: Record<string, unknown>): string {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    colWidths: [16, 92],
    wordWrap: true,
  })
  for (const [name, value] of Object.entries(figures)) table.push([name, inWords(value)])
  return table.toString()
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join('\n')
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = Object.entries(value).map(([name, amount]) => `${name} ${inWords(amount)}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}

async function ordersByState({ db: { sql } }: SoakSystem): Promise<Record<string, number>> {
  const rows = await sql<{ state: string; n: number }[]>`
    SELECT concat(status, ' ', pay_state) AS state,
           count(*)::int AS n
    FROM orders
    GROUP BY 1
    ORDER BY 1`
  const total = rows.reduce((sum, { n }) => sum + n, 0)
  return { total, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) }
}

async function sales({ db: { sql } }: SoakSystem): Promise<Record<string, number>> {
  const [row] = await sql<Record<string, number>[]>`
    SELECT (SELECT count(*)::int FROM sessions) AS sessions,
           count(*)::int AS tickets,
           count(*) FILTER (WHERE state = 'paid')::int AS paid,
           count(*) FILTER (WHERE state = 'given_back')::int AS "given back",
           count(*) FILTER (WHERE state = 'refused')::int AS refused
    FROM tickets`
  return row ?? {}
}
