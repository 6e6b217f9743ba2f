import { describe, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
import type { AttemptNumber, NotificationId, OrderId } from '../../domain/ids.ts'
import { backgroundDelivery } from '../../runtime/background-delivery.ts'
import { storePayment } from '../../services/payments/notifications.ts'
import { deliveryDeps } from '../../workers/jobs/deps.ts'
import { payable } from '../services/payments/resolving.ts'
import { gate, held, waitingForLocks } from '../support/gates.ts'
import { audited } from '../support/use-shop.ts'
import { jobsHarness } from '../workers/jobs/harness.ts'

const harness = await audited(jobsHarness())

type Notified = { order: OrderId; attempt: AttemptNumber; notification: NotificationId }
async function notified(): Promise<Notified> {
  const { order, attempt } = await payable(harness.sql, harness.shop, harness.till)
  const { id } = await storePayment(
    { sql: harness.sql, ids: harness.shop.ids },
    await harness.till.facts(attempt),
    'callback',
  )
  return { order, attempt, notification: id }
}
const outcomeOf = async (id: NotificationId) =>
  (await harness.sql<{ outcome: string | null }[]>`SELECT outcome FROM notifications WHERE id = ${id}`)[0]
    ?.outcome
const paid = (id: NotificationId) => expect.poll(() => outcomeOf(id), { timeout: 20_000 }).toBe('paid')

/** The container, over a pool whose statements can be seen. */
function watched(max = 20) {
  const statements: string[] = []
  const db = connect(harness.fresh.url, { max, debug: (query) => statements.push(query) })
  const resolutions = () =>
    statements.filter((query) => /FROM orders\s+WHERE id = \([^;]*FOR UPDATE/.test(query)).length
  return { db, resolutions, deps: { ...deliveryDeps(harness.deps), sql: db.sql } }
}

describe('in the background', () => {
  it('a notification is resolved, and those who look at the order are notified', async () => {
    const { order, notification } = await notified()
    backgroundDelivery(deliveryDeps(harness.deps)).soon(order, notification)
    await paid(notification)
    await expect.poll(() => harness.announced).toContain(order)
  })

  it('none is resolved while a crowd waits for its answers, and all are when it has gone', async () => {
    // One connection: what is asked of it first is sent first.
    const { db, resolutions, deps } = watched(1)
    const all = [await notified(), await notified()]
    const delivery = backgroundDelivery(deps)
    const crowd = gate()
    const answers = Array.from({ length: 12 }, () => delivery.after(() => crowd.opened))
    for (const { order, notification } of all) delivery.soon(order, notification)
    await db.sql`SELECT 1`
    expect(resolutions()).toBe(0)
    crowd.open()
    await Promise.all(answers)
    for (const { notification } of all) await paid(notification)
    await db.close()
  })

  it('few are resolved at once, so that connections are left for the buyers', async () => {
    const { db, resolutions, deps } = watched()
    const all: Notified[] = []
    for (let i = 0; i < 10; i++) all.push(await notified())
    const rows = await held(
      harness.sql,
      (tx) => tx`SELECT 1 FROM orders WHERE id = ANY(${all.map(({ order }) => order)}) FOR UPDATE`,
    )
    const delivery = backgroundDelivery(deps)
    for (const { order, notification } of all) delivery.soon(order, notification)
    await waitingForLocks(harness.sql, 8)
    expect(await db.sql`SELECT 1 AS one`).toEqual([{ one: 1 }])
    expect(resolutions()).toBe(8)
    await rows.commit()
    for (const { notification } of all) await paid(notification)
    await db.close()
  })

  it('one that cannot be resolved is left to the jobs, and the next is resolved', async () => {
    const [first, second] = [await notified(), await notified()]
    const { db, deps } = watched()
    await harness.sql`UPDATE notifications SET provider = 'not-here' WHERE id = ${first.notification}`
    const delivery = backgroundDelivery(deps)
    for (let i = 0; i < 9; i++) delivery.soon(first.order, first.notification)
    delivery.soon(second.order, second.notification)
    await paid(second.notification)
    expect(await outcomeOf(first.notification)).toBeNull()
    await harness.sql`UPDATE notifications SET provider = 'pay' WHERE id = ${first.notification}`
    delivery.soon(first.order, first.notification)
    await paid(first.notification)
    await db.close()
  })
})
