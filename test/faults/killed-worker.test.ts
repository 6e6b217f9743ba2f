import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { OrderId, SkuId } from '../../domain/ids.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { openSystem, type Shopper, type TestSystem } from '../end-to-end/system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({ worker: false, jobs: true })
})
afterAll(() => system.close())

const placing = ['openOrder', 'reserveStock', 'lockCoupon', 'debitBalance', 'spendPoints', 'confirm']

function workerProcess(queue: string, dieAfter = ''): ChildProcess {
  return spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./doomed-worker.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        ...system.environment,
        ORDERS_QUEUE: queue,
        WORKFLOW_BUNDLE: inject('workflowBundle'),
        DIE_AFTER: dieAfter,
        CLOSED_FAST_PATH: placing.includes(dieAfter) ? '1' : '',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}

/**
 * Starts an order with everything, whose worker dies after the activity; something may happen to the order
 * before; then a healthy worker takes over. Answers how the order's workflow ended.
 */
async function survive(
  n: number,
  { dieAfter, payWithinMs }: { dieAfter: string; payWithinMs: number },
  happen: (order: OrderId) => Promise<void> = async () => {},
) {
  const queue = `orders-${dieAfter}-${n}-${Date.now()}`
  const doomed = workerProcess(queue, dieAfter)
  const input = await inputOf(n, payWithinMs)
  const handle = await system.container.client.workflow.start('order', {
    args: [input],
    taskQueue: queue,
    workflowId: `order-${input.orderId}`,
    workflowTaskTimeout: '2 s',
  })
  const died = once(doomed, 'exit')
  await Promise.all([happen(input.orderId), died.then(([, signal]) => expect(signal).toBe('SIGKILL'))])
  stopping.push(workerProcess(queue))
  return { order: input.orderId, end: () => handle.result() }
}
const stopping: ChildProcess[] = []
afterAll(async () => {
  for (const child of stopping) {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
})

/** This buyer's order has a SKU of its own, as the tests run side by side. */
const goesOffSale = 6

/** The `n`-th buyer who can afford an order with everything. */
async function wealthy(n: number): Promise<Shopper> {
  const [buyer] = await system.container.db.sql<{ id: string }[]>`
    SELECT w.user_id::text AS id
    FROM wallets w
    JOIN loyalty l ON l.user_id = w.user_id
    JOIN user_coupons c ON c.user_id = w.user_id AND c.coupon_id = 501
    WHERE w.balance_fen >= 10 AND l.points >= 10 GROUP BY w.user_id ORDER BY w.user_id OFFSET ${n} LIMIT 1`
  return system.shopper(Number(buyer?.id) - 20_001)
}

async function inputOf(n: number, payWithinMs: number): Promise<OrderInput> {
  const shopper = await wealthy(n)
  const [sku] = await system.container.db.sql<{ id: SkuId; price: string }[]>`
    SELECT k.id::text AS id, k.price_fen::text AS price FROM skus k JOIN stock s ON s.sku_id = k.id
    WHERE k.on_sale AND k.price_fen >= 5000
    GROUP BY k.id
    HAVING sum(s.on_hand) > 20
    ORDER BY k.id
    OFFSET ${n === goesOffSale ? 1 : 0}
    LIMIT 1`
  const [coupon] = await system.container.db.sql<
    { id: string }[]
  >`SELECT max(id)::text AS id FROM user_coupons WHERE user_id = ${shopper.id} AND coupon_id = 501`
  const rates = await system.container.db.sql<{ province: string; fee: string; freeFrom: string | null }[]>`
    SELECT province, fee_fen::text AS fee, free_from_fen::text AS "freeFrom" FROM shipping_rates`
  return {
    orderId: system.container.ids.next(),
    buyerId: shopper.id,
    kind: 1,
    source: 'web',
    lines: [{ sku: sku?.id, quantity: 1, unitPrice: sku?.price }],
    rates: Object.fromEntries(rates.map(({ province, fee, freeFrom }) => [province, { fee, freeFrom }])),
    addressId: shopper.addressId,
    couponId: coupon?.id,
    points: '10',
    balance: '10',
    payment: 'online',
    fingerprint: 'x',
    payWithinMs,
  } as OrderInput // Rows of the seeded shop, whose ids are what they say.
}

const movementsOf = async (order: OrderId) => {
  const rows = await system.container.db.sql<{ what: string }[]>`
    SELECT 'stock ' || kind AS what FROM stock_movements WHERE order_id = ${order}
    UNION ALL SELECT 'wallet ' || kind FROM wallet_movements WHERE order_id = ${order}
    UNION ALL SELECT 'points ' || kind FROM points_movements WHERE order_id = ${order}
    UNION ALL SELECT 'coupon ' || kind FROM coupon_movements WHERE order_id = ${order}`
  return rows.map(({ what }) => what).sort()
}
const held = ['coupon locked', 'points order', 'stock reserved', 'wallet order']
const released = [
  'coupon locked',
  'coupon unlocked',
  'points order',
  'points order_undone',
  'stock released',
  'stock reserved',
  'wallet order',
  'wallet order_undone',
]
const settled = [
  'coupon locked',
  'coupon used',
  'points earned',
  'points order',
  'stock deducted',
  'stock reserved',
  'wallet order',
]

describe.concurrent('a worker that is killed the moment an effect has happened', { timeout: 240_000 }, () => {
  it.each(['place', ...placing])(
    'after %s: the order is placed once, at the price it was opened with',
    async (name) => {
      const n = 20 + placing.indexOf(name)
      const { order } = await survive(n, { dieAfter: name, payWithinMs: 3_600_000 })
      await system.reaches(order, 'awaiting_payment')
      expect(await movementsOf(order)).toEqual(held)
    },
  )

  it('after lockCoupon, and then the goods go off sale: the order, checked when it was opened, goes on', async () => {
    const taken = async (order: OrderId) => {
      await expect
        .poll(async () => (await movementsOf(order)).includes('coupon locked'), { timeout: 30_000 })
        .toBe(true)
      await system.container.db.sql`
          UPDATE skus
          SET on_sale = false
          WHERE id IN (SELECT sku_id FROM order_lines WHERE order_id = ${order})`
    }
    const { order } = await survive(goesOffSale, { dieAfter: 'lockCoupon', payWithinMs: 3_600_000 }, taken)
    await system.reaches(order, 'awaiting_payment')
    await system.container.db.sql`
        UPDATE skus
        SET on_sale = true
        WHERE id IN (SELECT sku_id FROM order_lines WHERE order_id = ${order})`
  })

  it('after closeOrder: it is closed and everything is given back, once', async () => {
    const { order, end } = await survive(10, { dieAfter: 'closeOrder', payWithinMs: 500 })
    expect(await end()).toEqual({ status: 'closed' })
    expect(await movementsOf(order)).toEqual(released)
  })

  it('after closeOrder, with an open attempt: the provider is asked before anything is given back', async () => {
    const { order, end } = await survive(11, { dieAfter: 'closeOrder', payWithinMs: 4000 }, async (order) => {
      await system.reaches(order, 'awaiting_payment')
      expect((await system.pay(await wealthy(11), order)).status).toBe(201)
    })
    expect(await end()).toEqual({ status: 'closed' })
    expect(await movementsOf(order)).toEqual(released)
  })

  it('after closeAttempt: the provider’s answer is asked for again, and the order is closed', async () => {
    const { order, end } = await survive(
      12,
      { dieAfter: 'closeAttempt', payWithinMs: 4000 },
      async (order) => {
        await system.reaches(order, 'awaiting_payment')
        expect((await system.pay(await wealthy(12), order)).status).toBe(201)
      },
    )
    expect(await end()).toEqual({ status: 'closed' })
    expect(await movementsOf(order)).toEqual(released)
  })

  it('after resolvePayment, when closing found the money: it is settled once', async () => {
    const { order, end } = await survive(
      13,
      { dieAfter: 'resolvePayment', payWithinMs: 4000 },
      async (order) => {
        await system.reaches(order, 'awaiting_payment')
        const { body } = await system.pay(await wealthy(13), order)
        await system.sandbox.switches({ noNotification: true }, String(body.number))
        await system.sandbox.pay(String(body.number))
      },
    )
    expect(await end()).toEqual({ status: 'to_ship' })
    expect(await movementsOf(order)).toEqual(settled)
  })

  it('after refundAtProvider: the money goes back once', async () => {
    const queue = `orders-refunded-${Date.now()}`
    stopping.push(workerProcess(queue))
    const input = await inputOf(14, 4000)
    const { orderId: order } = input
    const handle = await system.container.client.workflow.start('order', {
      args: [input],
      taskQueue: queue,
      workflowId: `order-${order}`,
    })
    await system.reaches(order, 'awaiting_payment')
    const number = String((await system.pay(await wealthy(14), order)).body.number)
    await system.sandbox.switches({ takeMoneyWhenClosed: true }, number)
    expect(await handle.result()).toEqual({ status: 'closed' })
    await system.sandbox.pay(number)

    const doomed = workerProcess(system.environment.ORDERS_QUEUE ?? '', 'refundAtProvider')
    const [, signal] = await once(doomed, 'exit')
    expect(signal).toBe('SIGKILL')
    stopping.push(workerProcess(system.environment.ORDERS_QUEUE ?? ''))
    const [refund] = await system.container.db.sql<
      { number: string }[]
    >`SELECT number FROM refunds WHERE order_id = ${order}`
    expect(await system.container.client.workflow.getHandle(`refund-${refund?.number}`).result()).toEqual({
      end: 'success',
    })
  })
})

it('and the books add up after all that', () => system.addsUp())
