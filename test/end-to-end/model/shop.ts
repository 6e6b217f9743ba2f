import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { OfferKey } from '../../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import { SandboxRefusal, type Switches } from '../../../sandbox/client.ts'
import { type CouponKind, couponTerms } from './amounts.ts'
import type { Op } from './ops.ts'
import { type ModelSystem, province } from './system.ts'
import { firstWorld, flashSku, type News } from './world.ts'

type Person = { id: string; address: string; coupons: Partial<Record<CouponKind, string>>; token: string }
type Answer = { status: number; body: Record<string, unknown> }

/** What stories know of the real shop: people, goods and a sale of their own. */
export type StoryShop = {
  people: readonly Person[]
  skus: readonly SkuId[]
  offer: OfferKey
  /** The ids of orders, and the numbers of trades, by the model's keys. */
  orders: Map<string, string>
  trades: Map<string, string>
}

/** Makes the goods, buyers, coupons and the flash sale that `firstWorld` describes. */
export async function openStoryShop(system: ModelSystem): Promise<StoryShop> {
  const { sql } = system.container.db
  const { ids } = system.container
  const world = firstWorld()
  const skus = world.skus.map(() => ids.next() as SkuId) // A fresh snowflake each.
  const product = ids.next()
  await sql`INSERT INTO products (id, name) VALUES (${product}, 'Tea')`
  for (const [n, { price, onHand }] of world.skus.entries()) {
    const sku = skus[n] ?? ''
    // The pieces on offer leave the first warehouse when the sale begins.
    const pieces = n === flashSku ? onHand + world.offer.quota : onHand
    const second = n === flashSku ? 0 : Math.floor(pieces / 2)
    await sql`INSERT INTO skus (id, product_id, name, price_fen) VALUES (${sku}, ${product}, 'Tea', ${price})`
    for (const [warehouse, held] of [
      [1, pieces - second],
      [2, second],
    ] as const) {
      await sql`INSERT INTO stock (sku_id, warehouse_id, on_hand) VALUES (${sku}, ${warehouse}, ${held})`
      await sql`
        INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
        VALUES (${sku}, ${warehouse}, 'received', ${held}, 0)`
    }
  }
  const people = []
  for (const buyer of world.buyers) {
    const [id, address] = [ids.next(), ids.next()]
    await sql`INSERT INTO users (id) VALUES (${id})`
    await sql`
      INSERT INTO addresses (id, user_id, name, phone, province, city, district, street, is_default)
      VALUES (${address}, ${id}, '张三', '13800138000', ${province}, '杭州', '西湖', '文三路 1 号', true)`
    await sql`INSERT INTO wallets (user_id, balance_fen) VALUES (${id}, ${buyer.wallet})`
    await sql`
      INSERT INTO wallet_movements (user_id, kind, amount_fen)
      VALUES (${id}, 'top_up', ${buyer.wallet})`
    await sql`INSERT INTO loyalty (user_id, points) VALUES (${id}, ${buyer.points})`
    await sql`INSERT INTO points_movements (user_id, kind, points) VALUES (${id}, 'gift', ${buyer.points})`
    const coupons: Person['coupons'] = {}
    for (const kind of Object.keys(buyer.coupons) as CouponKind[])
      coupons[kind] = await giveCoupon(system, id, kind)
    people.push({ id, address, coupons, token: await system.tokenOf(id) })
  }
  const offer = await openSale(system, skus[flashSku] ?? ('' as SkuId))
  return { people, skus, offer, orders: new Map(), trades: new Map() }
}

async function giveCoupon(
  { container: { db, ids } }: ModelSystem,
  owner: string,
  kind: CouponKind,
): Promise<string> {
  const { sql } = db
  const [coupon, held] = [ids.next(), ids.next()]
  const [amount, percent, minimum] =
    kind === 'off' ? [couponTerms.off, null, couponTerms.offFrom] : [null, couponTerms.percent, 0n]
  await sql`
    INSERT INTO coupons (id, name, kind, amount_fen, percent, minimum_fen, valid_from, valid_until)
    VALUES (${coupon}, ${kind}, ${kind === 'off' ? 'amount_off' : 'percent_off'}, ${amount}, ${percent},
            ${minimum}, now() - interval '1 day', now() + interval '1 day')`
  await sql`INSERT INTO user_coupons (id, coupon_id, user_id) VALUES (${held}, ${coupon}, ${owner})`
  return held
}

async function openSale(system: ModelSystem, sku: SkuId): Promise<OfferKey> {
  const { price, quota, limit } = firstWorld().offer
  const now = Date.now()
  // A form that operators' own ids have.
  const session = `2026121210-${randomUUID().replaceAll('-', '').slice(0, 20)}` as SessionId
  const planned = await call(system, await system.tokenOf('1', 'operator'), {
    request: 'POST /v1/ops/sessions',
    body: {
      id: session,
      opensAt: new Date(now - 1000).toISOString(),
      endsAt: new Date(now + 3_600_000).toISOString(),
      payWithinS: 1800,
      coolOffS: 0,
      offers: [{ sku, price: { fen: price.toString() }, quota, limit, warehouse: 1 }],
    },
  })
  if (planned.status !== 201) throw new Error(`planning was answered ${planned.status} ${planned.body.code}`)
  const offer = { session, sku }
  while ((await system.container.gate.left(offer)) === undefined) await pause(20)
  return offer
}

/** Calls the API; what it cannot answer now (503) is asked again. */
async function call(
  { url }: Pick<ModelSystem, 'url'>,
  token: string,
  { request, body }: { request: string; body?: object | undefined },
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ')
  const key = randomUUID() // The same each time: a request that was not answered may have been done.
  for (;;) {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': key,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    // An object, always.
    const read = { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    if (read.status !== 503 && read.body.code !== 'attempt_unsettled') return read
    await pause(100)
  }
}

const codeOf = ({ status, body }: Answer): string => String(body.code ?? status)

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

const personOf = (shop: StoryShop, n: number): Person => {
  const person = shop.people[n]
  if (!person) throw new Error(`the shop has no buyer ${n}`)
  return person
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
