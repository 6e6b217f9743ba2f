import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttemptNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { storePayment } from '../../services/payments/notifications.ts'
import { ordersToPay } from './orders-to-pay.ts'
import { openSystem, type TestSystem } from './system.ts'

let system: TestSystem
let worker: { stop(): Promise<void> }
beforeAll(async () => {
  system = await openSystem({ payWithinS: 4, worker: false })
  worker = await system.startWorker()
})
afterAll(() => system.close())

const { opened, refundsOf } = ordersToPay(() => system)

describe('delivered is not handled', () => {
  it('the paying notification comes again after the order is done and its history gone: nothing happens', async () => {
    const { order, number } = await opened()
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
    const handle = system.container.client.workflow.getHandle(`order-${order}`)
    await handle.result()
    await system.container.client.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: `order-${order}` },
    })
    const [stored] = await system.container.db.sql<
      { transaction: string; amount: bigint; merchant: string; app: string }[]
    >`
      SELECT number AS transaction, amount_fen AS amount, merchant, app
      FROM notifications
      WHERE attempt = ${number}`
    if (!stored) throw new Error('the payment was never notified')
    const again = {
      ...stored,
      amount: fen(stored.amount),
      provider: 'wechat-v3',
      attempt: number as AttemptNumber,
      state: 'SUCCESS_AGAIN',
      currency: 'CNY',
    }
    const { id } = await storePayment(
      { sql: system.container.db.sql, ids: system.container.ids },
      again,
      'callback',
    )
    await expect
      .poll(() => system.container.db.sql`SELECT outcome FROM notifications WHERE id = ${id}`, {
        timeout: 30_000,
      })
      .toEqual([{ outcome: 'duplicate' }])
    expect(await refundsOf(order)).toEqual([])
  })

  it('no workflow is there to be signalled: the order is paid all the same', async () => {
    const { order, number } = await opened()
    await system.container.client.workflow.getHandle(`order-${order}`).terminate('an operator slipped')
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
  })

  it('no worker is up: the order is paid at once, and its workflow ends so when one comes back', async () => {
    const { order, number } = await opened()
    await worker.stop()
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
    worker = await system.startWorker()
    expect(await system.container.client.workflow.getHandle(`order-${order}`).result()).toEqual({
      status: 'to_ship',
    })
  })

  it('an authentic notification for a number that is none of ours asks a human', async () => {
    const facts = {
      provider: 'wechat-v3',
      transaction: 't-unknown',
      attempt: '42' as AttemptNumber,
      state: 'SUCCESS',
      amount: fen(100),
      currency: 'CNY',
      merchant: 'm',
      app: 'a',
    }
    await storePayment({ sql: system.container.db.sql, ids: system.container.ids }, facts, 'callback')
    await expect
      .poll(
        () => system.container.db.sql`SELECT reason FROM attention WHERE subject = 'wechat-v3 t-unknown'`,
        {
          timeout: 30_000,
        },
      )
      .toEqual([{ reason: 'unknown_trade' }])
    await system.container.db.sql`DELETE FROM notifications WHERE number = 't-unknown'`
  })
})

it('and the books add up, here and at the provider', async () => {
  await expect
    .poll(
      () => system.container.db.sql`SELECT 1 FROM orders WHERE status IN ('awaiting_payment', 'closing')`,
      {
        timeout: 50_000,
      },
    )
    .toHaveLength(0)
  await system.addsUp()
})
