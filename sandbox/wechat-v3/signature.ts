import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'

/** The lines that WeChat Pay signs, each ended by a line feed, the last one too (签名生成, 验证签名). */
export const lines = (...parts: string[]): string => parts.map((part) => `${part}\n`).join('')

const signs = (text: string, key: KeyObject): string =>
  sign('sha256', Buffer.from(text), key).toString('base64')

/** Whether a text carries this key’s RSA signature. */
export const isSigned = (text: string, signature: string, key: KeyObject): boolean =>
  verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64'))

type Sealing = { key: Buffer; nonce: string | Buffer; associated: string | Buffer }

/** AES-256-GCM as notifications carry it: ciphertext and tag, together, in base64 (证书和回调报文解密). */
export function seal(plain: string | Buffer, { key, nonce, associated }: Sealing): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associated))
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64')
}

export type SignedHeaders = Record<
  `Wechatpay-${'Timestamp' | 'Nonce' | 'Signature' | 'Signature-Type' | 'Serial'}`,
  string
>

/** WeChat's signing side: answers and notifications carry the same five headers. The key is read once. */
export function platform(keyId: string, privateKeyPem: string, now: () => number) {
  const own = createPrivateKey(privateKeyPem)
  return {
    headers(body: string, key: KeyObject = own): SignedHeaders {
      const timestamp = Math.floor(now() / 1000).toString()
      const nonce = randomBytes(16).toString('hex')
      return {
        'Wechatpay-Timestamp': timestamp,
        'Wechatpay-Nonce': nonce,
        'Wechatpay-Signature': signs(lines(timestamp, nonce, body), key),
        'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
        'Wechatpay-Serial': keyId,
      }
    },
  }
}

type PlatformKey = { id: string; privateKey: string }

/**
 * The platform's one or two keys: signs with the one that is asked for by its id, else with the first; with
 * `second` on, with that one always.
 */
export function platformKeys({
  first,
  second,
  secondIsOn,
  now,
}: {
  first: PlatformKey
  second: PlatformKey | undefined
  secondIsOn: () => boolean
  now: () => number
}) {
  const own = platform(first.id, first.privateKey, now)
  const other = second && platform(second.id, second.privateKey, now)
  return {
    headers(body: string, key?: KeyObject, asked?: string): SignedHeaders {
      if (secondIsOn() && !other)
        throw new Error('the switch secondKey is on, and this sandbox has no second key')
      return (other && (secondIsOn() || asked === second?.id) ? other : own).headers(body, key)
    },
  }
}

export type SignedRequest = {
  method: string
  pathAndQuery: string
  body: string
  authorization: string | undefined
}

/**
 * WeChat's verifying side: why a merchant's request is not believed (SIGN_ERROR), or nothing when it is. ±300
 * s.
 */
export function merchantVerifier(
  merchant: { mchId: string; serial: string; publicKeyPem: string },
  now: () => number,
) {
  const key = createPublicKey(merchant.publicKeyPem)
  return ({ method, pathAndQuery, body, authorization }: SignedRequest): string | undefined => {
    const scheme = 'WECHATPAY2-SHA256-RSA2048 '
    if (!authorization?.startsWith(scheme)) return 'Authorization is missing or of another scheme'
    const named = new Map(
      [...authorization.slice(scheme.length).matchAll(/([a-z_]+)="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, value],
      ),
    )
    const part = (name: string) => named.get(name) ?? ''
    if (part('mchid') !== merchant.mchId) return 'mchid is not known here'
    if (part('serial_no') !== merchant.serial) return 'serial_no is not of this merchant'
    if (!/^\d{1,12}$/.test(part('timestamp')) || Math.abs(now() / 1000 - Number(part('timestamp'))) > 300)
      return 'timestamp is off by more than 300 s'
    if (part('nonce_str') === '') return 'nonce_str is missing'
    const text = lines(method, pathAndQuery, part('timestamp'), part('nonce_str'), body)
    return isSigned(text, part('signature'), key) ? undefined : 'the signature does not fit'
  }
}
