import { setTimeout as pause } from 'node:timers/promises'
import { SandboxRefusal, type Switches } from '../../../sandbox/client.ts'
import { type Answer, call, codeOf } from './call.ts'
import type { Op } from './ops.ts'
import { personOf, type StoryShop } from './shop.ts'
import type { ModelSystem } from './system.ts'
import type { News } from './world.ts'

/** Does this to the real shop; the answer in the model's words. */
export async function perform(system: ModelSystem, shop: StoryShop, op: Op): Promise<string> {
  switch (op.is) {
    case 'place':
      return place(system, shop, op)
    case 'join':
      return join(system, shop, op)
    case 'open':
      return open(system, shop, op)
    case 'pay':
      return pay(system, shop.trades.get(op.trade) ?? '')
    case 'pay from wallet': {
      const answer = await ofBuyer(system, shop, {
        order: op.order,
        path: '/payments',
        body: { channel: 'balance' },
      })
      return answer.status === 201 ? 'paid' : codeOf(answer)
    }
    case 'cancel':
      return cancel(system, shop, op.order)
    case 'refund':
      return refund(system, shop, op)
    case 'end sale': {
      const path = `/v1/ops/sessions/${shop.offer.session}/end`
      const answer = await call(system, await system.tokenOf('1', 'operator'), { request: `POST ${path}` })
      // Nobody else ends it: it was asked again after it had taken too long to be answered.
      return answer.status === 200 || answer.body.code === 'session_ended' ? 'ended' : codeOf(answer)
    }
  }
}

async function place(system: ModelSystem, shop: StoryShop, op: Op & { is: 'place' }): Promise<string> {
  const person = personOf(shop, op.buyer)
  const lines = op.lines.map(({ sku, quantity }) => ({ sku: shop.skus[sku], quantity }))
  const quote = await call(system, person.token, { request: 'POST /v1/quotes', body: { lines } })
  if (quote.status !== 200) throw new Error(`a quote was answered ${codeOf(quote)}`)
  const choice = {
    quoteToken: quote.body.quoteToken,
    addressId: person.address,
    payment: op.payment,
    points: op.points.toString(),
    balance: op.balance.toString(),
    ...(op.coupon && { couponId: person.coupons[op.coupon] }),
  }
  const api = op.near ? { url: system.nearUrl } : system
  for (;;) {
    const placed = await call(api, person.token, { request: 'POST /v1/orders', body: choice })
    if (placed.status === 202) continue // Still being placed: the same token asks again.
    if (placed.status !== 201) return codeOf(placed)
    shop.orders.set(op.key, String(placed.body.id))
    return 'placed'
  }
}

async function join(system: ModelSystem, shop: StoryShop, op: Op & { is: 'join' }): Promise<string> {
  const { session, sku } = shop.offer
  const person = personOf(shop, op.buyer)
  const path = `/v1/seckill/sessions/${session}/offers/${sku}`
  for (;;) {
    const token = await call(system, person.token, { request: `POST ${path}/token`, body: {} })
    if (token.status !== 201) return codeOf(token)
    const joined = await call(system, person.token, {
      request: `POST ${path}/tickets`,
      body: {
        token: token.body.token,
        quantity: op.pieces,
        addressId: person.address,
      },
    })
    if (joined.status === 202) shop.orders.set(op.key, String(joined.body.ticket))
    if (joined.status < 300) return joined.status === 202 ? 'admitted' : 'already_queued'
    // A process learns a little later that pieces are for sale again; a token is lost with Redis.
    const left = (await system.container.gate.left(shop.offer)) ?? 0
    const isLate = joined.body.code === 'sold_out' && left >= op.pieces
    if (!isLate && joined.body.code !== 'bad_token') return codeOf(joined)
    await pause(50)
  }
}

const switchesOf: Record<News, Switches> = {
  once: {},
  twice: { notifyTwice: true },
  delayed: { notifyDelayMs: 700 },
  'forged first': { forgedNotification: 'first' },
  'forged alone': { forgedNotification: 'alone' },
  lost: { noNotification: true },
}

async function open(system: ModelSystem, shop: StoryShop, op: Op & { is: 'open' }): Promise<string> {
  const opened = await ofBuyer(system, shop, {
    order: op.order,
    path: '/payments',
    body: { channel: op.channel },
  })
  if (opened.status !== 201) return codeOf(opened)
  const number = String(opened.body.number)
  if ([...shop.trades.values()].includes(number)) return 'same'
  const before = [...shop.trades.keys()].filter((key) => key.startsWith(`${op.order}#`)).length
  shop.trades.set(`${op.order}#${before + 1}`, number)
  await system.sandbox.switches(
    {
      ...switchesOf[op.news],
      ...(op.wrong && { captureFen: '1' }),
      ...(op.late && { takeMoneyWhenClosed: true }),
    },
    number,
  )
  return 'opened'
}

async function pay({ sandbox }: ModelSystem, number: string): Promise<string> {
  try {
    await sandbox.pay(number)
    return 'taken'
  } catch (error) {
    if (error instanceof SandboxRefusal) return 'refused'
    throw error
  }
}

/** Waits where the provider has still to be asked. */
async function cancel(system: ModelSystem, shop: StoryShop, order: string): Promise<string> {
  for (;;) {
    const answer = await ofBuyer(system, shop, { order, path: '/cancel' })
    if (answer.status !== 202) return answer.status === 200 ? 'closed' : codeOf(answer)
    const [row] = await system.container.db.sql<{ status: string }[]>`
      SELECT status
      FROM orders
      WHERE id = ${shop.orders.get(order) ?? ''}`
    if (row?.status === 'to_ship') return 'already_paid'
    await pause(50)
  }
}

async function refund(system: ModelSystem, shop: StoryShop, op: Op & { is: 'refund' }): Promise<string> {
  const { choice, restock } = op
  const lines = choice?.lines.map(({ line, quantity }) => ({ line: line + 1, quantity })) ?? []
  const body = {
    reason: 'model',
    ...(lines.length > 0 && { lines }),
    ...(choice && { shipping: choice.shipping }),
    ...(restock !== undefined && { restock }),
  }
  const path = `/v1/ops/orders/${shop.orders.get(op.order)}/refunds`
  const answer = await call(system, await system.tokenOf('1', 'finance'), { request: `POST ${path}`, body })
  return answer.status === 201 ? 'refunded' : codeOf(answer)
}

/** A call of the order's own buyer, whose row says who that is. */
async function ofBuyer(
  system: ModelSystem,
  shop: StoryShop,
  { order, path, body }: { order: string; path: string; body?: object },
): Promise<Answer> {
  const id = shop.orders.get(order) ?? ''
  const [row] = await system.container.db.sql<{ buyer: string }[]>`
    SELECT buyer_id::text AS buyer
    FROM orders
    WHERE id = ${id}`
  const person = shop.people.find((one) => one.id === row?.buyer)
  if (!person) throw new Error(`order ${order} has no buyer`)
  return call(system, person.token, { request: `POST /v1/orders/${id}${path}`, body })
}
