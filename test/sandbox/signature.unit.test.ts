import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin'
import { isSigned, lines, merchantVerifier, platform, seal } from '../../sandbox/wechat-v3/signature.ts'
import { merchantKeys, platformKeys, shared } from '../providers/wechat-v3/harness.ts'

/** The public half of the key that WeChat Pay's own documentation signs its examples with (如何生成请求签名). */
const documentedKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptpm+qvIDCh/9wjU26SQ
CK26ogYkBhDrYxnAaw2JbbBsp1oDbHKk+1r381NeBUG2HEFAuU+Fr72u5ot3yKdz
oF/FajAzQNKnm569/D3upKoi8mYBaST15Uig8j8qoUW1U217LL0jEHlSnHV3lcaD
TXqDpTRR4Bfz9IqOgJgFZ8/oTfEomSrjrLYef81Eyxr7ZIMQXEKKEK7V4UXKS0+/
fDsiG/cXidhzt8UbTL9vqXqxM2+IDImyO+FAc/tkBG55LmzxPto1Nq0WbnZzRM/w
Tzrd0I/8NlevxtFbphg4evlHjFNI7+GrqR87ViEwuAJJ9Je5QQjct5YJfFRWiZ5C
MQIDAQAB
-----END PUBLIC KEY-----`
const documented = {
  method: 'POST',
  pathAndQuery: '/v3/pay/transactions/jsapi',
  timestamp: '1554208460',
  nonce: '593BEC0C930BF1AFEB40B4A08C8FB242',
  body: '{"appid":"wxd678efh567hg6787","mchid":"1230000109","description":"Image形象店-深圳腾大-QQ公仔","out_trade_no":"1217752501201407033233368018","notify_url":"https://www.weixin.qq.com/wxpay/pay.php","amount":{"total":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}',
  signature:
    'gEuexJ547PHFV77TQ6eiE4tphVYfWfUe1Wc2dBmVnoMYU2rl/M4zhw+b3vBhuMw6AC7pteNkryLA7UWU2h+umo0OdSuuLm1++O3NckQPCSfm6dypsjn4GYm84KMqXWFrhFmyxEwIdEJDr3w1UYfxOcu55OQupfLkrt/ZzuOspnliJFrPzGQFUk7lGqMMtpz3EfbDUNxnVsHblORg3hVmuYNmbGWnS2ovU30Y2Q+iKFDxzkaXBk8LTy6HzvxizRo6Q+J4SVM7O0hKXfgo1QdI68kpzNULb3EVBXlhTyPUzhkHzzLxECL1qHl3HH2hEv8++C+4wBlsagF3j/O6PABojA==',
}

describe('signatures', () => {
  const { method, pathAndQuery, timestamp, nonce, body, signature } = documented
  const verifier = merchantVerifier(
    { mchId: '1230000109', serial: 'A1', publicKeyPem: documentedKey },
    () => 1554208460_000,
  )
  const authorization = `WECHATPAY2-SHA256-RSA2048 mchid="1230000109",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="A1"`

  it('verify the signed request that WeChat publishes', () => {
    expect(
      isSigned(
        lines(method, pathAndQuery, timestamp, nonce, body),
        signature,
        createPublicKey(documentedKey),
      ),
    ).toBe(true)
    expect(verifier({ method, pathAndQuery, body, authorization })).toBeUndefined()
  })

  it.each([
    ['another method', { method: 'PUT' }],
    ['another path', { pathAndQuery: '/v3/pay/transactions/native' }],
    ['a query added', { pathAndQuery: `${pathAndQuery}?a=1` }],
    ['another amount', { body: body.replace('100', '101') }],
    ['another nonce', { authorization: authorization.replace(nonce, 'x') }],
    ['another merchant', { authorization: authorization.replace('1230000109', '1230000108') }],
    ['another serial', { authorization: authorization.replace('A1', 'A2') }],
    ['another scheme', { authorization: authorization.replace('WECHATPAY2-', '') }],
    ['no authorization', { authorization: undefined }],
    ['another time', { authorization: authorization.replace(timestamp, '1554208461') }],
  ])('do not verify with %s', (_, over) => {
    expect(verifier({ method, pathAndQuery, body, authorization, ...over })).toEqual(expect.any(String))
  })

  it('of requests are good for 300 s', () => {
    const at = (seconds: number) =>
      merchantVerifier(
        { mchId: '1230000109', serial: 'A1', publicKeyPem: documentedKey },
        () => (Number(timestamp) + seconds) * 1000,
      )
    expect(at(300)({ method, pathAndQuery, body, authorization })).toBeUndefined()
    expect(at(301)({ method, pathAndQuery, body, authorization })).toContain('300 s')
    expect(at(-301)({ method, pathAndQuery, body, authorization })).toContain('300 s')
  })

  it('of the sandbox and of the library are the same', () => {
    const signed = platform('P1', platformKeys.privateKey, Date.now).headers('{"a":"分"}')
    const text = Formatter.response(signed['Wechatpay-Timestamp'], signed['Wechatpay-Nonce'], '{"a":"分"}')
    expect(Rsa.verify(text, signed['Wechatpay-Signature'], platformKeys.publicKey)).toBe(true)
    const request = Rsa.sign(Formatter.request('GET', '/v3/x?y=1', '1', 'n'), merchantKeys.privateKey)
    expect(
      isSigned(lines('GET', '/v3/x?y=1', '1', 'n', ''), request, createPublicKey(merchantKeys.publicKey)),
    ).toBe(true)
  })
})

describe('AES-256-GCM', () => {
  const hex = (text: string) => Buffer.from(text, 'hex')

  /** McGrew and Viega, The Galois/Counter Mode of Operation (GCM), appendix B. */
  it.each([
    {
      name: 'test case 14',
      key: '00'.repeat(32),
      plain: '00'.repeat(16),
      nonce: '00'.repeat(12),
      aad: '',
      sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
    },
    {
      name: 'test case 16',
      key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
      plain:
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      nonce: 'cafebabefacedbaddecaf888',
      aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
      sealed:
        '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
    },
  ])('seals as published: $name', ({ key, plain, nonce, aad, sealed }) => {
    expect(
      Buffer.from(
        seal(hex(plain), { key: hex(key), nonce: hex(nonce), associated: hex(aad) }),
        'base64',
      ).toString('hex'),
    ).toBe(sealed)
  })

  it('is opened by the library', () => {
    const sealed = seal('{"金额":1}', {
      key: Buffer.from(shared.apiKey),
      nonce: 'abcdefghijkl',
      associated: 'transaction',
    })
    expect(Aes.AesGcm.decrypt(sealed, shared.apiKey, 'abcdefghijkl', 'transaction')).toBe('{"金额":1}')
  })
})
