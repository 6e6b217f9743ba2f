import type { Sql } from '../../db/types.ts'
import { say } from '../figures.ts'

/** What a line of the live table shows. */
export type Look = {
  sql: Sql
  since: number
  /** Stories of buyers that are being played now. */
  stories(): number
  faults: Readonly<Record<string, number>>
  /** Processes that answer `/readyz`. */
  ready(): Promise<number>
}

const columns = [
  ['minute', 6],
  ['orders', 7],
  ['unpaid', 6],
  ['paid', 6],
  ['closed', 6],
  ['refused', 7],
  ['refunds', 7],
  ['tickets', 7],
  ['stories', 7],
  ['ready', 5],
  ['faults', 6],
  ['attention', 9],
] as const
const [everyMs, headEvery] = [5000, 24]

type Counts = Record<
  'orders' | 'unpaid' | 'paid' | 'closed' | 'refused' | 'refunds' | 'tickets' | 'attention',
  number
>

/** Prints a line every few seconds, on standard error. */
export function startBoard(look: Look): { stop(): void } {
  let lines = 0
  let printing = false
  const print = async (): Promise<void> => {
    if (printing) return
    printing = true
    const counts = await countsOf(look.sql).catch(() => undefined) // PostgreSQL is away.
    const ready = await look.ready()
    if (lines++ % headEvery === 0) say(columns.map(([name, width]) => name.padStart(width)).join(' '))
    const faults = Object.values(look.faults).reduce((sum, n) => sum + n, 0)
    const cells: Record<string, string | number> = {
      minute: ((Date.now() - look.since) / 60_000).toFixed(1),
      stories: look.stories(),
      ready,
      faults,
      ...counts,
    }
    say(columns.map(([name, width]) => String(cells[name] ?? '–').padStart(width)).join(' '))
    printing = false
  }
  const timer = setInterval(() => void print(), everyMs)
  return { stop: () => clearInterval(timer) }
}

async function countsOf(sql: Sql): Promise<Counts> {
  const [row] = await sql<Counts[]>`
    SELECT count(*)::int AS orders,
           count(*) FILTER (WHERE status IN ('placing', 'awaiting_payment', 'closing'))::int AS unpaid,
           count(*) FILTER (WHERE status = 'to_ship')::int AS paid,
           count(*) FILTER (WHERE status = 'closed')::int AS closed,
           count(*) FILTER (WHERE status = 'rejected')::int AS refused,
           (SELECT count(*)::int FROM refunds) AS refunds,
           (SELECT count(*)::int FROM tickets) AS tickets,
           (SELECT count(*)::int FROM attention WHERE cleared_at IS NULL) AS attention
    FROM orders`
  if (!row) throw new Error('a count answered no row')
  return row
}
