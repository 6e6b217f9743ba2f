import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import type { OpenAnswer } from '../../../domain/payment.ts'
import type { Opened, OpenRequest } from '../../../providers/provider.ts'
import { wechatV3 } from '../../../providers/wechat-v3/wechat-v3.ts'
import { platform } from '../../../sandbox/wechat-v3/signature.ts'
import { harness, merchantKeys, openRequest, platformKeys, serving, shared } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
beforeAll(async () => {
  world = await harness()
})
afterAll(() => world.stop())

const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const jsapi = (over: Partial<OpenRequest> = {}) =>
  openRequest({ product: 'jsapi', payer: { openid }, ...over })
const h5 = (over: Partial<OpenRequest> = {}) =>
  openRequest({ product: 'h5', payer: { ip: '203.0.113.7' }, ...over })
type Jsapi = Extract<OpenAnswer, { kind: 'jsapi' }>
const jsapiOf = (opened: Opened): Jsapi => {
  if (opened.is !== 'open' || opened.answer.kind !== 'jsapi')
    throw new Error(`not for JSAPI: ${JSON.stringify(opened)}`)
  return opened.answer
}
/** What a creation puts on the wire. */
const wire = async (request: OpenRequest) => {
  const seen: { path: string | undefined; body: unknown }[] = []
  const stub = await serving(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    seen.push({ path: incoming.url, body: JSON.parse(body) })
    response.writeHead(500).end()
  })
  const opened = await wechatV3({ ...world.config, baseUrl: stub.url }).open(request)
  await stub.stop()
  return { opened, seen }
}

describe('paying inside WeChat', () => {
  it('gives the parameters of JSAPI调起支付, signed over four lines with the merchant’s key', async () => {
    const at = wechatV3({ ...world.config, now: () => 1_414_561_699_000 })
    const { paySign, nonceStr, ...rest } = jsapiOf(await at.open(jsapi()))
    expect(rest).toEqual({
      ...{ kind: 'jsapi', appId: world.config.appId, signType: 'RSA', timeStamp: '1414561699' },
      package: expect.stringMatching(/^prepay_id=wx\w+$/),
    })
    expect(nonceStr).toMatch(/^[0-9A-Za-z]{32}$/)
    const signed = (text: string) =>
      verify(
        'sha256',
        Buffer.from(text),
        createPublicKey(merchantKeys.publicKey),
        Buffer.from(paySign, 'base64'),
      )
    expect(signed(`${rest.appId}\n1414561699\n${nonceStr}\n${rest.package}\n`)).toBe(true)
    expect(signed(`${rest.appId}\n1414561699\n${nonceStr}\n${rest.package}`)).toBe(false)
    expect(signed(`${rest.appId}\n1414561700\n${nonceStr}\n${rest.package}\n`)).toBe(false)
  })

  it('gives the same prepay_id when a creation whose answer was lost is repeated', async () => {
    const request = jsapi()
    await world.buyer.switches({ loseAnswer: { open: 1 } }, request.attempt)
    expect(await world.wechat.open(request)).toMatchObject({ is: 'unknown' })
    const first = jsapiOf(await world.wechat.open(request))
    const second = jsapiOf(await world.wechat.open(request))
    expect(second.package).toBe(first.package)
    expect(second.nonceStr).not.toBe(first.nonceStr)
  })

  it('names the payer, and nothing else beside what every trade carries', async () => {
    const request = jsapi()
    const { seen } = await wire(request)
    expect(seen).toEqual([
      {
        path: '/v3/pay/transactions/jsapi',
        body: expect.objectContaining({
          out_trade_no: request.attempt,
          amount: { total: 1990, currency: 'CNY' },
          payer: { openid },
        }),
      },
    ])
    expect(seen[0]?.body).not.toHaveProperty('scene_info')
  })

  it.each([{}, { openid: '' }])('without an openid is refused before WeChat is called: %j', async (payer) => {
    expect(await wire(jsapi({ payer }))).toEqual({
      opened: { is: 'refused', code: 'OPENID_MISSING' },
      seen: [],
    })
  })

  it('is paid, notified of and closed like a scanned trade', async () => {
    const request = jsapi()
    await world.wechat.open(request)
    const before = world.shop.received.length
    await world.buyer.pay(request.attempt)
    const posted = (await world.shop.arrived(before + 1))[before]
    if (!posted) throw new Error('nothing arrived')
    const notified = await world.wechat.callbacks.read(posted.headers, posted.body)
    expect(notified).toMatchObject({ is: 'payment', facts: { attempt: request.attempt, amount: fen(1990) } })
    expect(Object.values('facts' in notified ? notified.facts : {})).not.toContain(openid)
    expect(await world.wechat.close(request.attempt, 'settled')).toMatchObject({ is: 'paid' })
  })
})

describe('paying from a phone’s browser', () => {
  it('gives the address of WeChat’s page, and the same one when the creation is repeated', async () => {
    const request = h5()
    const first = await world.wechat.open(request)
    expect(first).toEqual({
      is: 'open',
      answer: { kind: 'url', url: expect.stringMatching(/^http:/) },
      goodForMs: 300_000,
    })
    expect(await world.wechat.open(request)).toEqual(first)
  })

  it('says where the buyer is, and what kind of browser', async () => {
    const { seen } = await wire(h5())
    expect(seen).toEqual([
      {
        path: '/v3/pay/transactions/h5',
        body: expect.objectContaining({
          scene_info: { payer_client_ip: '203.0.113.7', h5_info: { type: 'Wap' } },
        }),
      },
    ])
  })

  it('without the buyer’s address is refused before WeChat is called', async () => {
    expect(await wire(h5({ payer: {} }))).toEqual({
      opened: { is: 'refused', code: 'CLIENT_IP_MISSING' },
      seen: [],
    })
  })

  it.each([{}, { h5_url: '' }, { h5_url: 'javascript:alert(1)' }])(
    'is unknown when what WeChat answers is no address to go to: %j',
    async (answer) => {
      const body = JSON.stringify(answer)
      const signed = platform(shared.platformKeyId, platformKeys.privateKey, Date.now).headers(body)
      const stub = await serving((_, response) =>
        response.writeHead(200, { 'Content-Type': 'application/json', ...signed }).end(body),
      )
      expect(await wechatV3({ ...world.config, baseUrl: stub.url }).open(h5())).toMatchObject({
        is: 'unknown',
        code: 'UNREADABLE',
      })
      await stub.stop()
    },
  )
})

describe('one number', () => {
  it('belongs to one payment product: the same one for another is not called refused, as the first still takes money', async () => {
    const request = openRequest({ payer: { openid, ip: '203.0.113.7' } })
    expect(await world.wechat.open(request)).toMatchObject({ is: 'open' })
    for (const product of ['jsapi', 'h5'] as const) {
      expect(await world.wechat.open({ ...request, product })).toMatchObject({
        is: 'unknown',
        code: 'INVALID_REQUEST',
      })
    }
  })

  it('of a payment product that is not WeChat’s is refused', async () => {
    expect(await wire(openRequest({ product: 'page' }))).toEqual({
      opened: { is: 'refused', code: 'PRODUCT_UNKNOWN' },
      seen: [],
    })
  })
})
