import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttemptNumber, NotificationId, OrderId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { storePayment } from '../../../services/payments/notifications.ts'
import { redeliver } from '../../../workers/jobs/notifications.ts'
import { findOverdue } from '../../../workers/jobs/overdue.ts'
import { everything } from '../../services/orders/everything.ts'
import { payable } from '../../services/payments/resolving.ts'
import { expectBooksToAddUp, orderRow } from '../../support/books.ts'
import { type RelayRig, relayRig } from './harness.ts'

let rig: RelayRig
beforeAll(async () => {
  rig = await relayRig()
})
afterAll(async () => {
  await expectBooksToAddUp(rig.sql)
  await rig.close()
})

/** A paid attempt whose notification is due. */
async function notified(): Promise<{
  input: OrderInput
  order: OrderId
  attempt: AttemptNumber
  notification: NotificationId
}> {
  const made = await payable(rig.sql, rig.shop, rig.till)
  const { id } = await storePayment(rig.sql, rig.shop.ids, await rig.till.facts(made.attempt), 'callback')
  await due(id)
  return { ...made, notification: id }
}
const due = (id: NotificationId) => rig.sql`UPDATE notifications SET due_at = now() WHERE id = ${id}`
const stateOf = async (id: NotificationId) =>
  (
    await rig.sql<{ outcome: string | null; delivered: number; waits: boolean }[]>`
    SELECT outcome, delivered, due_at > now() AS waits FROM notifications WHERE id = ${id}`
  )[0]
/** A relay that was started without the provider's account. */
const cannotJudge = () => ({ ...rig.deps, payments: { ...rig.deps.payments, accounts: {} } })
const attentionOf = (id: NotificationId) =>
  rig.sql`SELECT reason FROM attention WHERE subject = ${id} AND cleared_at IS NULL`

describe('a stored notification', () => {
  it('is left to whoever stored it for a while', async () => {
    const { attempt } = await payable(rig.sql, rig.shop, rig.till)
    await storePayment(rig.sql, rig.shop.ids, await rig.till.facts(attempt), 'callback')
    expect(await redeliver(rig.deps)).toBe(0)
    await rig.sql`UPDATE notifications SET due_at = now() WHERE outcome IS NULL`
    await redeliver(rig.deps)
  })

  it('is taken up again and again until its outcome is written, and never after', async () => {
    const { order, notification } = await notified()
    for (const times of [1, 2, 3]) {
      await due(notification)
      expect(await redeliver(cannotJudge())).toBe(1)
      expect(await stateOf(notification)).toEqual({ outcome: null, delivered: times, waits: true })
    }
    expect(await orderRow(rig.sql, order)).toMatchObject({ status: 'awaiting_payment' })
    await due(notification)
    await redeliver(rig.deps)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid', delivered: 4 })
    await due(notification)
    expect(await redeliver(rig.deps)).toBe(0)
    expect(await orderRow(rig.sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
  })

  it('is judged also when the order has no workflow, and those who wait are told', async () => {
    const { order, notification } = await notified()
    expect(await redeliver(rig.deps)).toBe(1)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid' })
    expect(await orderRow(rig.sql, order)).toMatchObject({ status: 'to_ship' })
    expect(rig.announced).toContain(order)
  })

  it('that paid the order ends its workflow, which is asleep', async () => {
    const input = await everything(rig.shop)
    await rig.startOrder(input)
    await rig.startWorker()
    await expect
      .poll(async () => orderRow(rig.sql, input.orderId).catch(() => undefined), { timeout: 20_000 })
      .toMatchObject({ status: 'awaiting_payment' })
    const attempt = await rig.till.attempt(input.orderId, input.buyerId)
    const { id } = await storePayment(rig.sql, rig.shop.ids, await rig.till.facts(attempt), 'callback')
    await due(id)
    await redeliver(rig.deps)
    expect(await rig.deps.client.workflow.getHandle(`order-${input.orderId}`).result()).toEqual({
      status: 'to_ship',
    })
  })

  it('of a trade that nobody knows is judged, and asks a human', async () => {
    const facts = await rig.till.facts('1' as AttemptNumber, { transaction: 'stray' })
    const { id } = await storePayment(rig.sql, rig.shop.ids, facts, 'callback')
    await due(id)
    await redeliver(rig.deps)
    expect(await stateOf(id)).toMatchObject({ outcome: 'attention' })
  })

  it('is taken by one of two relays that look at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, notified))
    const taken = await Promise.all([redeliver(rig.deps), redeliver(rig.deps), redeliver(rig.deps)])
    expect(taken.reduce((a, b) => a + b, 0)).toBe(8)
    for (const { notification } of all)
      expect(await stateOf(notification)).toMatchObject({ outcome: 'paid', delivered: 1 })
  })

  it('that stays unjudged asks a human after the eighth failure, and no more once it is judged', async () => {
    const { notification } = await notified()
    await rig.sql`UPDATE notifications SET delivered = 6 WHERE id = ${notification}`
    await redeliver(cannotJudge())
    expect(await attentionOf(notification)).toHaveLength(0)
    await due(notification)
    await redeliver(cannotJudge())
    expect(await attentionOf(notification)).toMatchObject([{ reason: 'notification_unjudged' }])
    await findOverdue(rig.deps)
    expect(await attentionOf(notification)).toHaveLength(1)

    await due(notification)
    await redeliver(rig.deps)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid' })
    await findOverdue(rig.deps)
    expect(await attentionOf(notification)).toHaveLength(0)
  })

  it('is taken up at a bounded pause, also when it has been for hours', async () => {
    const { notification } = await notified()
    await rig.sql`UPDATE notifications SET delivered = 60 WHERE id = ${notification}`
    expect(await redeliver(rig.deps)).toBe(1)
    expect(await stateOf(notification)).toMatchObject({ outcome: 'paid' })
  })
})
