import { audit } from './audit/audit.ts'
import { attentionTable, failures, findingsTable } from './audit/report.ts'
import { connect } from './client.ts'

/**
 * `npm run audit`: whether everything in the database of DATABASE_URL adds up, and what waits for a human.
 * Exits 1 when something does not.
 */
const url = process.env.DATABASE_URL
if (!url) {
  console.error('Set DATABASE_URL, e.g. postgres://user:password@127.0.0.1:5432/floodgate')
  process.exit(1)
}
const db = connect(url, { max: 1, statementMs: 300_000 })
try {
  const { holds, findings, attention } = await audit(db.sql)
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
  console.log(findingsTable(findings, colour))
  console.log(
    attention.length === 0
      ? 'Nothing waits for a human.'
      : `\nWaiting for a human (docs/operations.md says what each means):\n${attentionTable(attention, colour)}`,
  )
  console.log(holds ? '\nEverything adds up.' : `\nThese rows do not add up:\n${failures(findings)}`)
  process.exitCode = holds ? 0 : 1
} catch (error) {
  console.error(whyNot(error))
  process.exitCode = 1
} finally {
  await db.close()
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (['ECONNREFUSED', 'ENOTFOUND', 'CONNECT_TIMEOUT', 'EAI_AGAIN'].includes(code))
    return `No PostgreSQL answers at DATABASE_URL (${code}): is it up, and is the address right?`
  if (['28P01', '28000'].includes(code)) return 'PostgreSQL refuses the user or password in DATABASE_URL.'
  if (code === '3D000') return 'PostgreSQL has no database of the name in DATABASE_URL.'
  if (code === '42P01') return 'The database has not our tables: run `npm run migrate` first.'
  return `The audit could not be made: ${error instanceof Error ? error.message : String(error)}`
}
