import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StatementRow } from '../../../providers/provider.ts'
import { wechatBillRows } from '../../../providers/wechat-bill.ts'
import type { Switches } from '../../../sandbox/client.ts'
import { collected } from '../../support/collected.ts'
import { eventually, harness, openRequest, refundNumber, shared } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
beforeAll(async () => {
  world = await harness()
})
afterAll(() => world.stop())
afterEach(() => world.buyer.switches({}))

const today = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)

const paid = async (description: string) => {
  const request = openRequest({ description })
  await world.wechat.open(request)
  const { transactionId: transaction } = await world.buyer.pay(request.attempt)
  return { ...request, transaction }
}
const bill = (bill: Switches['bill']) => world.buyer.switches({ bill })

/** Fetches today's bill as a whole, and reads it. */
async function read(): Promise<StatementRow[] | 'none'> {
  const raw = await world.wechat.statements.fetch('trade', today())
  return raw === 'none' ? raw : await collected(world.wechat.statements.rows(raw))
}
/** A bill's text in pieces of `size` bytes. */
const inPieces = (text: string, size: number): AsyncIterable<Uint8Array> => {
  const bytes = Buffer.from(text)
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    ),
  )
}
const rowsOf = (text: string, size = 7) =>
  collected(wechatBillRows(inPieces(text, size), { provider: 'wechat-v3', merchant: '180023671' }))

/** 下载交易账单, the example that WeChat publishes, with its sums made those of one row. */
const published = [
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注',
  '`2022-03-21 13:51:31,`wxfdc955f7104ad557,`180023671,`176531292,`,`420000612032130748613220688,`2021WERUN1647840687637,`oZWaCKXip5njeEiloC4oeOV1TTsk,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.01,`0.00,`0,`0,`0.00,`0.00,`,`,`微信云托管支付测试,`,`0.00000,`0.90%,`0.01,`0.00,`',
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
  '`1,`0.01,`0.00,`0.00,`0.00000,`0.01,`0.00',
]
const facts = {
  provider: 'wechat-v3',
  transaction: '420000612032130748613220688',
  attempt: '2021WERUN1647840687637',
  state: 'SUCCESS',
  amount: 1n,
  currency: 'CNY',
  merchant: '180023671',
  app: 'wxfdc955f7104ad557',
}

describe('a bill as WeChat publishes it', () => {
  it.each([1, 2, 3, 64, 10_000])('is read, however it is cut into pieces: %i bytes', async (size) => {
    for (const end of ['\n', '\r\n'])
      expect(await rowsOf(`${published.join(end)}${end}`, size)).toEqual([{ is: 'payment', facts }])
  })

  it.each(['茶, 绿茶', '`quoted`', '"a,b"', 'a,`b,`c', ',`0.00,`', 'first\nsecond', '', '茶🍵'])(
    'keeps its amounts whatever the product is called: %j',
    async (name) => {
      const text = published.map((line) => line.replace('微信云托管支付测试', name)).join('\r\n')
      expect(await rowsOf(text)).toEqual([{ is: 'payment', facts }])
    },
  )

  const [header = '', row = '', sumsHeader = '', sums = ''] = published
  it.each([
    ['without its sums', [header, row]],
    ['without its last line', [header, row, sumsHeader]],
    ['without a row that is counted', [header, sumsHeader, sums]],
    ['with a row twice', [header, row, row, sumsHeader, sums]],
    ['with a row broken off', [header, row.slice(0, 200), sumsHeader, sums]],
    ['with another sum', [header, row, sumsHeader, sums.replace(/`0.01,`0.00$/, '`0.02,`0.00')]],
    ['with sums in the middle', [header, row, sumsHeader, sums, row]],
    ['of the early form', [header.replace('订单金额,申请退款金额', '总金额'), row, sumsHeader, sums]],
    ['that is none', ['<html>busy</html>']],
    [
      'with an amount that is none',
      [
        header,
        row.replace('`0.01,`0.00,`', '`0.015,`0.00,`').replace(/`0.01(,`0.00,`)$/, '`0.015$1'),
        sumsHeader,
        sums,
      ],
    ],
    ['of another merchant', [header, row.replace('180023671', '1900000109'), sumsHeader, sums]],
    ['of nothing at all', []],
  ])('is rejected %s', async (_, lines) => {
    await expect(rowsOf(lines.join('\n'))).rejects.toThrow(/^the statement /)
  })
})

describe('a bill that is fetched', () => {
  it('names each payment and each refund, with our numbers and in fen', async () => {
    const one = await paid('one, `two, "three"')
    const two = await paid('two')
    const refund = { ...two, refund: refundNumber(two.transaction), captured: two.amount, amount: two.amount }
    await world.wechat.refund(refund)
    await eventually(async () => (await world.wechat.queryRefund(refund.refund)).is === 'success')
    const rows = await read()
    const common = {
      provider: 'wechat-v3',
      currency: 'CNY',
      merchant: shared.mchId,
      app: shared.appId,
      state: 'SUCCESS',
      amount: 1990n,
    }
    expect(rows).toContainEqual({
      is: 'payment',
      facts: { ...common, transaction: one.transaction, attempt: one.attempt },
    })
    expect(rows).toContainEqual({
      is: 'payment',
      facts: { ...common, transaction: two.transaction, attempt: two.attempt },
    })
    expect(rows).toContainEqual({
      is: 'refund',
      final: true,
      facts: { ...common, transaction: two.transaction, attempt: two.attempt, refund: refund.refund },
    })
  })

  it('distinguishes a refund that failed, and one that is under way, from one that arrived', async () => {
    const row = { transaction: 't1', trade: '1', fen: '5' }
    await bill({
      extraRows: ['PROCESSING', 'FAIL', 'CHANGE'].map((refundState) => ({
        ...row,
        refund: refundState,
        refundState,
      })),
    })
    const rows = (await read()) as StatementRow[] // There are rows.
    const seen = rows.flatMap((row) =>
      row.is === 'refund' && row.facts.transaction === 't1' ? [[row.facts.state, row.final, row.failed]] : [],
    )
    expect(seen).toEqual([
      ['PROCESSING', false, undefined],
      ['FAIL', true, true],
      ['CHANGE', true, true],
    ])
  })

  it('is none on WeChat’s own word alone', async () => {
    await bill({ none: true })
    expect(await read()).toBe('none')
    const nobody = { times: 1, status: 400, code: 'NO_STATEMENT_EXIST', unsigned: true }
    await world.buyer.switches({ fail: { bill: nobody } })
    await expect(read()).rejects.toThrow('UNVERIFIED_400')
  })

  it.each<[string, Switches, RegExp]>([
    ['is still being made', { bill: { creating: true } }, /STATEMENT_CREATING/],
    ['has another digest than promised', { bill: { wrongHash: true } }, /SHA-1/],
    ['is cut short', { bill: { cutShort: true } }, /cut short/],
    ['breaks off', { bill: { breakOff: true } }, /./],
    ['is answered by a fault', { fail: { bill: { times: 1 } } }, /SYSTEM_ERROR/],
    ['is answered by nobody', { loseAnswer: { bill: 1 } }, /has no bill/],
    [
      'is another merchant’s',
      { bill: { extraRows: [{ transaction: 't', trade: '1', fen: '1', merchant: '1900000001' }] } },
      /of merchant 1900000001/,
    ],
  ])('throws when it %s', async (_, switches, why) => {
    await paid('one')
    await world.buyer.switches(switches)
    await expect(read()).rejects.toThrow(why)
  })

  it('is kept of the funds’ flow too, as it came', async () => {
    const { transaction } = await paid('one')
    const raw = await world.wechat.statements.fetch('fund_flow', today())
    const text = raw === 'none' ? raw : Buffer.concat(await collected(raw)).toString()
    expect(text).toContain(transaction)
  })
})
