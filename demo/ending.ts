import { audit } from '../db/audit/audit.ts'
import { failures, figures, mark } from '../db/audit/report.ts'
import type { Db } from '../db/client.ts'
import { orderWorkflowId } from '../domain/ids.ts'
import type { Stack } from '../local/compose.ts'
import { sandboxClient } from '../sandbox/client.ts'
import type { Ended } from './story.ts'
import { auditSandbox } from './verdict.ts'

const say = (text = ''): boolean => process.stdout.write(`${text}\n`)
const colour = process.stdout.isTTY === true && !process.env.NO_COLOR

/** Says what was played and what the audit finds, one line a promise. Says whether all of it holds. */
export async function giveVerdict(
  db: Db,
  { sandboxUrl }: Pick<Stack, 'sandboxUrl'>,
  { played, since, settled }: Ended,
): Promise<boolean> {
  say('\nWhat was played · 演出')
  for (const { title, times, problems } of played) {
    say(`  ${mark(problems.length === 0, colour)} ${String(times).padStart(3)} × ${title}`)
    for (const problem of problems.slice(0, 10)) say(`        ${problem}`)
  }
  const { holds, findings, attention } = await audit(db.sql)
  const provider = await auditSandbox(db.sql, await sandboxClient(sandboxUrl).ledger(), since)
  say('\nThe audit · 对账')
  for (const finding of findings)
    say(`  ${mark(finding.holds, colour)} ${finding.promise} (${figures(finding)})`)
  say(`  ${mark(provider.holds, colour)} ${provider.promise} (${provider.figures})`)
  say(`  ${mark(settled, colour)} Every order of the story has ended, and nothing is on its way any more`)
  for (const { reason, subject, since: from } of attention)
    say(`  ! waits for a human since ${from.toISOString()}: ${reason}, ${subject}`)
  const asIntended = played.every(({ problems }) => problems.length === 0)
  const all = holds && provider.holds && settled && asIntended
  if (!all) say('\nNot everything held · 有不成立之处')
  for (const rows of [failures(findings), ...provider.wrong.map((row) => `    ${row}`)])
    if (rows !== '') say(rows)
  return all
}

/** Where to look while it is up. */
export function showWhereToLook(
  { url, servers, sandboxUrl }: Pick<Stack, 'url' | 'servers' | 'sandboxUrl'>,
  { shown }: Pick<Ended, 'shown'>,
): void {
  const ui = servers.temporalUi
  say('\nWhere to look · 看看这里')
  say(`  API                ${url}/docs`)
  say(`  Temporal           ${ui ?? servers.temporalAddress}`)
  const kinds = { paid: 'a paid order', closed: 'a closed order', refunded: 'a refunded order' } as const
  for (const kind of ['paid', 'closed', 'refunded'] as const) {
    const order = shown.get(kind)
    if (ui && order)
      say(
        `  ${kinds[kind].padEnd(18)} ${ui}/namespaces/${servers.temporalNamespace}/workflows/${orderWorkflowId(order)}`,
      )
  }
  say(`  the cashier        ${sandboxUrl}/sandbox/cashier/<number of an attempt>, to pay by hand`)
  say(`  the audit again    DATABASE_URL=${servers.databaseUrl} npm run audit`)
}
