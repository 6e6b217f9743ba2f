import { describe, expect, it } from 'vitest'
import { Hash } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import { wechatV2Of, wechatV2Variables } from '../../../providers/wechat-v2/settings.ts'
import { signOf } from '../../../sandbox/wechat-v2/signature.ts'
import { certificate } from '../certificates.ts'

/** 签名算法, 举例. */
const example = {
  appid: 'wxd930ea5d5a258f4f',
  mch_id: '10000100',
  device_info: '1000',
  body: 'test',
  nonce_str: 'ibuaiVcKdpRxkhJA',
}
const key = '192006250b4c09247ec02edce69f6a2d'

describe('the sign', () => {
  it.each([
    ['MD5', '9A0A8659F005D6984697E2CA0A9CF3B7'],
    ['HMAC-SHA256', '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'],
  ] as const)(
    'by %s is the one that WeChat publishes, in the adapter’s library and in the sandbox',
    (type, sign) => {
      expect(signOf(example, key, type)).toBe(sign)
      expect(Hash.sign(type, example, key)).toBe(sign)
    },
  )

  it('leaves out the sign itself and what is empty', () => {
    const sign = signOf(example, key, 'MD5')
    expect(signOf({ ...example, sign, attach: '' }, key, 'MD5')).toBe(sign)
    expect(Hash.sign('MD5', { ...example, sign, attach: '' }, key)).toBe(sign)
  })
})

describe('the configuration', () => {
  const year = 365 * 86_400_000
  const [good, other] = [1, 2].map(() =>
    certificate({ from: new Date(Date.now() - year), to: new Date(Date.now() + year) }),
  )
  const expired = certificate({ from: new Date('2020-01-01'), to: new Date('2021-01-01') })
  const early = certificate({ from: new Date(Date.now() + year), to: new Date(Date.now() + 2 * year) })
  const whole = () => ({
    PUBLIC_URL: 'https://shop.example',
    WECHAT_V2_MCH_ID: '1900000109',
    WECHAT_V2_APP_ID: 'wxd930ea5d5a258f4f',
    WECHAT_V2_KEY: key,
    WECHAT_V2_CERT: good?.cert,
    WECHAT_V2_CERT_KEY: good?.key,
  })
  const read = (env: Record<string, string | undefined>) => wechatV2Of(z.object(wechatV2Variables).parse(env))

  it('is none when nothing is set, and whole with a certificate that is alive', () => {
    expect(read({ PUBLIC_URL: 'https://shop.example' })).toBeUndefined()
    expect(read(whole())).toMatchObject({
      provider: {
        name: 'wechat-v2',
        channels: { 'wechat-v2': 'native' },
        callbacks: { path: '/v1/notify/wechat/v2' },
      },
      account: { merchant: '1900000109', app: 'wxd930ea5d5a258f4f' },
    })
  })

  it('needs no certificate for a sandbox over http', () => {
    const { WECHAT_V2_CERT: _, WECHAT_V2_CERT_KEY: __, ...rest } = whole()
    expect(read({ ...rest, WECHAT_V2_BASE_URL: 'http://127.0.0.1:1', WECHAT_V2_SIGN: 'MD5' })).toMatchObject({
      provider: { name: 'wechat-v2' },
    })
    expect(() => read(rest)).toThrow(/WECHAT_V2_CERT: is needed for refunds/)
  })

  it.each([
    ['a key of another length', { WECHAT_V2_KEY: 'short' }, /exactly 32 characters/],
    [
      'a key that is 32 characters and more bytes',
      { WECHAT_V2_KEY: '密'.repeat(32) },
      /WECHAT_V2_KEY: must be the API key/,
    ],
    ['a sign that WeChat does not know', { WECHAT_V2_SIGN: 'SHA1' }, /`HMAC-SHA256` or `MD5`/],
    ['a merchant that is none', { WECHAT_V2_MCH_ID: 'shop' }, /WECHAT_V2_MCH_ID: must be the digits/],
    [
      'half of it',
      { WECHAT_V2_APP_ID: undefined },
      /half configured: set WECHAT_V2_APP_ID, or remove all WECHAT_V2_/,
    ],
    ['half of the certificate', { WECHAT_V2_CERT_KEY: undefined }, /half configured: set WECHAT_V2_CERT_KEY/],
    [
      'the certificate alone',
      { WECHAT_V2_MCH_ID: undefined, WECHAT_V2_APP_ID: undefined, WECHAT_V2_KEY: undefined },
      /half configured: set WECHAT_V2_MCH_ID/,
    ],
    ['no address for notifications', { PUBLIC_URL: undefined }, /half configured: set PUBLIC_URL/],
    [
      'a certificate that is none',
      { WECHAT_V2_CERT: '-----BEGIN NOTHING' },
      /WECHAT_V2_CERT: must be the merchant certificate/,
    ],
    [
      'a private key that is none',
      { WECHAT_V2_CERT_KEY: '-----BEGIN NOTHING' },
      /WECHAT_V2_CERT_KEY: must be the private key/,
    ],
  ])('is refused, naming the variable and the remedy: %s', (_, over, words) => {
    expect(() => read({ ...whole(), ...over })).toThrow(words)
  })

  it('is refused with a certificate that has expired or is not valid yet, and with another certificate’s key', () => {
    const withPair = ({ cert, key }: { cert: string; key: string }) =>
      read({ ...whole(), WECHAT_V2_CERT: cert, WECHAT_V2_CERT_KEY: key })
    expect(() => withPair(expired)).toThrow(
      /WECHAT_V2_CERT: the merchant certificate has expired on Jan {2}1 .*2021.*make a new one/,
    )
    expect(() => withPair(early)).toThrow(/WECHAT_V2_CERT: the merchant certificate is not valid before/)
    expect(() => read({ ...whole(), WECHAT_V2_CERT_KEY: other?.key })).toThrow(
      /WECHAT_V2_CERT_KEY: must belong to the certificate/,
    )
  })
})
