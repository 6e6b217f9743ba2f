import Table from 'cli-table3'
import { fen, yuan } from '../../domain/money.ts'
import type { OpenAttention } from './audit.ts'
import type { Finding } from './check.ts'

const noColour = { head: [], border: [] }

/** How much a check looked at: `204 wallets, ¥ 1234.50`. */
export function figures({ checked, counts, unit, amount }: Finding): string {
  if (unit === undefined) return `${checked} ${counts}`
  return `${checked} ${counts}, ${unit === 'fen' ? `¥ ${yuan(fen(amount))}` : `${amount} ${unit}`}`
}

/** One line a promise. */
export function findingsTable(findings: readonly Finding[], colour: boolean): string {
  const table = new Table({
    head: ['', 'Promise', 'Looked at'],
    wordWrap: true,
    colWidths: [4, 74, 42],
    ...(colour ? {} : { style: noColour }),
  })
  table.push(...findings.map((finding) => [mark(finding.holds, colour), finding.promise, figures(finding)]))
  return table.toString()
}

/** What waits for a human, as a table. */
export function attentionTable(attention: readonly OpenAttention[], colour: boolean): string {
  const table = new Table({
    head: ['Since', 'Reason', 'Subject', 'Details'],
    ...(colour ? {} : { style: noColour }),
  })
  table.push(
    ...attention.map(({ since, reason, subject, details }) => [
      since.toISOString().replace('T', ' ').slice(0, 19),
      reason,
      subject,
      Object.entries(details)
        .map(([name, value]) => `${name} ${value}`)
        .join('\n'),
    ]),
  )
  return table.toString()
}

/** The rows that do not add up, each beside the promise that it breaks. */
export function failures(findings: readonly Finding[]): string {
  return findings
    .filter(({ holds }) => !holds)
    .map(({ name, promise, wrongs, wrong }) => {
      const rows = wrong.map(({ subject, ...columns }) => `    ${String(subject)}: ${said(columns)}`)
      const more = wrongs > BigInt(wrong.length) ? [`    … and ${wrongs - BigInt(wrong.length)} more`] : []
      return [`  ✘ ${promise} (${name})`, ...rows, ...more].join('\n')
    })
    .join('\n')
}

const said = (columns: Record<string, unknown>): string =>
  Object.entries(columns)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')

/** Whether a promise holds, as one sign. */
export function mark(holds: boolean, colour: boolean): string {
  if (!colour) return holds ? '✔' : '✘'
  return holds ? '\u001b[32m✔\u001b[0m' : '\u001b[31m✘\u001b[0m'
}
