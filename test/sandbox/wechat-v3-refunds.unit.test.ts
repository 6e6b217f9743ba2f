import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Aes } from 'wechatpay-axios-plugin'
import { fen } from '../../domain/money.ts'
import type { PaymentProvider } from '../../providers/provider.ts'
import type { SandboxClient } from '../../sandbox/client.ts'
import { refundBook } from '../../sandbox/wechat-v3/refunds.ts'
import { tradeBook } from '../../sandbox/wechat-v3/trades.ts'
import { harness, openRequest, refundNumber, shared } from '../providers/wechat-v3/harness.ts'
import { merchantOf } from './merchant.ts'

let world: Awaited<ReturnType<typeof harness>>
let buyer: SandboxClient
beforeEach(async () => {
  world = await harness({ silenceMs: 60 })
  buyer = world.buyer
})
afterEach(() => world.stop())

const { opened, call } = merchantOf(() => world)

describe('refunds', () => {
  const paid = async (world: { wechat: PaymentProvider; buyer: SandboxClient }) => {
    const request = openRequest({ amount: fen(100) })
    await world.wechat.open(request)
    const { transactionId: transaction } = await world.buyer.pay(request.attempt)
    const { attempt, currency } = request
    return (n: number, amount = 1n) =>
      world.wechat.refund({
        ...{ refund: refundNumber(`${attempt}-${n}`), attempt, transaction, currency },
        ...{ amount: fen(amount), captured: fen(100) },
      })
  }

  it('of one trade are a minute apart, at most fifty, and within a year of the payment', () => {
    let clock = Date.now()
    const now = () => clock
    const trades = tradeBook(shared, now)
    const refunds = refundBook(trades, { refundMs: 0, refundGapMs: 60_000, now })
    const paidOnce = (out_trade_no: string) => {
      const creation = { out_trade_no, description: 'x', notify_url: 'http://shop.example/n' }
      trades.open('native', { appid: shared.appId, mchid: shared.mchId, amount: { total: 100 }, ...creation })
      trades.pay(out_trade_no, 100n, false)
      return (n: number) => {
        const amount = { refund: 1, total: 100, currency: 'CNY' as const }
        return refunds.apply(
          { out_trade_no, out_refund_no: `${out_trade_no}-${n}`, amount },
          'SUCCESS',
          () => {},
        )
      }
    }
    const refused = (code: string, status: number) => expect.objectContaining({ code, status })
    const [refund, old] = [paidOnce('100000001'), paidOnce('100000002')]
    expect(refund(1)).toBe(refund(1)) // The same one may be repeated at once.
    expect(() => refund(2)).toThrow(refused('FREQUENCY_LIMITED', 429))
    clock += 59_999
    expect(() => refund(2)).toThrow(refused('FREQUENCY_LIMITED', 429))
    clock += 1
    for (let n = 2; n <= 50; n++, clock += 60_000) expect(refund(n)).toMatchObject({ status: 'PROCESSING' })
    expect(() => refund(51)).toThrow(refused('INVALID_REQUEST', 400))
    clock += 365 * 86_400_000
    expect(() => old(1)).toThrow(refused('TRADE_OVERDUE', 403))
    refunds.stop()
  })

  it('say when they succeeded, in their query and in their notification, in China’s time', async () => {
    const refund = await paid(world)
    await refund(1)
    const [, notice] = await world.shop.arrived(2)
    const { resource } = JSON.parse(notice?.body ?? '')
    const plain = Aes.AesGcm.decrypt(
      resource.ciphertext,
      Buffer.from(shared.apiKey),
      resource.nonce,
      resource.associated_data,
    )
    const { out_refund_no, success_time } = JSON.parse(plain)
    expect(success_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
    expect(notice?.headers.get('Wechatpay-Signature-Type')).toBe('WECHATPAY2-SHA256-RSA2048')
    const asked = await call('GET', `/v3/refund/domestic/refunds/${out_refund_no}`)
    expect(await asked.json()).toMatchObject({
      success_time,
      create_time: expect.stringMatching(/\+08:00$/),
      status: 'SUCCESS',
    })
  })

  it('may carry what they may carry, by either number of the trade', async () => {
    const attempt = await opened({ amount: fen(100) })
    await buyer.pay(attempt)
    const body = {
      out_trade_no: attempt,
      out_refund_no: 'r1',
      reason: '商品已售完',
      funds_account: 'AVAILABLE',
      amount: { refund: 1, total: 100, currency: 'CNY', from: [{ account: 'AVAILABLE', amount: 1 }] },
      goods_detail: [
        { merchant_goods_id: 'g', unit_price: 1, refund_amount: 1, refund_quantity: 1, goods_name: 'x' },
      ],
    }
    const answer = await call('POST', '/v3/refund/domestic/refunds', { body: JSON.stringify(body) })
    expect(await answer.json()).toMatchObject({ funds_account: 'AVAILABLE', out_trade_no: attempt })
  })
})

describe('the fund flow bill', () => {
  it('has WeChat’s columns, a row for each payment and refund, and their sums', async () => {
    const attempt = await opened({ amount: fen(100) })
    const { transactionId: transaction } = await buyer.pay(attempt)
    const money = { amount: fen(30), captured: fen(100), currency: 'CNY' as const }
    await world.wechat.refund({ refund: refundNumber('f'), attempt, transaction, ...money })
    const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
    const offer = await call('GET', `/v3/bill/fundflowbill?account_type=BASIC&bill_date=${day}`)
    const { download_url } = (await offer.json()) as { download_url: string }
    const { pathname, search } = new URL(download_url)
    const lines = (await (await call('GET', `${pathname}${search}`)).text()).split('\r\n')
    const cells = (line = '') => line.slice(1).split(',`')
    expect(lines[0]?.split(',')).toEqual([
      ...['记账时间', '微信支付业务单号', '资金流水单号', '业务名称', '业务类型', '收支类型', '收支金额(元)'],
      ...['账户结余(元)', '资金变更提交申请人', '备注', '业务凭证号'],
    ])
    expect([cells(lines[1])[1], cells(lines[1])[5], cells(lines[1])[6]]).toEqual([
      transaction,
      '收入',
      '1.00',
    ])
    expect(cells(lines[2]).slice(5, 8)).toEqual(['支出', '0.30', '0.70'])
    expect(cells(lines[2])[10]).toBe(refundNumber('f'))
    expect(lines[3]).toBe('资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额')
    expect(cells(lines[4])).toEqual(['2', '1', '1.00', '1', '0.30'])
  })
})
