import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { demands, demandTimeout, isUrl } from '../demands.ts'

export type AlipayConfig = {
  /** `https://openapi.alipay.com/gateway.do`, or the sandbox's. */
  gateway: string
  /** 应用 APPID */
  appId: string
  /** 商户 PID: who receives the money, 2088… */
  sellerId: string
  /** 应用私钥, RSA: PEM, or the bare base64 that Alipay's key tool writes; PKCS #1 or #8. */
  privateKey: string
  /** 支付宝公钥 (Alipay's, not the application's own): PEM, or the bare base64 that the open platform shows. */
  publicKey: string
  /** Where Alipay posts notifications; absolute, no query. */
  notifyUrl: string
  /** Where the buyer's browser goes after paying. Arriving there changes no order. */
  returnUrl?: string
  /** Bounds each call of the provider, ms; 5,000 by default. */
  timeoutMs?: number
  /** Clock for the requests' time stamps, ms since 1970. */
  now?: () => number
}

export type Merchant = Omit<AlipayConfig, 'privateKey' | 'publicKey' | 'timeoutMs' | 'now'> & {
  privateKey: KeyObject
  publicKey: KeyObject
  timeoutMs: number
  now: () => number
}

/**
 * Checks everything that would otherwise fail, or silently pass, at the first payment.
 * @throws {Error} one that names every wrong field and its remedy
 */
export function checked(config: AlipayConfig): Merchant {
  const { wrong, demand } = demands()
  const { appId, sellerId, gateway, notifyUrl, returnUrl, timeoutMs = 5000, now = Date.now } = config

  demand(/^\d{16}$/.test(appId), 'appId', 'must be the 16 digits of the APPID (开放平台 → 控制台 → 应用)')
  demand(
    /^2088\d{12}$/.test(sellerId),
    'sellerId',
    'must be the merchant’s PID, 16 digits that begin with 2088 (开放平台 → 账户中心)',
  )
  demand(
    isUrl(gateway) && !/[?#]/.test(gateway),
    'gateway',
    'must be an absolute http(s) URL, e.g. https://openapi.alipay.com/gateway.do',
  )
  demand(
    isUrl(notifyUrl) && !/[?#]/.test(notifyUrl),
    'notifyUrl',
    'must be an absolute http(s) URL without query',
  )
  demand(returnUrl === undefined || isUrl(returnUrl), 'returnUrl', 'must be an absolute http(s) URL')
  demandTimeout(demand, timeoutMs)

  const privateKey = readKey(config.privateKey, ['PRIVATE KEY', 'RSA PRIVATE KEY'], createPrivateKey)
  const publicKey = readKey(config.publicKey, ['PUBLIC KEY'], createPublicKey)
  demand(
    privateKey !== undefined,
    'privateKey',
    'must be the application’s RSA private key: PEM, or the bare base64 of Alipay’s key tool',
  )
  demand(
    publicKey !== undefined,
    'publicKey',
    'must be Alipay’s RSA public key (开放平台 → 应用 → 接口加签方式 → 支付宝公钥): PEM or bare base64',
  )
  const ownKey = privateKey && createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const isOwn = ownKey && publicKey?.export({ type: 'spki', format: 'der' }).equals(ownKey)
  demand(!isOwn, 'publicKey', 'must be Alipay’s public key, and not the application’s own')

  if (wrong.length > 0 || !privateKey || !publicKey)
    throw new Error(`alipay is not configured right:\n  ${wrong.join('\n  ')}`)
  return {
    gateway,
    appId,
    sellerId,
    notifyUrl,
    ...(returnUrl && { returnUrl }),
    privateKey,
    publicKey,
    timeoutMs,
    now,
  }
}

/** An RSA key in PEM, or in base64 without the lines around it; undefined when it is neither. */
function readKey(
  text: string,
  labels: readonly string[],
  read: (pem: string) => KeyObject,
): KeyObject | undefined {
  const bare = text.replace(/\s/g, '')
  const forms = text.includes('-----BEGIN')
    ? [text]
    : labels.map((label) => `-----BEGIN ${label}-----\n${bare}\n-----END ${label}-----\n`)
  for (const form of forms) {
    try {
      const key = read(form)
      if (key.asymmetricKeyType === 'rsa') return key
    } catch {}
  }
  return undefined
}
