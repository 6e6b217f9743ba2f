import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from '../../db/audit/audit.ts'
import type { OrderId } from '../../domain/ids.ts'
import { platform, seal } from '../../sandbox/wechat-v3/signature.ts'
import { openSystem, type TestSystem } from './system.ts'

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
/** WeChat's second key: this file signs with it what WeChat itself would post. */
const wechat = pair()
const stranger = pair()
const keyId = 'PUB_KEY_ID_0119000001092024010100000000000002'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({
    jobs: false,
    env: { WECHAT_V3_PLATFORM_KEY_ID_2: keyId, WECHAT_V3_PLATFORM_KEY_2: wechat.publicKey },
  })
})
afterAll(() => system.close())

type Posted = { headers: Record<string, string>; body: string }
type By = { key?: string; serial?: string; now?: () => number }

/** Signs a body as WeChat does, or as somebody else. */
const signed = (
  body: string,
  { key = wechat.privateKey, serial = keyId, now = Date.now }: By = {},
): Posted => ({
  headers: { 'Content-Type': 'application/json', ...platform(serial, key, now).headers(body) },
  body,
})
const envelope = (
  content: unknown,
  event = 'TRANSACTION.SUCCESS',
  plain = JSON.stringify(content),
): string => {
  const resource = { algorithm: 'AEAD_AES_256_GCM', nonce: 'abcdefghijkl', associated_data: 'transaction' }
  const key = Buffer.from(system.environment.WECHAT_V3_API_KEY ?? '')
  return JSON.stringify({
    id: '1',
    event_type: event,
    resource: {
      ...resource,
      ciphertext: seal(plain, { key, nonce: resource.nonce, associated: 'transaction' }),
    },
  })
}
const post = async ({ headers, body }: Posted) => {
  const answer = await fetch(`${system.url}/v1/notify/wechat/v3`, { method: 'POST', headers, body })
  return { status: answer.status, text: await answer.text() }
}

let next = 0
/** A new order with an open attempt, and what WeChat says of its payment; `but` is what it says otherwise. */
async function opened() {
  const shopper = await system.shopper(next++)
  const order = await system.buy(shopper, 2)
  const { body } = await system.pay(shopper, order)
  const attempt = String(body.number)
  const [row] = await system.container.db.sql<
    { amount: number }[]
  >`SELECT amount_fen::int AS amount FROM attempts WHERE number = ${attempt}`
  const facts = {
    ...{
      appid: system.environment.WECHAT_V3_APP_ID,
      mchid: system.environment.WECHAT_V3_MCH_ID,
      out_trade_no: attempt,
    },
    ...{
      transaction_id: `42${attempt}`,
      trade_state: 'SUCCESS',
      amount: { total: row?.amount ?? 0, currency: 'CNY' },
    },
  }
  return { order, attempt, facts, genuine: () => signed(envelope(facts)) }
}
const outcomes = async (attempt: string) =>
  (
    await system.container.db.sql<
      { outcome: string | null }[]
    >`SELECT outcome FROM notifications WHERE trade = ${attempt} ORDER BY id`
  ).map(({ outcome }) => outcome)
const resolved = (attempt: string, expected: unknown[]) =>
  expect.poll(() => outcomes(attempt), { timeout: 20_000 }).toEqual(expected)
const statusOf = async (order: OrderId) =>
  (await system.container.db.sql<{ status: string }[]>`SELECT status FROM orders WHERE id = ${order}`).map(
    ({ status }) => status,
  )
const taken = { status: 204, text: '' }
const notBelieved = { status: 401, text: expect.stringContaining('FAIL') }

describe('a genuine notification', () => {
  it('replayed, ten at once and once more after, is one payment', async () => {
    const { order, attempt, genuine } = await opened()
    const same = genuine()
    for (const answer of await Promise.all(Array.from({ length: 10 }, () => post(same))))
      expect(answer).toEqual(taken)
    await system.reaches(order, 'to_ship')
    expect(await post(same)).toEqual(taken)
    await resolved(attempt, ['paid'])
    expect(await system.container.db.sql`SELECT 1 FROM refunds WHERE order_id = ${order}`).toHaveLength(0)
    const points = await system.container.db
      .sql`SELECT 1 FROM points_movements WHERE order_id = ${order} AND kind = 'earned'`
    expect(points).toHaveLength(1)
  })

  it('that comes before one that should have come first is believed all the same: a refund nobody asked for changes nothing', async () => {
    const { order, attempt, facts, genuine } = await opened()
    const refund = {
      ...facts,
      out_refund_no: `none-${attempt}`,
      refund_status: 'SUCCESS',
      amount: { refund: 1, total: 1 },
    }
    expect(await post(signed(envelope(refund, 'REFUND.SUCCESS')))).toEqual(taken)
    expect(await statusOf(order)).toEqual(['awaiting_payment'])
    expect(await post(genuine())).toEqual(taken)
    await system.reaches(order, 'to_ship')
  })

  it('of a second transaction goes back, whichever of the two came first', async () => {
    const { order, attempt, facts, genuine } = await opened()
    const second = { ...facts, transaction_id: `43${attempt}` }
    expect(await post(signed(envelope(second)))).toEqual(taken)
    await resolved(attempt, ['paid'])
    expect(await post(genuine())).toEqual(taken)
    await resolved(attempt, ['paid', `refund late-wechat-v3-42${attempt}`])
    expect(await statusOf(order)).toEqual(['to_ship'])
  })

  it.each([
    ['another merchant', { mchid: '1900000000' }, () => 'attention'],
    ['another app', { appid: 'wx0000000000000000' }, () => 'attention'],
    [
      'another amount',
      { amount: { total: 1, currency: 'CNY' } },
      (attempt: string) => `refund late-wechat-v3-42${attempt}`,
    ],
    [
      'another currency',
      { amount: { total: 1, currency: 'USD' } },
      (attempt: string) => `refund late-wechat-v3-42${attempt}`,
    ],
  ])('of %s is kept and resolved, and does not pay', async (_, but, outcome) => {
    const { order, attempt, facts } = await opened()
    expect(await post(signed(envelope({ ...facts, ...but })))).toEqual(taken)
    await resolved(attempt, [outcome(attempt)])
    expect(await statusOf(order)).toEqual(['awaiting_payment'])
  })

  it('with __proto__ in it, outside and inside, is read like any other', async () => {
    const { order, facts } = await opened()
    const plain = JSON.stringify(facts).replace('{', '{"__proto__":{"trade_state":"NOTPAY","polluted":1},')
    const body = envelope(undefined, 'TRANSACTION.SUCCESS', plain).replace(
      '{',
      '{"__proto__":{"event_type":"OTHER","polluted":1},',
    )
    expect(await post(signed(body))).toEqual(taken)
    await system.reaches(order, 'to_ship')
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('not believed, and nothing of it kept:', () => {
  const cases: [string, (facts: object, genuine: Posted) => Posted][] = [
    ['a forgery under WeChat’s serial', (facts) => signed(envelope(facts), { key: stranger.privateKey })],
    ['a serial that is not known', (facts) => signed(envelope(facts), { serial: 'PUB_KEY_ID_0' })],
    ['the serial __proto__', (facts) => signed(envelope(facts), { serial: '__proto__' })],
    [
      'a time stamp of six minutes ago',
      (facts) => signed(envelope(facts), { now: () => Date.now() - 360_000 }),
    ],
    [
      'a time stamp six minutes early',
      (facts) => signed(envelope(facts), { now: () => Date.now() + 360_000 }),
    ],
    [
      'one byte of the body changed',
      (_, { headers, body }) => ({ headers, body: body.replace('"id":"1"', '"id":"2"') }),
    ],
    ['a byte added', (_, { headers, body }) => ({ headers, body: `${body}\n` })],
    ['no body', (_, { headers }) => ({ headers, body: '' })],
    ['no signature', (_, { body }) => ({ headers: { 'Content-Type': 'application/json' }, body })],
    ['all of it under __proto__', (facts) => signed(`{"__proto__":${envelope(facts)}}`)],
    ['what is no JSON', () => signed('not json')],
  ]
  it.each(cases)('%s; the genuine one that comes after it pays', async (_, make) => {
    const { order, attempt, facts, genuine } = await opened()
    expect(await post(make(facts, genuine()))).toEqual(notBelieved)
    expect(await outcomes(attempt)).toEqual([])
    expect(await statusOf(order)).toEqual(['awaiting_payment'])
    expect(await post(genuine())).toEqual(taken)
    await system.reaches(order, 'to_ship')
  })

  it('a body of a megabyte, though WeChat had signed it: 413, before it is read', async () => {
    const { attempt, facts, genuine } = await opened()
    const big = signed(envelope({ ...facts, filler: 'x'.repeat(1 << 20) }))
    expect(await post(big)).toMatchObject({ status: 413 })
    expect(await outcomes(attempt)).toEqual([])
    expect(await post(genuine())).toEqual(taken)
  })
})

it('and the books add up after all that', async () => {
  await expect
    .poll(
      () => system.container.db.sql`SELECT 1 FROM notifications WHERE outcome IS NULL AND kind = 'payment'`,
    )
    .toHaveLength(0)
  expect((await audit(system.container.db.sql)).findings.filter(({ holds }) => !holds)).toEqual([])
})
