import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatementRow } from '../../../providers/provider.ts'
import { wechatV2 } from '../../../providers/wechat-v2/wechat-v2.ts'
import { eventually, serving } from '../wechat-v3/harness.ts'
import { harness, refundNumber, shared } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let statements: typeof world.wechat.statements
let paid: { attempt: string; transaction: string; refund: string }
beforeAll(async () => {
  world = await harness()
  statements = world.wechat.statements
  const { attempt, amount, currency, ...rest } = world.openRequest()
  await world.wechat.open({ attempt, amount, currency, ...rest })
  const { transactionId: transaction } = await world.buyer.pay(attempt)
  paid = { attempt, transaction, refund: refundNumber(transaction) }
  await world.wechat.refund({
    refund: refundNumber(transaction),
    attempt,
    transaction,
    amount,
    captured: amount,
    currency,
  })
  await eventually(() => world.sandbox.ledger().refunded === '1990')
})
afterAll(() => world.stop())

/** Today's date in Shanghai: the stand-in makes a bill before the day is over. */
const today = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
const fetched = async (kind: 'trade' | 'fund_flow', provider = world.wechat) => {
  const bill = await provider.statements.fetch(kind, today())
  if (bill === 'none') throw new Error('none')
  return bill
}
const rowsOf = async (provider = world.wechat): Promise<StatementRow[]> => {
  const rows: StatementRow[] = []
  for await (const row of provider.statements.rows(await fetched('trade', provider))) rows.push(row)
  return rows
}

describe('a day’s trade bill', () => {
  it('is unpacked, and read row by row with the facts of payments and refunds', async () => {
    const common = {
      provider: 'wechat-v2',
      attempt: paid.attempt,
      transaction: paid.transaction,
      amount: 1990n,
      currency: 'CNY',
    }
    expect(await rowsOf()).toMatchObject([
      { is: 'payment', facts: { ...common, state: 'SUCCESS', merchant: shared.mchId, app: shared.appId } },
      { is: 'refund', facts: { ...common, refund: paid.refund, state: 'SUCCESS' }, final: true },
    ])
  })

  it('can be had with either sign', async () => {
    expect(await rowsOf(wechatV2({ ...world.config, sign: 'MD5' }))).toHaveLength(2)
  })

  it('is none on a day without trades', async () => {
    expect(await statements.fetch('trade', '2026-01-01')).toBe('none')
    expect(await statements.fetch('fund_flow', '2026-01-01')).toBe('none')
  })

  it.each([
    ['while it is being made', { bill: { creating: true } }, /no bill of .* yet: Bill Creating/],
    ['when WeChat is in trouble', { fail: { bill: { times: 1 } } }, /no bill of .* yet: SYSTEM_ERROR/],
    ['when a proxy answers', { fail: { bill: { times: 1, status: 502, unsigned: true } } }, /HTTP 502/],
    ['when the answer is lost', { loseAnswer: { bill: 1 } }, /does not answer/],
  ])('is not there %s', async (_, switches, words) => {
    await world.buyer.switches(switches)
    await expect(statements.fetch('trade', today())).rejects.toThrow(words)
    await world.buyer.switches({})
  })

  it('is not there for whom WeChat does not know', async () => {
    const stranger = wechatV2({ ...world.config, key: 'x'.repeat(32) })
    await expect(stranger.statements.fetch('trade', today())).rejects.toThrow('签名错误')
  })

  it('is not there after the time-out', async () => {
    await world.buyer.switches({ slowMs: { bill: 300 } })
    await expect(
      wechatV2({ ...world.config, timeoutMs: 50 }).statements.fetch('trade', today()),
    ).rejects.toThrow('TIMEOUT')
    await world.buyer.switches({})
  })

  it('may take longer than a call: only its beginning is waited for', async () => {
    const stub = await serving((_, response) => {
      response.write('first')
      setTimeout(() => response.end(', last'), 150)
    })
    const patient = wechatV2({ ...world.config, baseUrl: stub.url, timeoutMs: 100 })
    expect(await text(await fetched('trade', patient))).toBe('first, last')
    await stub.stop()
  })

  it('is refused when it was cut short, or the connection broke', async () => {
    await world.buyer.switches({ bill: { cutShort: true } })
    await expect(rowsOf()).rejects.toThrow(/cut short/)
    await world.buyer.switches({ bill: { breakOff: true } })
    await expect(rowsOf()).rejects.toThrow()
    await world.buyer.switches({})
  })

  it('of another merchant is refused', async () => {
    await world.buyer.switches({
      bill: { extraRows: [{ transaction: '1', trade: '2', fen: '3', merchant: '1900000999' }] },
    })
    await expect(rowsOf()).rejects.toThrow(/merchant 1900000999/)
    await world.buyer.switches({})
  })
})

it('a day’s fund bill is kept as it is, and signed for with HMAC-SHA256 whatever is configured', async () => {
  expect(await text(await fetched('fund_flow', wechatV2({ ...world.config, sign: 'MD5' })))).toContain(
    paid.transaction,
  )
})
