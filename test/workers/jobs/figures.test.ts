import { afterAll, beforeAll, expect, it } from 'vitest'
import { metrics } from '../../../runtime/metrics.ts'
import { sampleShop } from '../../../workers/jobs/figures.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

it('shows what waits: attention by its reason, and how long the oldest due row has been due', async () => {
  const { sql } = database.db
  await sql`INSERT INTO attention (reason, subject) VALUES ('refund_failed', '1'), ('refund_failed', '2')`
  await sql`INSERT INTO attention (reason, subject, cleared_at) VALUES ('refund_failed', '3', now())`
  await sql`
    INSERT INTO outbox (topic, key, payload, due_at)
    VALUES ('cart_bought', '1', '{}', now() - interval '90 seconds')`
  const faults: unknown[] = []
  sampleShop(sql, (error) => faults.push(error))
  const text = await metrics.text()
  expect(faults).toEqual([])
  expect(text).toContain('attention_open{reason="refund_failed"} 2')
  expect(Number(/due_oldest_seconds\{list="outbox"\} (\S+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(90)
  expect(text).toContain('due_oldest_seconds{list="refunds"} 0')
  expect(text).toContain('tickets_unstarted 0')
})
