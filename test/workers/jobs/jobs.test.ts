import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderId, RefundNumber } from '../../../domain/ids.ts'
import { runDuties } from '../../../runtime/poll-loop.ts'
import { leaveCart } from '../../../services/orders/leave-cart.ts'
import { emptyOutbox } from '../../../workers/jobs/outbox.ts'
import { findOverdue } from '../../../workers/jobs/overdue.ts'
import { forgetNotes } from '../../../workers/jobs/purge-order-notes.ts'
import { startRefunds } from '../../../workers/jobs/refunds.ts'
import { done, everything, reject } from '../../services/orders/everything.ts'
import { closedUnpaid } from '../../services/payments/resolving.ts'
import { expectBooksToAddUp } from '../../support/books.ts'
import { gate } from '../../support/gates.ts'
import { type RelayRig, relayRig } from './harness.ts'

let rig: RelayRig
const log = pino({ level: 'silent' })
beforeAll(async () => {
  rig = await relayRig()
})
afterAll(async () => {
  await expectBooksToAddUp(rig.sql)
  await rig.close()
})

async function lateMoney(): Promise<RefundNumber> {
  const { attempt } = await closedUnpaid(rig.sql, rig.shop, rig.till)
  return (await rig.till.told(await rig.till.facts(attempt))).replace('refund ', '') as RefundNumber // As the outcome says.
}

describe('a refund', () => {
  it('is started once, also by two relays at the same time, and ends', async () => {
    const numbers = [await lateMoney(), await lateMoney()]
    await Promise.all([startRefunds(rig.deps), startRefunds(rig.deps)])
    expect(await startRefunds(rig.deps)).toBe(0)
    await rig.startWorker()
    for (const number of numbers) {
      const handle = rig.deps.client.workflow.getHandle(`refund-${number}`)
      expect(await handle.result()).toEqual({ end: 'success' })
    }
    expect(
      (await rig.sql`SELECT sum(refunded_fen) AS back, sum(refunding_fen) AS owed FROM attempts`)[0],
    ).toEqual({ back: '12600', owed: '0' })
  })

  it('whose start was not noted runs once', async () => {
    const number = await lateMoney()
    await Promise.all([startRefunds(rig.deps), startRefunds(rig.deps)])
    await rig.sql`UPDATE refunds SET due_at = now() WHERE number = ${number}`
    await startRefunds(rig.deps)
    const handle = rig.deps.client.workflow.getHandle(`refund-${number}`)
    expect(await handle.result()).toEqual({ end: 'success' })
    const runs = async () => (await rig.deps.client.workflow.count(`WorkflowId = 'refund-${number}'`)).count
    await expect.poll(runs, { timeout: 20_000 }).toBe(1)
  })

  it('whose workflow was terminated gets another one, and nothing else does', async () => {
    const number = await lateMoney()
    const { workflow } = rig.deps.client
    await workflow.start('refund', {
      args: [{ number }],
      taskQueue: 'orders-nobody',
      workflowId: `refund-${number}`,
    })
    await workflow.getHandle(`refund-${number}`).terminate('by mistake')
    expect(await startRefunds(rig.deps)).toBe(1)
    expect(await workflow.getHandle(`refund-${number}`).result()).toEqual({ end: 'success' })
    await rig.sql`UPDATE refunds SET due_at = now()`
    expect(await startRefunds(rig.deps)).toBe(0)
  })
})

describe('an order that should have ended', () => {
  const attentionOf = async (order: OrderId) => [
    ...(await rig.sql`SELECT reason, cleared_at IS NOT NULL AS cleared FROM attention WHERE order_id = ${order} ORDER BY id`),
  ]
  async function overdue(): Promise<{ order: OrderId; input: Awaited<ReturnType<typeof everything>> }> {
    const input = await everything(rig.shop)
    const order = await done(rig.sql, input, 2)
    await rig.sql`UPDATE orders SET placed_at = now() - interval '6 minutes' WHERE id = ${order}`
    return { order, input }
  }

  it('and has no workflow asks for a human, once, until it has ended', async () => {
    const { order } = await overdue()
    await Promise.all([findOverdue(rig.deps), findOverdue(rig.deps)])
    expect(await findOverdue(rig.deps)).toBe(0)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_without_workflow', cleared: false }])
    await reject(rig.sql, order)
    await findOverdue(rig.deps)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_without_workflow', cleared: true }])
  })

  it('and whose workflow still runs is overdue', async () => {
    const { order, input } = await overdue()
    await rig.deps.client.workflow.start('order', {
      args: [input],
      taskQueue: 'orders-nobody',
      workflowId: `order-${order}`,
    })
    await findOverdue(rig.deps)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_overdue', cleared: false }])
    await rig.deps.client.workflow.getHandle(`order-${order}`).terminate()
    await reject(rig.sql, order)
    await findOverdue(rig.deps)
    expect(await attentionOf(order)).toEqual([{ reason: 'order_overdue', cleared: true }])
  })

  it('in less than five minutes from now asks nobody', async () => {
    const order = await done(rig.sql, await everything(rig.shop), 2)
    expect(await findOverdue(rig.deps)).toBe(0)
    await reject(rig.sql, order)
  })
})

describe('a buyer’s note', () => {
  it('is kept once: with its order, no longer beside it', async () => {
    const input = await everything(rig.shop)
    const waiting = rig.shop.ids.next()
    await rig.sql`INSERT INTO order_notes (order_id, fingerprint, note) VALUES (${input.orderId}, 'x', 'ring twice'), (${waiting}, 'x', 'placed soon')`
    const order = await done(rig.sql, input, 1)
    expect(await forgetNotes(rig.deps)).toBe(0)
    await rig.sql`UPDATE orders SET placed_at = now() - interval '2 minutes' WHERE id = ${order}`
    expect(await forgetNotes(rig.deps)).toBe(1)
    expect([...(await rig.sql`SELECT order_id::text AS id FROM order_notes`)]).toEqual([{ id: waiting }])
    await rig.sql`UPDATE order_notes SET written_at = now() - interval '31 days'`
    expect(await forgetNotes(rig.deps)).toBe(1)
    await reject(rig.sql, order)
  })
})

describe('the outbox', () => {
  const left = () => rig.sql<{ tried: number }[]>`SELECT tried FROM outbox`

  it('keeps what Redis could not take, tries until it is taken, and then forgets it', async () => {
    const input = await everything(rig.shop)
    const lines = input.lines.map((line, i) => ({ ...line, ...(i === 0 ? { cartLine: 'line-1' } : {}) }))
    rig.carts.away = true
    await leaveCart(rig.sql, rig.deps.carts, log, { ...input, lines })
    for (const tried of [1, 2]) {
      expect(await emptyOutbox(rig.deps)).toBe(1)
      expect(await emptyOutbox(rig.deps)).toBe(0)
      expect([...(await left())]).toEqual([{ tried }])
      await rig.sql`UPDATE outbox SET due_at = now()`
    }
    await rig.sql`UPDATE outbox SET tried = 60`
    rig.carts.away = false
    expect(await emptyOutbox(rig.deps)).toBe(1)
    expect(rig.carts.taken).toEqual([
      { buyer: input.buyerId, bought: [{ sku: lines[0]?.sku, line: 'line-1' }] },
    ])
    expect(await left()).toHaveLength(0)
  })

  it('gets nothing for an order that was not bought from the cart', async () => {
    rig.carts.away = true
    await leaveCart(rig.sql, rig.deps.carts, log, await everything(rig.shop))
    expect(await left()).toHaveLength(0)
  })
})

describe('the relay', () => {
  it('runs a duty again after a fault, and stops when told to', async () => {
    const [failed, again] = [gate(), gate()]
    let runs = 0
    const duty = async () => {
      runs += 1
      if (runs === 1) {
        failed.open()
        throw new Error('PostgreSQL is away')
      }
      again.open()
      return 0
    }
    const running = runDuties([{ name: 'test', everyMs: 1, run: duty }], log)
    await failed.opened
    await again.opened
    await running.stop()
    const after = runs
    await new Promise((resolve) => setImmediate(resolve))
    expect(runs).toBe(after)
  })
})
