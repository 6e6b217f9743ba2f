import Table from 'cli-table3'
import type { Sql } from '../db/types.ts'
import type { Matched } from '../services/reconciliation/match.ts'

type Statement = { provider: string; date: string }
type Shown = {
  difference: string
  subject: string
  order: string | null
  details: Record<string, string>
  cleared: boolean
}

/** How many differences are shown; the others are in `reconciliation`. */
const shown = 50
const noColour = { head: [], border: [] }

/** One line a figure. Colours only where somebody looks. */
export function figuresTable({ rows, repaired, different }: Matched, colour: boolean): string {
  const painted = (text: number, code: number) =>
    colour && text > 0 ? `\u001b[${code}m${text}\u001b[0m` : String(text)
  const table = new Table({ style: { ...(colour ? {} : noColour) } })
  table.push(['rows', rows], ['repaired', painted(repaired, 33)], ['differences', painted(different, 31)])
  return table.toString()
}

/** What does not agree about a statement, the first of it. */
export async function differencesTable(
  sql: Sql,
  { provider, date }: Statement,
  colour: boolean,
): Promise<string> {
  const found = await sql<Shown[]>`
    SELECT difference, subject, order_id::text AS order, details, cleared_at IS NOT NULL AS cleared
    FROM reconciliation WHERE provider = ${provider} AND date = ${date} ORDER BY id LIMIT ${shown}`
  const table = new Table({
    head: ['Difference', 'Subject', 'Order', 'Details', 'Seen to'],
    ...(colour ? {} : { style: noColour }),
  })
  table.push(
    ...found.map(({ difference, subject, order, details, cleared }) => [
      difference,
      subject,
      order ?? '',
      said(details),
      cleared ? 'yes' : '',
    ]),
  )
  return table.toString()
}

const said = (details: Record<string, string>): string =>
  Object.entries(details)
    .map(([name, value]) => `${name} ${value}`)
    .join('\n')
