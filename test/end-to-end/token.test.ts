import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderId } from '../../domain/ids.ts'
import { openSystem, type TestSystem } from './system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem()
})
afterAll(() => system.close())

const quoteOne = async (n: number) => {
  const shopper = await system.shopper(n)
  const [sku = ''] = await system.skus()
  return { shopper, token: await system.quote(shopper, [{ sku, quantity: 1 }]) }
}
const forgetHistory = async (order: OrderId) => {
  await system.container.client.workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: `order-${order}` },
  })
  await expect
    .poll(
      () =>
        system.container.client.workflow
          .getHandle(`order-${order}`)
          .describe()
          .catch((error: Error) => error.name),
      { timeout: 55_000, interval: 500 },
    )
    .toBe('WorkflowNotFoundError')
}

describe('the same token gets the same answer', () => {
  it('50 at once: one order', async () => {
    const { shopper, token } = await quoteOne(0)
    const answers = await Promise.all(Array.from({ length: 50 }, () => system.place(shopper, token)))
    expect(new Set(answers.map(({ body }) => body.number)).size).toBe(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    const [count] = await system.container.db.sql`
        SELECT count(*)::int AS n
        FROM stock_movements
        WHERE order_id = ${answers[0]?.body.number as string}`
    expect(count).toEqual({ n: 1 })
  })

  it('after it was paid, and after its history was deleted: nothing is done twice', {
    timeout: 90_000,
  }, async () => {
    const { shopper, token } = await quoteOne(1)
    const first = await system.place(shopper, token)
    const order = first.body.number as OrderId
    expect((await system.pay(shopper, order, 'balance')).status).toBe(201)
    await system.reaches(order, 'to_ship')
    await system.container.client.workflow.getHandle(`order-${order}`).result()
    await forgetHistory(order)
    const again = await system.place(shopper, token)
    expect(again).toMatchObject({ status: 201, body: { number: order, status: 'to_ship', payState: 'paid' } })
    await system.addsUp()
  })

  it('a second run of an order whose history is gone touches nothing, though it is asked to close it', {
    timeout: 90_000,
  }, async () => {
    const { shopper, token } = await quoteOne(2)
    const order = (await system.place(shopper, token)).body.number as OrderId
    await system.reaches(order, 'awaiting_payment')
    const handle = system.container.client.workflow.getHandle(`order-${order}`)
    const [started] = (await handle.fetchHistory()).events ?? []
    const input = JSON.parse(
      Buffer.from(
        started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data ?? [],
      ).toString(),
    )
    await forgetHistory(order)
    const second = await system.container.client.workflow.signalWithStart('order', {
      args: [{ ...input, payWithinMs: 1 }],
      taskQueue: system.environment.ORDERS_QUEUE ?? '',
      workflowId: `order-${order}`,
      signal: 'cancel',
      signalArgs: ['buyer_cancelled'],
    })
    expect(await second.result()).toEqual({ status: 'awaiting_payment' })
    expect(await system.place(shopper, token)).toMatchObject({
      status: 201,
      body: { number: order, status: 'awaiting_payment', closedWhy: null },
    })
    // The row alone can still be paid: nothing was given back.
    expect((await system.pay(shopper, order, 'balance')).status).toBe(201)
    await system.reaches(order, 'to_ship')
    await system.addsUp()
  })

  it('with another choice it is token_reused, also when both come at once', async () => {
    const { shopper, token } = await quoteOne(3)
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((note) => system.place(shopper, token, { note })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
    const winner = answers.findIndex(({ status }) => status === 201)
    expect(answers[winner]?.body.note).toBe(['a', 'b', 'c', 'd'][winner])
    for (const { status, body } of answers) if (status === 409) expect(body.code).toBe('token_reused')
  })

  it('a refusal is repeated as well', async () => {
    const { shopper, token } = await quoteOne(4)
    const first = await system.place(shopper, token, { balance: '1', addressId: '999' })
    expect(first).toMatchObject({ status: 409, body: { code: 'address_unknown' } })
    expect(await system.place(shopper, token, { balance: '1', addressId: '999' })).toEqual(first)
  })

  it('after the order was closed', async () => {
    const { shopper, token } = await quoteOne(5)
    const order = (await system.place(shopper, token)).body.number as OrderId
    await shopper.api.v1.orders[':id'].cancel.$post({ param: { id: order } })
    await system.reaches(order, 'closed')
    expect(await system.place(shopper, token)).toMatchObject({
      status: 201,
      body: { number: order, status: 'closed', closedWhy: 'buyer_cancelled' },
    })
  })
})

describe('with no worker up', () => {
  it('answers 202 with where to look, and the order is placed when a worker comes back', async () => {
    const lonely = await openSystem({ worker: false, jobs: false })
    try {
      const shopper = await lonely.shopper(0)
      const [sku = ''] = await lonely.skus()
      const token = await lonely.quote(shopper, [{ sku, quantity: 1 }])
      const pending = await lonely.place(shopper, token)
      expect(pending).toMatchObject({
        status: 202,
        body: { look: expect.stringMatching(/^\/v1\/orders\/\d+$/) },
      })
      await lonely.startWorker()
      const order = pending.body.orderId as OrderId
      await lonely.reaches(order, 'awaiting_payment')
      expect(await lonely.place(shopper, token)).toMatchObject({ status: 201, body: { number: order } })
    } finally {
      await lonely.close()
    }
  })
})
