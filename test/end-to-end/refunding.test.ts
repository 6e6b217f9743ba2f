import { exportSPKI, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderId } from '../../domain/ids.ts'
import { bearer } from '../api/harness.ts'
import { openSystem, type TestSystem } from './system.ts'

let system: TestSystem
let operator: string
let tokenOf: (buyer: string) => Promise<string>
beforeAll(async () => {
  const keys = await generateKeyPair('RS256')
  system = await openSystem({ env: { JWT_PUBLIC_KEY: await exportSPKI(keys.publicKey) } })
  operator = await bearer(keys.privateKey, '1', { role: 'finance' })
  tokenOf = (buyer) => bearer(keys.privateKey, buyer)
})
afterAll(() => system.close())

type Answer = { status: number; body: Record<string, unknown> }
type Posted = { body?: unknown; key?: string }
const get = (token: string, path: string) => call(token, path, {})
const post = (token: string, path: string, { body, key }: Posted = {}) =>
  call(token, path, {
    method: 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
async function call(token: string, path: string, { headers, ...request }: RequestInit): Promise<Answer> {
  const answer = await fetch(system.url + path, {
    ...request,
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
  // An object, always.
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

let next = 20_001
/** Three pieces and one, paid by WeChat; the whole of it in fen. */
async function bought(): Promise<{
  buyer: string
  token: string
  order: OrderId
  number: string
  due: bigint
}> {
  const buyer = String(next++)
  const token = await tokenOf(buyer)
  const [first, second] = await system.skus()
  const lines = [
    { sku: first, quantity: 3 },
    { sku: second, quantity: 1 },
  ]
  const quote = await post(token, '/v1/quotes', { body: { lines } })
  const [home] = await system.container.db.sql<
    { id: string }[]
  >`SELECT id::text AS id FROM addresses WHERE user_id = ${buyer} AND is_default`
  const placed = await post(token, '/v1/orders', {
    body: {
      quoteToken: quote.body.quoteToken,
      addressId: home?.id,
      payment: 'online',
    },
  })
  expect(placed).toMatchObject({ status: 201 })
  const order = placed.body.id as OrderId // An order's.
  const opened = await post(token, `/v1/orders/${order}/payments`, { body: { channel: 'wechat-v3' } })
  const number = String(opened.body.number)
  await system.sandbox.pay(number)
  await system.reaches(order, 'to_ship')
  return { buyer, token, order, number, due: BigInt((opened.body.amount as { fen: string }).fen) } // Money.
}
const atWechat = async (number: string) => {
  const { trades } = await system.sandbox.ledger()
  const { captured, refunded, refunding } = trades.find(({ outTradeNo }) => outTradeNo === number) ?? {
    captured: '0',
    refunded: '0',
    refunding: '0',
  }
  return { kept: BigInt(captured) - BigInt(refunded) - BigInt(refunding), refunded: BigInt(refunded) }
}
const story = async (token: string, order: OrderId) => (await get(token, `/v1/orders/${order}`)).body
/** Who asked for each refund of the order. */
const askedBy = async (order: OrderId) => {
  const rows = await system.container.db.sql<{ who: string }[]>`
    SELECT asked_by AS who FROM refunds WHERE order_id = ${order}`
  return rows.map(({ who }) => who)
}
const onePiece = { lines: [{ line: 1, quantity: 1 }], reason: 'one came broken' }

describe('an operator', () => {
  it('sends one piece’s money back, once for each key, and the buyer sees it arrive', async () => {
    const { token, order, number, due } = await bought()
    const path = `/v1/ops/orders/${order}/refunds`
    const [first, again] = [
      await post(operator, path, { body: onePiece, key: 'ticket:77' }),
      await post(operator, path, { body: onePiece, key: 'ticket:77' }),
    ]
    expect(first).toMatchObject({
      status: 201,
      body: { cause: 'operator', lines: [{ line: 1, quantity: 1 }], reason: 'one came broken' },
    })
    expect(again.body.number).toBe(first.body.number)
    expect(await askedBy(order)).toEqual(['1'])
    const amount = BigInt((first.body.amount as { fen: string }).fen) // Money.
    await expect
      .poll(() => atWechat(number), { timeout: 20_000 })
      .toEqual({ kept: due - amount, refunded: amount })
    await expect
      .poll(() => story(token, order), { timeout: 20_000 })
      .toMatchObject({
        status: 'to_ship',
        payState: 'partly_refunded',
        refunds: [{ number: first.body.number, state: 'success', paidTo: 'source' }],
      })
    await system.addsUp()
  })

  it('learns what is wrong with a request, and nothing is written', async () => {
    const { token, order } = await bought()
    const path = `/v1/ops/orders/${order}/refunds`
    const requests: [object, object][] = [
      [
        { ...onePiece, lines: [{ line: 1, quantity: 4 }] },
        { status: 409, body: { code: 'refund_exceeds', details: { line: 1, available: 3 } } },
      ],
      [{ ...onePiece, lines: [] }, { status: 422 }],
      [{ ...onePiece, lines: [onePiece.lines[0], onePiece.lines[0]] }, { status: 422 }],
      [{ lines: onePiece.lines }, { status: 422 }],
      [{ ...onePiece, amount: 5 }, { status: 422 }],
    ]
    for (const [request, answer] of requests)
      expect(await post(operator, path, { body: request, key: 'wrong' })).toMatchObject(answer)
    expect(await post(operator, path, { body: onePiece })).toMatchObject({
      status: 422,
      body: { code: 'validation', field: 'idempotency-key' },
    })
    expect(await post(token, path, { body: onePiece })).toMatchObject({ status: 403 })
    expect((await story(token, order)).refunds).toEqual([])
  })
})

describe('a buyer', () => {
  it('calls off a paid order, and every fen comes back', async () => {
    const { buyer, token, order, number, due } = await bought()
    expect(await post(token, `/v1/orders/${order}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'closed', payState: 'refunded' },
    })
    expect(await post(token, `/v1/orders/${order}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'closed' },
    })
    await expect.poll(() => atWechat(number), { timeout: 20_000 }).toEqual({ kept: 0n, refunded: due })
    await expect
      .poll(() => story(token, order), { timeout: 20_000 })
      .toMatchObject({ refunds: [{ cause: 'cancelled', state: 'success' }] })
    expect(await askedBy(order)).toEqual([buyer])
    await system.addsUp()
  })

  it('who calls it off while an operator refunds a part gets the rest: together exactly what was paid', async () => {
    const { token, order, number, due } = await bought()
    await Promise.all([
      post(operator, `/v1/ops/orders/${order}/refunds`, { body: onePiece, key: 'a' }),
      post(token, `/v1/orders/${order}/cancel`),
      post(operator, `/v1/ops/orders/${order}/refunds`, { body: { reason: 'all of it' }, key: 'b' }),
    ])
    // The second is sent when WeChat's minute between two refunds of one trade is over.
    await expect.poll(() => atWechat(number), { timeout: 100_000 }).toEqual({ kept: 0n, refunded: due })
    await expect
      .poll(
        () =>
          system.container.db.sql`
              SELECT count(*)::int AS under_way
              FROM refunds
              WHERE order_id = ${order} AND state = 'asked'`,
        {
          timeout: 20_000,
        },
      )
      .toEqual([{ under_way: 0 }])
    await system.addsUp()
  }, 150_000)
})
