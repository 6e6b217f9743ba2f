import { afterEach, beforeEach, expect, it } from 'vitest'
import { statementsToReconcile } from '../../../services/reconciliation/plan.ts'
import { provider, type StatementHarness, statementHarness } from './harness.ts'

let harness: StatementHarness
beforeEach(async () => {
  harness = await statementHarness()
})
afterEach(() => harness.close())

const at = (moment: string) => Date.parse(`${moment}+08:00`)
const plan = async (moment: string) =>
  (await statementsToReconcile(harness.sql, harness.providers, at(moment))).map(({ date }) => date)
const firstUsed = async (moment: string) => {
  const { attempt } = await harness.paid()
  await harness.sql`UPDATE attempts SET opened_at = ${new Date(at(moment))} WHERE number = ${attempt}`
}

it('a provider that was never used has nothing to reconcile', async () => {
  expect(await plan('2026-03-10T10:15:00')).toEqual([])
})

it('each day since the provider was first used waits until it is matched, yesterday’s too, today’s not', async () => {
  await firstUsed('2026-03-07T00:05:00')
  expect(await plan('2026-03-10T10:15:00')).toEqual(['2026-03-07', '2026-03-08', '2026-03-09'])
  await harness.sql`
    INSERT INTO statements (provider, kind, date, state, matched_at)
    VALUES (${provider}, 'trade', '2026-03-07', 'matched', now()),
      (${provider}, 'trade', '2026-03-08', 'fetched', NULL),
      (${provider}, 'fund_flow', '2026-03-09', 'fetched', NULL)`
  expect(await plan('2026-03-10T10:15:00')).toEqual(['2026-03-08', '2026-03-09'])
})

it('days are Shanghai’s', async () => {
  await firstUsed('2026-03-08T23:59:00')
  expect(await plan('2026-03-10T00:01:00')).toEqual(['2026-03-08', '2026-03-09'])
})

it('what is long past is left alone', async () => {
  await firstUsed('2026-01-01T12:00:00')
  expect(await plan('2026-03-15T10:15:00')).toHaveLength(14)
})
