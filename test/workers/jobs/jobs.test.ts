import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { OrderId, RefundNumber } from '../../../domain/ids.ts'
import { runPollLoops } from '../../../runtime/poll-loop.ts'
import { leaveCart } from '../../../services/orders/leave-cart.ts'
import { purgeOrderNotes } from '../../../services/orders/notes.ts'
import { emptyOutbox } from '../../../workers/jobs/outbox.ts'
import { closeAbandoned, findOverdue } from '../../../workers/jobs/overdue.ts'
import { startRefunds } from '../../../workers/jobs/refunds.ts'
import { watch } from '../../../workers/jobs/watch.ts'
import { confirmed, done, everything, reject } from '../../services/orders/everything.ts'
import { closedUnpaid, payable } from '../../services/payments/resolving.ts'
import { orderRow } from '../../support/books.ts'
import { gate } from '../../support/gates.ts'
import { audited } from '../../support/use-shop.ts'
import { jobsHarness } from './harness.ts'

const log = pino({ level: 'silent' })
const harness = await audited(jobsHarness())

async function lateMoney(): Promise<RefundNumber> {
  const { attempt } = await closedUnpaid(harness.sql, harness.shop, harness.till)
  // As the outcome says.
  return (await harness.till.notify(await harness.till.facts(attempt))).replace('refund ', '') as RefundNumber
}

describe('a refund', () => {
  it('is started once, also by two jobs at the same time, and ends', async () => {
    const numbers = [await lateMoney(), await lateMoney()]
    await Promise.all([startRefunds(harness.deps), startRefunds(harness.deps)])
    expect(await startRefunds(harness.deps)).toBe(0)
    await harness.startWorker()
    for (const number of numbers) {
      const handle = harness.deps.client.workflow.getHandle(`refund-${number}`)
      expect(await handle.result()).toEqual({ end: 'success' })
    }
    expect(
      (await harness.sql`SELECT sum(refunded_fen) AS back, sum(refunding_fen) AS owed FROM attempts`)[0],
    ).toEqual({ back: '12600', owed: '0' })
  })

  it('whose start was not noted runs once', async () => {
    const number = await lateMoney()
    await Promise.all([startRefunds(harness.deps), startRefunds(harness.deps)])
    await harness.sql`UPDATE refunds SET due_at = now() WHERE number = ${number}`
    await startRefunds(harness.deps)
    const handle = harness.deps.client.workflow.getHandle(`refund-${number}`)
    expect(await handle.result()).toEqual({ end: 'success' })
    const runs = async () =>
      (await harness.deps.client.workflow.count(`WorkflowId = 'refund-${number}'`)).count
    await expect.poll(runs, { timeout: 20_000 }).toBe(1)
  })

  it('whose workflow was terminated gets another one, and nothing else does', async () => {
    const number = await lateMoney()
    const { workflow } = harness.deps.client
    await workflow.start('refund', {
      args: [{ number }],
      taskQueue: 'orders-nobody',
      workflowId: `refund-${number}`,
    })
    await workflow.getHandle(`refund-${number}`).terminate('by mistake')
    expect(await startRefunds(harness.deps)).toBe(1)
    expect(await workflow.getHandle(`refund-${number}`).result()).toEqual({ end: 'success' })
    await harness.sql`UPDATE refunds SET due_at = now()`
    expect(await startRefunds(harness.deps)).toBe(0)
  })
})

describe('an order that should have ended', () => {
  const attentionOf = async (order: OrderId) => [
    ...(await harness.sql`
      SELECT reason, cleared_at IS NOT NULL AS cleared
      FROM attention
      WHERE order_id = ${order}
      ORDER BY id`),
  ]
  async function overdue(): Promise<{ order: OrderId; input: Awaited<ReturnType<typeof everything>> }> {
    const input = await everything(harness.shop)
    const order = await done(harness.sql, input, 2)
    await harness.sql`UPDATE orders SET placed_at = now() - interval '6 minutes' WHERE id = ${order}`
    return { order, input }
  }

  it('and has no workflow asks for a human, once, until it has ended', async () => {
    const { order } = await overdue()
    await Promise.all([findOverdue(harness.deps), findOverdue(harness.deps)])
    expect(await findOverdue(harness.deps)).toBe(0)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_without_workflow', cleared: false }])
    await reject(harness.sql, order)
    await findOverdue(harness.deps)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_without_workflow', cleared: true }])
  })

  it('and whose workflow still runs is overdue', async () => {
    const { order, input } = await overdue()
    await harness.deps.client.workflow.start('order', {
      args: [input],
      taskQueue: 'orders-nobody',
      workflowId: `order-${order}`,
    })
    await findOverdue(harness.deps)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_overdue', cleared: false }])
    await harness.deps.client.workflow.getHandle(`order-${order}`).terminate()
    await reject(harness.sql, order)
    await findOverdue(harness.deps)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_overdue', cleared: true }])
  })

  it('in less than five minutes from now asks nobody', async () => {
    const order = await done(harness.sql, await everything(harness.shop), 2)
    expect(await findOverdue(harness.deps)).toBe(0)
    await reject(harness.sql, order)
  })
})

describe('an unpaid order whose workflow is gone', () => {
  it('is closed by the jobs once its attempt is, and everything is given back', async () => {
    const { order, attempt } = await payable(harness.sql, harness.shop, harness.till)
    await harness.sql`UPDATE orders SET pay_by = now() - interval '6 minutes' WHERE id = ${order}`
    expect(await closeAbandoned(harness.deps)).toBe(0)
    await harness.sql`
      UPDATE attempts
      SET expires_at = now() - interval '6 minutes', next_ask_at = now()
      WHERE number = ${attempt}`
    await watch(harness.deps, harness.till.pay)
    expect(await closeAbandoned(harness.deps)).toBe(1)
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'closed', closedWhy: 'pay_timeout' })
    expect(harness.announced).toContain(order)
    expect(await closeAbandoned(harness.deps)).toBe(0)
  })

  it('is left to its workflow while that runs', async () => {
    const input = await everything(harness.shop)
    const order = await confirmed(harness.sql, input)
    await harness.sql`UPDATE orders SET pay_by = now() - interval '6 minutes' WHERE id = ${order}`
    const { workflow } = harness.deps.client
    await workflow.start('order', { args: [input], taskQueue: 'orders-nobody', workflowId: `order-${order}` })
    expect(await closeAbandoned(harness.deps)).toBe(0)
    await workflow.getHandle(`order-${order}`).terminate()
    expect(await closeAbandoned(harness.deps)).toBe(1)
  })
})

describe('a buyer’s note', () => {
  it('is kept once: with its order, no longer beside it', async () => {
    const input = await everything(harness.shop)
    const waiting = harness.shop.ids.next()
    await harness.sql`
      INSERT INTO order_notes (order_id, fingerprint, note)
      VALUES (${input.orderId}, 'x', 'ring twice'), (${waiting}, 'x', 'placed soon')`
    const order = await done(harness.sql, input, 1)
    expect(await purgeOrderNotes(harness.deps.sql)).toBe(0)
    await harness.sql`UPDATE orders SET placed_at = now() - interval '2 minutes' WHERE id = ${order}`
    expect(await purgeOrderNotes(harness.deps.sql)).toBe(1)
    expect([...(await harness.sql`SELECT order_id::text AS id FROM order_notes`)]).toEqual([{ id: waiting }])
    await harness.sql`UPDATE order_notes SET written_at = now() - interval '31 days'`
    expect(await purgeOrderNotes(harness.deps.sql)).toBe(1)
    await reject(harness.sql, order)
  })
})

describe('the outbox', () => {
  const left = () => harness.sql<{ tried: number }[]>`SELECT tried FROM outbox`

  it('keeps what Redis could not take, tries until it is taken, and then forgets it', async () => {
    const input = await everything(harness.shop)
    const lines = input.lines.map((line, i) => ({ ...line, ...(i === 0 ? { cartLine: 'line-1' } : {}) }))
    harness.carts.away = true
    await leaveCart({ sql: harness.sql, carts: harness.deps.carts, log }, { ...input, lines })
    for (const tried of [1, 2]) {
      expect(await emptyOutbox(harness.deps)).toBe(1)
      expect(await emptyOutbox(harness.deps)).toBe(0)
      expect([...(await left())]).toEqual([{ tried }])
      await harness.sql`UPDATE outbox SET due_at = now()`
    }
    await harness.sql`UPDATE outbox SET tried = 60`
    harness.carts.away = false
    expect(await emptyOutbox(harness.deps)).toBe(1)
    expect(harness.carts.taken).toEqual([
      { buyer: input.buyerId, bought: [{ sku: lines[0]?.sku, line: 'line-1' }] },
    ])
    expect(await left()).toHaveLength(0)
  })

  it('gets nothing for an order that was not bought from the cart', async () => {
    harness.carts.away = true
    await leaveCart({ sql: harness.sql, carts: harness.deps.carts, log }, await everything(harness.shop))
    expect(await left()).toHaveLength(0)
  })
})

describe('the jobs', () => {
  it('runs a job again after a fault, and stops when asked to', async () => {
    const [failed, again] = [gate(), gate()]
    let runs = 0
    const job = async () => {
      runs += 1
      if (runs === 1) {
        failed.open()
        throw new Error('PostgreSQL is away')
      }
      again.open()
      return 0
    }
    const running = runPollLoops([{ name: 'test', everyMs: 1, run: job }], log)
    await failed.opened
    await again.opened
    await running.stop()
    const after = runs
    await new Promise((resolve) => setImmediate(resolve))
    expect(runs).toBe(after)
  })
})
