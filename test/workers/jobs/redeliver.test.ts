import { describe, expect, it } from 'vitest'
import type { AttemptNumber, NotificationId, OrderId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { storePayment } from '../../../services/payments/notifications.ts'
import { redeliver } from '../../../workers/jobs/notifications.ts'
import { findOverdue } from '../../../workers/jobs/overdue.ts'
import { everything } from '../../services/orders/everything.ts'
import { payable } from '../../services/payments/resolving.ts'
import { orderRow } from '../../support/books.ts'
import { audited } from '../../support/use-shop.ts'
import { jobsHarness } from './harness.ts'

const harness = await audited(jobsHarness())

/** A paid attempt whose notification is due. */
async function notified(): Promise<{
  input: OrderInput
  order: OrderId
  attempt: AttemptNumber
  notification: NotificationId
}> {
  const made = await payable(harness.sql, harness.shop, harness.till)
  const { id } = await storePayment(
    { sql: harness.sql, ids: harness.shop.ids },
    await harness.till.facts(made.attempt),
    'callback',
  )
  await due(id)
  return { ...made, notification: id }
}
const due = (id: NotificationId) => harness.sql`UPDATE notifications SET due_at = now() WHERE id = ${id}`
const stateOf = async (id: NotificationId) =>
  (
    await harness.sql<{ outcome: string | null; delivered: number; waits: boolean }[]>`
    SELECT outcome, delivered, due_at > now() AS waits FROM notifications WHERE id = ${id}`
  )[0]
/** A jobs that was started without the provider's account. */
const cannotResolve = () => ({ ...harness.deps, payments: { ...harness.deps.payments, accounts: {} } })
const attentionOf = (id: NotificationId) =>
  harness.sql`SELECT reason FROM attention WHERE subject = ${id} AND cleared_at IS NULL`

describe('a stored notification', () => {
  it('is left to whoever stored it for a while', async () => {
    const { attempt } = await payable(harness.sql, harness.shop, harness.till)
    await storePayment(
      { sql: harness.sql, ids: harness.shop.ids },
      await harness.till.facts(attempt),
      'callback',
    )
    expect(await redeliver(harness.deps)).toBe(0)
    await harness.sql`UPDATE notifications SET due_at = now() WHERE outcome IS NULL`
    await redeliver(harness.deps)
  })

  it('is taken up again and again until its outcome is written, and never after', async () => {
    const { order, notification } = await notified()
    for (const times of [1, 2, 3]) {
      await due(notification)
      expect(await redeliver(cannotResolve())).toBe(1)
      expect(await stateOf(notification)).toEqual({ outcome: null, delivered: times, waits: true })
    }
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'awaiting_payment' })
    await due(notification)
    await redeliver(harness.deps)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid', delivered: 4 })
    await due(notification)
    expect(await redeliver(harness.deps)).toBe(0)
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
  })

  it('is resolved also when the order has no workflow, and those who wait are notified', async () => {
    const { order, notification } = await notified()
    expect(await redeliver(harness.deps)).toBe(1)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid' })
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'to_ship' })
    expect(harness.announced).toContain(order)
  })

  it('that paid the order ends its workflow, which is asleep', async () => {
    const input = await everything(harness.shop)
    await harness.startOrder(input)
    await harness.startWorker()
    await expect
      .poll(async () => orderRow(harness.sql, input.orderId).catch(() => undefined), { timeout: 20_000 })
      .toMatchObject({ status: 'awaiting_payment' })
    const attempt = await harness.till.attempt(input.orderId, input.buyerId)
    const { id } = await storePayment(
      { sql: harness.sql, ids: harness.shop.ids },
      await harness.till.facts(attempt),
      'callback',
    )
    await due(id)
    await redeliver(harness.deps)
    expect(await harness.deps.client.workflow.getHandle(`order-${input.orderId}`).result()).toEqual({
      status: 'to_ship',
    })
  })

  it('of a trade that nobody knows is resolved, and asks a human', async () => {
    const facts = await harness.till.facts('1' as AttemptNumber, { transaction: 'stray' })
    const { id } = await storePayment({ sql: harness.sql, ids: harness.shop.ids }, facts, 'callback')
    await due(id)
    await redeliver(harness.deps)
    expect(await stateOf(id)).toMatchObject({ outcome: 'attention' })
  })

  it('is taken by one of two jobs that look at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, notified))
    const taken = await Promise.all([
      redeliver(harness.deps),
      redeliver(harness.deps),
      redeliver(harness.deps),
    ])
    expect(taken.reduce((a, b) => a + b, 0)).toBe(8)
    for (const { notification } of all)
      expect(await stateOf(notification)).toMatchObject({ outcome: 'paid', delivered: 1 })
  })

  it('that stays unresolved asks a human after the eighth failure, and no more once it is resolved', async () => {
    const { notification } = await notified()
    await harness.sql`UPDATE notifications SET delivered = 6 WHERE id = ${notification}`
    await redeliver(cannotResolve())
    expect(await attentionOf(notification)).toHaveLength(0)
    await due(notification)
    await redeliver(cannotResolve())
    expect(await attentionOf(notification)).toMatchObject([{ reason: 'notification_unresolved' }])
    await findOverdue(harness.deps)
    expect(await attentionOf(notification)).toHaveLength(1)

    await due(notification)
    await redeliver(harness.deps)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid' })
    await findOverdue(harness.deps)
    expect(await attentionOf(notification)).toHaveLength(0)
  })

  it('is taken up at a bounded pause, also when it has been for hours', async () => {
    const { notification } = await notified()
    await harness.sql`UPDATE notifications SET delivered = 60 WHERE id = ${notification}`
    expect(await redeliver(harness.deps)).toBe(1)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid' })
  })
})
