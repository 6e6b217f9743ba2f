import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { connect } from '../../../db/client.ts'
import { ConfigurationError } from '../../../domain/configuration.ts'
import { wechatV3 } from '../../../providers/wechat-v3/wechat-v3.ts'
import { configurePayments, paymentVariables } from '../../../runtime/payments.ts'
import { certificate } from '../certificates.ts'
import {
  harness,
  merchantKeys,
  forgersKeys as nextKeys,
  openRequest,
  platformKeys,
  serving,
  shared,
} from './harness.ts'

const serial = '7132D72A03E93CDDF8C03BBD1F37EEDF'
const tomorrow = new Date(Date.now() + 86_400_000)
const yesterday = new Date(Date.now() - 86_400_000)
/** As WeChat's: valid for five years. */
const platformCertificate = (to: Date) =>
  certificate({ keys: nextKeys, serial, from: new Date(to.getTime() - 5 * 365 * 86_400_000), to }).cert
const nextCertificate = platformCertificate(tomorrow)

describe('while WeChat’s keys rotate', () => {
  let world: Awaited<ReturnType<typeof harness>>
  const both = { [shared.platformKeyId]: platformKeys.publicKey, [serial]: nextCertificate }
  beforeAll(async () => {
    world = await harness(
      { secondPlatformKey: { id: serial, privateKey: nextKeys.privateKey } },
      { platformKeys: both },
    )
  })
  afterAll(() => world.stop())

  it.each([false, true])(
    'answers and notifications are believed, signed with the second key: %s',
    async (secondKey) => {
      await world.buyer.switches({ secondKey })
      const request = openRequest()
      expect(await world.wechat.open(request)).toMatchObject({ is: 'open' })
      const before = world.shop.received.length
      await world.buyer.pay(request.attempt)
      const posted = (await world.shop.arrived(before + 1))[before]
      if (!posted) throw new Error('nothing arrived')
      expect(posted.headers.get('wechatpay-serial')).toBe(secondKey ? serial : shared.platformKeyId)
      expect(await world.wechat.callbacks.read(posted.headers, posted.body)).toMatchObject({
        is: 'payment',
        facts: { attempt: request.attempt },
      })
      expect(await world.wechat.query(request.attempt, 'settled')).toMatchObject({ is: 'paid' })
    },
  )

  it('who knows one of them believes nothing that the other has signed', async () => {
    await world.buyer.switches({ secondKey: true })
    const late = wechatV3({
      ...world.config,
      platformKeys: { [shared.platformKeyId]: platformKeys.publicKey },
    })
    expect(await late.open(openRequest())).toMatchObject({ is: 'unknown', code: 'UNVERIFIED_200' })
  })

  it('the answers are signed with the public key that the requests name, though the gateway has another', async () => {
    await world.buyer.switches({})
    const pubKeyId = 'PUB_KEY_ID_0119000001092024010100000000000002'
    const gateway = await harness(
      { platformKeyId: serial, secondPlatformKey: { id: pubKeyId, privateKey: nextKeys.privateKey } },
      { platformKeys: { [pubKeyId]: nextKeys.publicKey } },
    )
    try {
      expect(await gateway.wechat.open(openRequest())).toMatchObject({ is: 'open' })
    } finally {
      await gateway.stop()
    }
  })
})

describe('Wechatpay-Serial of a request (微信支付公钥)', () => {
  const sent = async (keys: Record<string, string>) => {
    const serials: (string | string[] | undefined)[] = []
    const stub = await serving((request, response) => {
      serials.push(request.headers['wechatpay-serial'])
      response.writeHead(500).end()
    })
    const config = {
      ...shared,
      privateKey: merchantKeys.privateKey,
      notifyUrl: 'http://shop.example/n',
      baseUrl: stub.url,
      platformKeys: keys,
    }
    await wechatV3(config).open(openRequest())
    await stub.stop()
    return serials
  }

  it('names the public key, also beside a certificate that it takes over from', async () => {
    expect(await sent({ [serial]: nextCertificate, [shared.platformKeyId]: platformKeys.publicKey })).toEqual(
      [shared.platformKeyId],
    )
  })

  it('is not sent with certificates alone', async () => {
    expect(await sent({ [serial]: nextCertificate })).toEqual([undefined])
  })
})

describe('the configuration', () => {
  const right = {
    PUBLIC_URL: 'https://shop.example',
    WECHAT_V3_MCH_ID: shared.mchId,
    WECHAT_V3_APP_ID: shared.appId,
    WECHAT_V3_SERIAL: shared.serial,
    WECHAT_V3_PRIVATE_KEY: merchantKeys.privateKey,
    WECHAT_V3_PLATFORM_KEY_ID: shared.platformKeyId,
    WECHAT_V3_PLATFORM_KEY: platformKeys.publicKey,
    WECHAT_V3_API_KEY: shared.apiKey,
  }
  const second = { WECHAT_V3_PLATFORM_KEY_ID_2: serial, WECHAT_V3_PLATFORM_KEY_2: nextCertificate }
  const sql = connect('postgres://nobody@127.0.0.1:1/none').sql // Nothing is asked of it.
  const start = (env: Record<string, string>) => configurePayments(z.object(paymentVariables).parse(env), sql)
  const without = (env: Record<string, string>, name: string) =>
    Object.fromEntries(Object.entries(env).filter(([other]) => other !== name))

  it('takes one platform key, or two', () => {
    expect(Object.keys(start(right).providers)).toContain('wechat-v3')
    expect(Object.keys(start({ ...right, ...second }).providers)).toContain('wechat-v3')
  })

  it.each([
    ['in lower case', (text: string) => text.toLowerCase()],
    ['with leading zeros', (text: string) => `0000${text}`],
    ['with colons and blanks, as browsers show it', (text: string) => ` ${text.match(/../g)?.join(':')} `],
  ])('takes serials %s, and what WeChat signs is still believed', async (_, written) => {
    const gateway = await harness({ platformKeyId: serial, platformPrivateKey: nextKeys.privateKey })
    const wechat = wechatV3({
      ...gateway.config,
      serial: written(shared.serial),
      platformKeys: { [written(serial)]: nextCertificate },
    })
    try {
      const request = openRequest()
      expect(await wechat.open(request)).toMatchObject({ is: 'open' })
      await gateway.buyer.pay(request.attempt)
      const [notice] = await gateway.shop.arrived(1)
      expect(notice && (await wechat.callbacks.read(notice.headers, notice.body))).toMatchObject({
        is: 'payment',
      })
    } finally {
      await gateway.stop()
    }
  })

  it.each([
    [
      'a public key under an id that is none',
      { ...right, WECHAT_V3_PLATFORM_KEY_ID: 'PUB_KEY' },
      /^ {2}WECHAT_V3_PLATFORM_KEY: must be under its id/m,
    ],
    [
      'the same serial twice, written differently',
      {
        ...right,
        WECHAT_V3_PLATFORM_KEY_ID: serial,
        ...second,
        WECHAT_V3_PLATFORM_KEY_ID_2: `00${serial.toLowerCase()}`,
      },
      /_ID_2 names the same key/,
    ],
    [
      'an id without a key',
      without({ ...right, ...second }, 'WECHAT_V3_PLATFORM_KEY_2'),
      /set both WECHAT_V3_PLATFORM_KEY_ID_2 and WECHAT_V3_PLATFORM_/,
    ],
    [
      'a key without an id',
      without({ ...right, ...second }, 'WECHAT_V3_PLATFORM_KEY_ID_2'),
      /set both WECHAT_V3_PLATFORM_KEY_ID_2/,
    ],
    ['a second pair alone', { PUBLIC_URL: right.PUBLIC_URL, ...second }, /beside the first pair/],
    [
      'the same id twice',
      { ...right, ...second, WECHAT_V3_PLATFORM_KEY_ID_2: shared.platformKeyId },
      /_ID_2 names the same key/,
    ],
    [
      'a second certificate that is out of date',
      { ...right, ...second, WECHAT_V3_PLATFORM_KEY_2: platformCertificate(yesterday) },
      /^ {2}WECHAT_V3_PLATFORM_KEY_2: .*valid until .*download the new one/m,
    ],
    [
      'a first certificate that is out of date',
      { ...right, WECHAT_V3_PLATFORM_KEY_ID: serial, WECHAT_V3_PLATFORM_KEY: platformCertificate(yesterday) },
      /^ {2}WECHAT_V3_PLATFORM_KEY: .*valid until/m,
    ],
    [
      'a certificate under a serial that is not its own',
      { ...right, ...second, WECHAT_V3_PLATFORM_KEY_ID_2: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1' },
      /^ {2}WECHAT_V3_PLATFORM_KEY_2: is the certificate with serial 7132D72A/m,
    ],
    ['a serial that is no hexadecimal', { ...right, WECHAT_V3_SERIAL: `x${serial}` }, /WECHAT_V3_SERIAL/],
    [
      'a second key that is none',
      { ...right, ...second, WECHAT_V3_PLATFORM_KEY_2: '-----BEGIN NOTHING' },
      /^ {2}WECHAT_V3_PLATFORM_KEY_2: must be/m,
    ],
  ])('stops the start with %s, naming the variable', (_, env, message) => {
    const failing = () => start(env)
    expect(failing).toThrow(ConfigurationError)
    expect(failing).toThrow(message)
  })
})
