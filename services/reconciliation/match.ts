import { pipelined } from '../../db/pipelined.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { Ids } from '../../domain/ids.ts'
import type { StatementRow, Statements } from '../../providers/provider.ts'
import { StatementRejected } from '../../providers/provider.ts'
import { raiseAttention } from '../operations/attention.ts'
import type { Accounts } from '../payments/accounts.ts'
import type { StatementOf } from './fetch.ts'
import type { Matching } from './matching.ts'
import { findMissing } from './missing.ts'
import { rawOf } from './parts.ts'
import { matchPayments } from './payments.ts'
import { matchRefunds } from './refunds.ts'

/** What came of a statement: its rows, what was stored because of them, and what does not agree. */
export type Matched = { rows: number; repaired: number; different: number }
export type MatchDeps = { sql: Sql; ids: Ids; accounts: Accounts; statements: Statements }

/** How many rows are compared in one transaction. */
const batch = 1000

type Known = Matched & {
  id: bigint
  state: 'fetching' | 'fetched' | 'matched' | 'none'
  matchedAt: Date | null
}

/**
 * Compares a fetched trade statement with our rows, once: what the provider knows and we do not is stored and
 * will be resolved; what does not agree is kept for a human. Broken off, it goes on where it stopped; two at
 * once share the work. `progress` is called with the rows done and all rows.
 */
export async function matchStatement(
  deps: MatchDeps,
  of: StatementOf,
  progress: (done: number, all: number) => void = () => {},
): Promise<Matched> {
  const { sql, statements, accounts } = deps
  const account = accounts[of.provider]
  if (!account) throw new Error(`the account of ${of.provider} is not configured here`)
  // A merchant may sell by several providers, as by WeChat v2 and v3: the statement of each lists the trades
  // of all.
  const siblings = Object.keys(accounts).filter(
    (provider) => accounts[provider]?.merchant === account.merchant,
  )
  const known = await find(sql, of)
  if (known.state === 'fetching')
    throw new Error(`the statement of ${of.provider}, ${of.date}, has not been fetched`)
  if (known.matchedAt) return { rows: known.rows, repaired: known.repaired, different: known.different }
  let all = 0
  if (known.state === 'fetched') {
    // Nothing of a statement is applied before all of it has been read: its end says whether it is whole.
    all = await counted(deps, account.merchant, known.id)
    const matching: Matching = { ...of, ids: deps.ids, statement: known.id, siblings, account }
    let done = 0
    for await (const rows of batches(statements.rows(rawOf(sql, known.id)))) {
      await apply(sql, matching, { done, rows })
      done += rows.length
      progress(done, all)
    }
  }
  return finish(sql, of, { id: known.id, rows: all })
}

async function find(sql: Sql | Tx, { provider, date }: StatementOf): Promise<Known> {
  const [known] = await sql<Known[]>`
    SELECT id, state, rows, repaired, different, matched_at AS "matchedAt"
    FROM statements
    WHERE provider = ${provider}
      AND kind = 'trade'
      AND date = ${date}`
  if (!known) throw new Error(`the statement of ${provider}, ${date}, has not been fetched`)
  return known
}

/**
 * How many rows a statement has. One that is rejected is thrown away, to be fetched anew: nothing of it has
 * been applied.
 */
async function counted({ sql, statements }: MatchDeps, merchant: string, id: bigint): Promise<number> {
  let rows = 0
  try {
    for await (const row of statements.rows(rawOf(sql, id))) {
      rows++
      if (row.is !== 'other' && row.facts.merchant !== merchant)
        throw new StatementRejected(`is of merchant ${row.facts.merchant}`)
    }
    return rows
  } catch (error) {
    if (error instanceof StatementRejected)
      await sql`
        UPDATE statements
        SET state = 'fetching', digest = NULL
        WHERE id = ${id}
          AND state = 'fetched'
          AND rows = 0`
    throw error
  }
}

async function* batches(rows: AsyncIterable<StatementRow>): AsyncGenerator<StatementRow[]> {
  let some: StatementRow[] = []
  for await (const row of rows) {
    some.push(row)
    if (some.length < batch) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

/** One batch, in one transaction that says so: whoever comes second finds it done. */
function apply(
  sql: Sql,
  matching: Matching,
  { done, rows }: { done: number; rows: StatementRow[] },
): Promise<void> {
  const { statement: id } = matching
  return sql.begin(async (tx) => {
    // A batch that a crash forgets is done again; the statement's end is committed for good, and with it all
    // before it.
    const [[at]] = await pipelined(tx, [
      tx<{ rows: number }[]>`
        SELECT rows
        FROM statements
        WHERE id = ${id}
          AND state = 'fetched'
        FOR NO KEY UPDATE`,
      tx`SET LOCAL synchronous_commit = off`,
    ])
    if (!at || at.rows > done) return
    if (at.rows < done) throw new Error(`statement ${id} was begun anew`)
    const payments = await matchPayments(
      tx,
      matching,
      rows.filter((row) => row.is === 'payment').map(({ facts }) => facts),
    )
    const refunds = await matchRefunds(
      tx,
      matching,
      rows.filter((row) => row.is === 'refund'),
    )
    await tx`
      UPDATE statements
      SET rows = rows + ${rows.length},
          repaired = repaired + ${payments.repaired + refunds.repaired},
          different = different + ${payments.different + refunds.different}
      WHERE id = ${id}`
  })
}

/** What the statement lacks, and the end of it: in one transaction. */
function finish(
  sql: Sql,
  of: StatementOf,
  { id, rows: all }: { id: bigint; rows: number },
): Promise<Matched> {
  const { provider, date } = of
  return sql.begin(async (tx) => {
    await tx`SET LOCAL statement_timeout = '5min'`
    await tx`
      SELECT 1
      FROM statements
      WHERE id = ${id}
      FOR NO KEY UPDATE`
    const { matchedAt, state, rows: done } = await find(tx, of)
    if (!matchedAt && (state === 'fetching' || done !== all))
      throw new Error(`statement ${id} was begun anew`)
    if (!matchedAt) {
      const missing = await findMissing(tx, of, id)
      await tx`
        UPDATE statements
        SET state = CASE WHEN state = 'fetched' THEN 'matched' ELSE state END,
            matched_at = now(),
            different = different + ${missing}
        WHERE id = ${id}`
    }
    const { rows, repaired, different } = await find(tx, of)
    if (!matchedAt && different > 0) {
      const details = { rows: String(rows), repaired: String(repaired), different: String(different) }
      await raiseAttention(tx, { reason: 'statement_differs', subject: `${provider} ${date}`, details })
    }
    return { rows, repaired, different }
  })
}
