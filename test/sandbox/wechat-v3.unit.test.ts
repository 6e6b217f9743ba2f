import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Formatter, Rsa } from 'wechatpay-axios-plugin'
import type { SandboxClient } from '../../sandbox/client.ts'
import {
  harness,
  merchantKeys,
  openRequest,
  platformKeys,
  shared,
  strangerKeys,
} from '../providers/wechat-v3/harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let buyer: SandboxClient
beforeEach(async () => {
  world = await harness({ silenceMs: 60 })
  buyer = world.buyer
})
afterEach(() => world.stop())

const opened = async (over = {}) => {
  const request = openRequest(over)
  await world.wechat.open(request)
  return request.attempt
}
/** A signed call without the adapter. */
const call = (
  method: 'GET' | 'POST',
  path: string,
  body = '',
  key = merchantKeys.privateKey,
  timestamp = Formatter.timestamp(),
) => {
  const signature = Rsa.sign(Formatter.request(method, path, timestamp, 'n', body), key)
  const headers = {
    Authorization: Formatter.authorization(shared.mchId, 'n', signature, timestamp, shared.serial),
  }
  return fetch(world.sandbox.url + path, { method, headers, ...(method === 'POST' && { body }) })
}
const native = (over: object = {}) =>
  JSON.stringify({
    appid: shared.appId,
    mchid: shared.mchId,
    description: 'x',
    out_trade_no: '100000001',
    notify_url: world.shop.notifyUrl,
    amount: { total: 1 },
    ...over,
  })

describe('the gateway', () => {
  it('signs every answer, refusals and the empty one too', async () => {
    const attempt = await opened()
    for (const [status, answer] of [
      [200, await call('GET', `/v3/pay/transactions/out-trade-no/${attempt}?mchid=${shared.mchId}`)],
      [
        204,
        await call(
          'POST',
          `/v3/pay/transactions/out-trade-no/${attempt}/close`,
          JSON.stringify({ mchid: shared.mchId }),
        ),
      ],
      [400, await call('POST', '/v3/pay/transactions/native', '{}')],
      [401, await call('POST', '/v3/pay/transactions/native', native(), strangerKeys.privateKey)],
      [404, await call('GET', `/v3/pay/transactions/out-trade-no/none?mchid=${shared.mchId}`)],
      [404, await call('GET', '/v3/nothing')],
    ] as const) {
      expect(answer.status).toBe(status)
      const head = (name: string) => answer.headers.get(`wechatpay-${name}`) ?? ''
      expect(head('serial')).toBe(shared.platformKeyId)
      expect(
        Rsa.verify(
          Formatter.response(head('timestamp'), head('nonce'), await answer.text()),
          head('signature'),
          platformKeys.publicKey,
        ),
      ).toBe(true)
    }
  })

  it('answers SIGN_ERROR to what the merchant did not sign, or not now', async () => {
    for (const answer of [
      await call('POST', '/v3/pay/transactions/native', native(), strangerKeys.privateKey),
      await call(
        'POST',
        '/v3/pay/transactions/native',
        native(),
        merchantKeys.privateKey,
        Formatter.timestamp() - 400,
      ),
      await fetch(`${world.sandbox.url}/v3/pay/transactions/native`, { method: 'POST', body: native() }),
    ]) {
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ code: 'SIGN_ERROR' })
    }
    expect(world.sandbox.ledger().trades).toEqual([])
  })

  it.each([
    [{ amount: { total: 0 } }, 'PARAM_ERROR'],
    [{ amount: { total: 1.5 } }, 'PARAM_ERROR'],
    [{ amount: { total: 1, currency: 'USD' } }, 'PARAM_ERROR'],
    [{ out_trade_no: 'short' }, 'PARAM_ERROR'],
    [{ description: '' }, 'PARAM_ERROR'],
    [{ notify_url: 'http://shop.example/?a=1' }, 'PARAM_ERROR'],
    [{ time_expire: 'tomorrow' }, 'PARAM_ERROR'],
    [{ surprise: 1 }, 'PARAM_ERROR'],
    [{ appid: 'wx-other' }, 'APPID_MCHID_NOT_MATCH'],
    [{ mchid: '1900000000' }, 'MCH_NOT_EXISTS'],
  ])('refuses a creation with %j', async (over, code) => {
    const answer = await call('POST', '/v3/pay/transactions/native', native(over))
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code })
  })

  it.each([
    ['jsapi', {}],
    ['jsapi', { payer: { openid: '' } }],
    ['jsapi', { payer: { openid: 'o' }, scene_info: { payer_client_ip: '1.2.3.4' } }],
    ['h5', {}],
    ['h5', { scene_info: { payer_client_ip: 'here', h5_info: { type: 'Wap' } } }],
    ['h5', { scene_info: { payer_client_ip: '1.2.3.4', h5_info: { type: 'TV' } } }],
    ['native', { payer: { openid: 'o' } }],
  ])('refuses a creation by %s with %j', async (way, over) => {
    const answer = await call('POST', `/v3/pay/transactions/${way}`, native(over))
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'PARAM_ERROR' })
  })

  it('closes a trade whose time has passed', async () => {
    let clock = Date.now()
    const later = await harness({ now: () => clock })
    const request = openRequest({ expiresAt: new Date(clock + 60_000) })
    await later.wechat.open(request)
    clock += 61_000
    expect(await later.wechat.query(request.attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
    await expect(later.buyer.pay(request.attempt)).rejects.toThrow('ORDER_CLOSED')
    await later.stop()
  })
})

describe('the buyer', () => {
  it('may fail to pay and try again', async () => {
    const attempt = await opened()
    expect(await buyer.fail(attempt)).toMatchObject({ state: 'NOTPAY', failures: 1 })
    expect(await buyer.pay(attempt)).toMatchObject({ state: 'SUCCESS' })
    await expect(buyer.pay(attempt)).rejects.toThrow('ORDERPAID')
    await expect(buyer.pay('unknown')).rejects.toThrow('ORDER_NOT_EXIST')
  })
})

describe('the process', () => {
  const start = (env: Record<string, string>) =>
    spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const env = {
    SANDBOX_PORT: '0',
    SANDBOX_MCH_ID: shared.mchId,
    SANDBOX_APP_ID: shared.appId,
    SANDBOX_MERCHANT_SERIAL: shared.serial,
    SANDBOX_MERCHANT_PUBLIC_KEY: merchantKeys.publicKey,
    SANDBOX_PLATFORM_KEY_ID: shared.platformKeyId,
    SANDBOX_PLATFORM_PRIVATE_KEY: platformKeys.privateKey,
    SANDBOX_API_KEY: shared.apiKey,
  }

  it('serves until it is told to end', async () => {
    const child = start(env)
    const [line] = await once(child.stdout, 'data')
    const url = /http:\S+/.exec(String(line))?.[0] ?? ''
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true })
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('stops at once and names every variable that is missing or wrong', async () => {
    const { SANDBOX_MCH_ID: _, ...rest } = env
    const child = start({ ...rest, SANDBOX_API_KEY: 'short', SANDBOX_PLATFORM_PRIVATE_KEY: 'x' })
    const told: string[] = []
    child.stderr.on('data', (data) => told.push(String(data)))
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(told.join('')).toContain('SANDBOX_MCH_ID: is missing')
    expect(told.join('')).toContain('SANDBOX_API_KEY: must have exactly 32 characters')
    expect(told.join('')).toContain('SANDBOX_PLATFORM_PRIVATE_KEY: must be a private key in PEM')
  })
})
