import { createPrivateKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigurationError } from '../../../domain/configuration.ts'
import { alipayOf, alipayVariables } from '../../../providers/alipay/settings.ts'
import { merchantKeys, platformKeys } from '../wechat-v3/harness.ts'
import { openRequest } from './harness.ts'

const bare = (pem: string) => pem.replace(/-----.*-----/g, '').replace(/\s/g, '')
const pkcs1 = createPrivateKey(merchantKeys.privateKey).export({ type: 'pkcs1', format: 'pem' }).toString()
const whole = {
  PUBLIC_URL: 'https://shop.example',
  ALIPAY_APP_ID: '2014072300007148',
  ALIPAY_SELLER_ID: '2088101106499364',
  ALIPAY_PRIVATE_KEY: merchantKeys.privateKey,
  ALIPAY_PUBLIC_KEY: platformKeys.publicKey,
}
const configured = (over: Record<string, string | undefined> = {}) =>
  alipayOf(z.object(alipayVariables).parse({ ...whole, ...over }))

describe('Alipay’s variables', () => {
  it('make the provider with its account; it is called back at an address of this API', () => {
    expect(configured()).toMatchObject({
      provider: {
        name: 'alipay',
        channels: { alipay: 'page', 'alipay-qr': 'qr' },
        callbacks: { path: '/v1/notify/alipay' },
      },
      account: { merchant: '2088101106499364', app: '2014072300007148' },
    })
  })

  it('are all absent where it is not wanted', () => {
    const none = {
      ALIPAY_APP_ID: undefined,
      ALIPAY_SELLER_ID: undefined,
      ALIPAY_PRIVATE_KEY: undefined,
      ALIPAY_PUBLIC_KEY: undefined,
    }
    expect(configured(none)).toBeUndefined()
  })

  it.each([
    ['PKCS #1 in PEM', { ALIPAY_PRIVATE_KEY: pkcs1 }],
    ['PKCS #1 as bare base64', { ALIPAY_PRIVATE_KEY: bare(pkcs1) }],
    ['PKCS #8 as bare base64', { ALIPAY_PRIVATE_KEY: bare(merchantKeys.privateKey) }],
    ['Alipay’s as bare base64', { ALIPAY_PUBLIC_KEY: bare(platformKeys.publicKey) }],
  ])('take keys as they are handed out: %s', async (_, over) => {
    const opened = configured(over)?.provider.open(openRequest({ product: 'page' }))
    expect(await opened).toMatchObject({ is: 'open' })
  })

  it.each([
    ['PUBLIC_URL', { PUBLIC_URL: undefined }],
    ['ALIPAY_SELLER_ID', { ALIPAY_SELLER_ID: undefined }],
    ['ALIPAY_SELLER_ID', { ALIPAY_SELLER_ID: 'shop@example.com' }],
    ['ALIPAY_SELLER_ID', { ALIPAY_SELLER_ID: '20881011064993641' }],
    ['ALIPAY_SELLER_ID', { ALIPAY_SELLER_ID: '12088101106499364' }],
    ['ALIPAY_APP_ID', { ALIPAY_APP_ID: 'wx8888888888888888' }],
    ['ALIPAY_APP_ID', { ALIPAY_APP_ID: '20140723000071481' }],
    ['ALIPAY_PRIVATE_KEY', { ALIPAY_PRIVATE_KEY: 'secret' }],
    ['ALIPAY_PUBLIC_KEY', { ALIPAY_PUBLIC_KEY: '' }],
    ['ALIPAY_PUBLIC_KEY', { ALIPAY_PUBLIC_KEY: merchantKeys.publicKey }],
  ])('stop the start, named: %s', (name, over) => {
    expect(() => configured(over)).toThrow(name)
    expect(() => configured(over)).toThrow(ConfigurationError)
  })
})
