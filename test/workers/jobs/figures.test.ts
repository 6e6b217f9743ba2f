import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditWhenDue } from '../../../services/operations/audits.ts'
import { sampleShop } from '../../../workers/jobs/figures.ts'
import { figure } from '../../support/figures.ts'
import { type JobsHarness, jobsHarness } from './harness.ts'

let harness: JobsHarness
const faults: unknown[] = []
beforeAll(async () => {
  harness = await jobsHarness()
  sampleShop(harness.sql, { everyMs: 0, warn: (error) => faults.push(error) })
})
afterAll(async () => {
  await harness.close()
  expect(faults).toEqual([])
})

describe('the figures of the jobs process show', () => {
  it('what asks for a human, by its reason, until it is cleared', async () => {
    const { sql } = harness
    await sql`INSERT INTO attention (reason, subject) VALUES ('refund_failed', '1'), ('refund_failed', '2')`
    await sql`INSERT INTO attention (reason, subject, cleared_at) VALUES ('refund_failed', '3', now())`
    expect(await figure('attention_open{reason="refund_failed"}')).toBe(2)
    await sql`UPDATE attention SET cleared_at = now()`
    expect(await figure('attention_open{reason="refund_failed"}')).toBeUndefined()
  })

  it('differences with statements that nobody has cleared', async () => {
    expect(await figure('reconciliation_open')).toBe(0)
    await harness.sql`
      INSERT INTO reconciliation (provider, date, difference, subject)
      VALUES ('wechat-v3', '2026-03-01', 'unknown_trade', '4200')`
    expect(await figure('reconciliation_open')).toBe(1)
  })

  it('how long the oldest due row of each list has been due', async () => {
    const { sql, shop } = harness
    const lists = ['notifications', 'attempts', 'refunds', 'outbox', 'tickets', 'gate_sync']
    const age = (list: string) => figure(`due_oldest_seconds{list="${list}"}`)
    expect(await Promise.all(lists.map(age))).toEqual(lists.map(() => 0))

    const ago = sql`now() - interval '90 seconds'`
    const buyer = await shop.buyer()
    const input = shop.orderInput(buyer, [[await shop.sku({ 1: 1 }), 1]])
    await sql`
      INSERT INTO orders (id, buyer_id, kind, source, status, payment, run_id, fingerprint, goods_fen,
        shipping_fen, coupon_fen, points_fen, balance_fen, due_fen, points)
      VALUES (${input.orderId}, ${buyer.id}, 1, 'web', 'awaiting_payment', 'online', 'r', 'f', 1000, 0, 0, 0, 0,
        1000, 0)`
    await sql`
      INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description,
        expires_at, calling_until, next_ask_at)
      VALUES (1, ${input.orderId}, 'pay', 'pay', 'open', 1000, 'CNY', '', now(), now(), ${ago})`
    await sql`
      INSERT INTO notifications (id, provider, kind, number, state, trade, amount_fen, currency, merchant,
        app, found, due_at)
      VALUES (1, 'pay', 'payment', 't', 'SUCCESS', '1', 1000, 'CNY', 'm', 'a', 'callback', ${ago})`
    await sql`
      INSERT INTO refunds (number, order_id, cause, amount_fen, due_at)
      VALUES ('r', ${input.orderId}, 'late', 0, ${ago})`
    await sql`INSERT INTO outbox (topic, key, payload, due_at) VALUES ('cart_bought', '1', '{}', ${ago})`
    await sql`
      INSERT INTO tickets (id, session_id, sku_id, buyer_id, address_id, quantity, seq, state, due_at, sync,
        sync_at)
      VALUES (1, 's', 1, 1, 1, 1, 1, 'waiting', ${ago}, NULL, NULL),
             (2, 's', 1, 2, 2, 1, 2, 'given_back', now(), 'given_back', ${ago})`
    for (const list of lists) expect([list, await age(list)]).toEqual([list, expect.closeTo(90, -1.5)])
    expect(await figure('tickets_unstarted')).toBe(1)
    expect(await figure('orders_open{status="awaiting_payment"}')).toBe(1)
  })

  it('how many orders have reached each status, each once, however late its row appears', async () => {
    const { sql } = harness
    const count = (status: string) => figure(`order_status_changes_total{status="${status}"}`)
    await count('closed') // From here on.
    const log = (status: string, at = sql`now()`, from: string | null = 'placing') => sql`
      INSERT INTO order_log (order_id, at, from_status, to_status, why)
      VALUES (1, ${at}, ${from}, ${status}, 'a test')`
    await log('to_ship')
    await log('closed', sql`now() - interval '2 minutes'`) // Long settled, and written after a fresh row.
    expect([await count('to_ship'), await count('closed')]).toEqual([1, 1])

    const late = sql.begin(async (tx) => {
      await tx`
        INSERT INTO order_log (order_id, from_status, to_status, why)
        VALUES (2, 'closing', 'closed', 'it is committed later')`
      await log('closed') // With a higher id, and committed first.
      expect(await count('closed')).toBe(2)
    })
    await late
    expect(await count('closed')).toBe(3)
    await log('to_ship', sql`now()`, 'to_ship') // A refund's note: the status stays.
    expect([await count('to_ship'), await count('closed')]).toEqual([1, 3])

    await sql`UPDATE order_log SET at = at - interval '2 minutes'` // All of it is settled by now.
    expect([await count('to_ship'), await count('closed')]).toEqual([1, 3])
    await log('closed')
    expect([await count('to_ship'), await count('closed')]).toEqual([1, 4])
  })

  it('what the last audit found, and how long ago', async () => {
    const { sql, shop } = harness
    const sku = await shop.sku({ 1: 5 })
    await auditWhenDue(sql, 24)
    const found = (await sql<{ differences: Record<string, number> }[]>`SELECT differences FROM audits`)[0]
    const [check = ''] = Object.keys(found?.differences ?? {})
    expect(await figure(`audit_differences{check="${check}"}`)).toBe(found?.differences[check])
    expect(await figure('audit_age_seconds')).toBeLessThan(60)

    await sql`UPDATE stock SET on_hand = on_hand + 1 WHERE sku_id = ${sku}`
    expect(await auditWhenDue(sql, 24), 'it is not due').toBeUndefined()
    await sql`UPDATE audits SET started_at = started_at - interval '1 day'`
    const again = await auditWhenDue(sql, 24)
    const [wrong = ''] = Object.entries(again ?? {}).flatMap(([name, wrongs]) =>
      wrongs > (found?.differences[name] ?? 0) ? [name] : [],
    )
    expect(await figure(`audit_differences{check="${wrong}"}`)).toBe((found?.differences[wrong] ?? 0) + 1)
  })
})

it('of several jobs processes one audits', async () => {
  await harness.sql`DELETE FROM audits`
  const runs = await Promise.all(Array.from({ length: 5 }, () => auditWhenDue(harness.sql, 24)))
  expect(runs.filter((run) => run !== undefined)).toHaveLength(1)
})
