import { setTimeout } from 'node:timers/promises'
import type { ApiClient } from '../api/client.ts'
import type { OrderId } from '../domain/ids.ts'
import type { Harness } from './harness.ts'
import type { Buyer } from './shop.ts'

/** What a buyer of the benchmark holds before the clock starts. */
export type Basket = { api: ApiClient; buyer: Buyer; quoteToken: string }

/** A quote of two lines for the `i`-th buyer. */
export async function basket(harness: Harness, apis: Map<string, ApiClient>, i: number): Promise<Basket> {
  const { buyers, skus } = harness.shop
  const buyer = buyers[i % buyers.length]
  if (!buyer) throw new Error('the shop has no buyers')
  const api = apis.get(buyer.id) ?? harness.as(buyer.id)
  apis.set(buyer.id, api)
  const sku = (n: number) => skus[n % skus.length] ?? ''
  const quoted = await api.v1.quotes.$post({
    json: {
      lines: [
        { sku: sku(2 * i), quantity: 1 },
        { sku: sku(2 * i + 1), quantity: 1 },
      ],
    },
  })
  if (quoted.status !== 200) throw new Error(`a quote answered ${quoted.status}: ${await quoted.text()}`)
  return { api, buyer, quoteToken: (await quoted.json()).quoteToken }
}

/**
 * Places the order; resolves when its buyer knows: with the answer, or, asked to look elsewhere (202), when
 * the row says it.
 */
export async function placeOrder(
  harness: Harness,
  { api, buyer, quoteToken }: Basket,
  more: Record<string, string> = {},
): Promise<OrderId> {
  const placed = await api.v1.orders.$post({
    json: { quoteToken, addressId: buyer.address, payment: 'online', ...more },
  })
  if (placed.status === 202) {
    // What 202 answers; its ids are text.
    const { orderId } = (await placed.json()) as unknown as { orderId: OrderId }
    await harness.events.until(orderId, { forMs: 60_000 }, async () => {
      const [row] = await harness.db.sql`SELECT 1 FROM orders WHERE id = ${orderId} AND status <> 'placing'`
      return row
    })
    return orderId
  }
  if (placed.status !== 201) throw new Error(`placing answered ${placed.status}: ${await placed.text()}`)
  return (await placed.json()).number as OrderId // An order's number is its id.
}

/** Pays by WeChat at the sandbox, whose signed callback settles it; resolves when the order's row says so. */
export async function payAndSettle(harness: Harness, { api }: Basket, order: OrderId): Promise<void> {
  const opened = await api.v1.orders[':id'].payments.$post({
    param: { id: order },
    json: { channel: 'wechat-v3' },
  })
  if (opened.status !== 201) throw new Error(`paying answered ${opened.status}: ${await opened.text()}`)
  const isSettled = async () => {
    const [row] = await harness.db.sql`SELECT 1 FROM orders WHERE id = ${order} AND status = 'to_ship'`
    return row
  }
  const settled = harness.events.until(order, { forMs: 60_000, first: 'later' }, isSettled)
  await harness.sandbox.pay((await opened.json()).number)
  if (!(await settled)) throw new Error(`order ${order} was paid and not settled within a minute`)
}

/** Waits until no more than `asleep` workflows of orders run: those that were paid have ended. */
export async function workflowsEnded({ client }: Harness, asleep: number): Promise<void> {
  for (;;) {
    const { count } = await client.workflow.count("WorkflowType = 'order' AND ExecutionStatus = 'Running'")
    if (count <= asleep) return
    await setTimeout(100)
  }
}
