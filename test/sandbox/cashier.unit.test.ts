import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../domain/money.ts'
import type { OpenRequest } from '../../providers/provider.ts'
import { harness, openRequest } from '../providers/wechat-v3/harness.ts'

let world: Awaited<ReturnType<typeof harness>>
beforeAll(async () => {
  world = await harness()
})
afterAll(() => world.stop())

const opened = async (over: Partial<OpenRequest> = {}) => {
  const request = openRequest(over)
  expect(await world.wechat.open(request)).toMatchObject({ is: 'open' })
  return request.attempt
}
const pageOf = (number: string) => fetch(`${world.sandbox.url}/sandbox/cashier/${number}`)
const press = (number: string, button: string) =>
  fetch(`${world.sandbox.url}/sandbox/cashier/${number}/${button}`, { method: 'POST' })
const tradeOf = (attempt: string) =>
  world.sandbox.ledger().trades.find(({ outTradeNo }) => outTradeNo === attempt)

describe('the cashier', () => {
  it('shows what is to be paid, in Chinese and English, with a form for each thing that a buyer may do', async () => {
    const attempt = await opened({ amount: fen(123_405) })
    const page = await pageOf(attempt)
    expect(page.status).toBe(200)
    const text = await page.text()
    for (const shown of ['1234.05', 'Floodgate 订单 一件商品', '等待付款', 'Waiting for you', attempt])
      expect(text).toContain(shown)
    for (const button of ['pay', 'fail', 'close'])
      expect(text).toContain(`<form method="post" action="/sandbox/cashier/${attempt}/${button}">`)
  })

  it('takes the money and has the shop notified, and leads back to a page that says so and has no buttons', async () => {
    const attempt = await opened()
    const before = world.shop.received.length
    const page = await press(attempt, 'pay')
    expect(page.redirected).toBe(true)
    const text = await page.text()
    expect(text).toContain('支付成功')
    expect(text).not.toContain('<form')
    await world.shop.arrived(before + 1)
    expect(tradeOf(attempt)).toMatchObject({ state: 'SUCCESS', captured: '1990' })
  })

  it('lets a payment fail and be tried again', async () => {
    const attempt = await opened()
    expect(await (await press(attempt, 'fail')).text()).toContain('支付失败，请再试')
    expect(tradeOf(attempt)).toMatchObject({ state: 'NOTPAY', failures: 1 })
    expect(await (await press(attempt, 'pay')).text()).toContain('支付成功')
  })

  it('closes a trade; what the provider then refuses, it shows', async () => {
    const attempt = await opened()
    expect(await (await press(attempt, 'close')).text()).toContain('交易已关闭')
    const refused = await press(attempt, 'pay')
    expect(refused.status).toBe(409)
    expect(await refused.text()).toContain('ORDER_CLOSED')
    expect(tradeOf(attempt)).toMatchObject({ state: 'CLOSED', captured: '0' })
  })

  it('does nothing when a page is only looked at', async () => {
    const attempt = await opened()
    expect((await fetch(`${world.sandbox.url}/sandbox/cashier/${attempt}/pay`)).status).toBe(404)
    expect(tradeOf(attempt)).toMatchObject({ state: 'NOTPAY' })
  })

  it('knows no trade that was not opened, and shows nobody’s markup', async () => {
    const attempt = await opened({ description: '<script>alert(1)</script>' })
    expect(await (await pageOf(attempt)).text()).toContain('&lt;script&gt;')
    const none = await pageOf('none')
    expect(none.status).toBe(404)
    expect(await none.text()).toContain('没有这笔交易')
    expect((await press('none', 'pay')).status).toBe(404)
  })

  it('is the page that a phone’s browser is sent to', async () => {
    const request = openRequest({ product: 'h5', payer: { ip: '203.0.113.7' } })
    const given = await world.wechat.open(request)
    if (given.is !== 'open' || given.answer.kind !== 'url') throw new Error('no address')
    expect(await (await fetch(given.answer.url)).text()).toContain(request.attempt)
  })
})
