import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Paid, provider, type StatementHarness, statementHarness } from './harness.ts'

let harness: StatementHarness
beforeEach(async () => {
  harness = await statementHarness()
})
afterEach(() => harness.close())

describe('around midnight', () => {
  const received = (of: Paid, opened: string, notified: string) =>
    Promise.all([
      harness.sql`
        UPDATE attempts
        SET opened_at = ${new Date(`${opened}+08:00`)}
        WHERE number = ${of.attempt}`,
      harness.sql`
        UPDATE notifications
        SET received_at = ${new Date(`${notified}+08:00`)}
        WHERE number = ${of.transaction}`,
    ])
  const date = () => harness.of.date
  const dayBefore = () => new Date(Date.parse(date()) - 86_400_000).toISOString().slice(0, 10)

  it('what was notified in the last minutes is not missed before the next statement', async () => {
    const paid = await harness.paid()
    await harness.bill({ none: true })
    await harness.fetch()
    await received(paid, `${date()}T23:00:00`, `${date()}T23:55:00`)
    expect(await harness.match()).toMatchObject({ different: 0 })
  })

  it('what was paid the day before and notified today is looked for in both statements, and not resolved without both', async () => {
    const paid = await harness.paid()
    await harness.bill({ none: true })
    await harness.fetch()
    await received(paid, `${dayBefore()}T23:50:00`, `${date()}T00:10:00`)
    expect(await harness.match()).toMatchObject({ different: 0 })
  })

  it.each([
    ['is there', true, 0],
    ['is not there', false, 1],
  ])('with both statements here, it %s', async (_, listed, different) => {
    const paid = await harness.paid()
    await harness.bill({ none: true })
    await harness.fetch()
    await received(paid, `${dayBefore()}T23:50:00`, `${date()}T00:10:00`)
    const [before] = await harness.sql<{ id: bigint }[]>`
      INSERT INTO statements (provider, kind, date, state, matched_at)
      VALUES (${provider}, 'trade', ${dayBefore()}, 'matched', now())
      RETURNING id`
    if (listed)
      await harness.sql`
        INSERT INTO statement_entries (statement, kind, number)
        VALUES (${before?.id ?? 0n}, 'payment', ${paid.transaction})`
    expect(await harness.match()).toMatchObject({ different })
  })
})
