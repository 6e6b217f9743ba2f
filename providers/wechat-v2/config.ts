import { createPrivateKey, createSecretKey, type KeyObject, X509Certificate } from 'node:crypto'
import { Hash } from 'wechatpay-axios-plugin'
import { type Demand, demands } from '../demands.ts'
import { demandAccount } from '../wechat-account.ts'
import { fallbackOf } from '../wechat-hosts.ts'

type SignType = 'MD5' | 'HMAC-SHA256'

export type WechatV2Config = {
  /** `https://api.mch.weixin.qq.com`, or the sandbox. */
  baseUrl: string
  /** Called when `baseUrl` can't be reached; WeChat's api2 host by default, where `baseUrl` is its first. */
  fallbackUrl?: string | undefined
  /** 商户号 */
  mchId: string
  /** The AppID bound to the merchant. */
  appId: string
  /** API密钥 (v2), exactly 32 characters. */
  key: string
  /**
   * PEM: apiclient_cert.pem and apiclient_key.pem, which WeChat asks for when money goes back. Needed over
   * https.
   */
  certificate?: { cert: string; key: string } | undefined
  /** What we sign with, and the only algorithm that we accept; HMAC-SHA256 by default. */
  sign?: SignType | undefined
  /** Where WeChat posts both payment and refund notifications; absolute, no query. */
  notifyUrl: string
  /** Bounds each call of the provider, ms; 5,000 by default. */
  timeoutMs?: number
  /** Clock for the age of a trade that is to be closed, ms since 1970. */
  now?: () => number
  /**
   * How old a trade has to be before WeChat closes it, ms; 300,000 by default (关闭订单), another one beside a
   * sandbox only.
   */
  closableAfterMs?: number
}

export type Merchant = Readonly<
  Pick<WechatV2Config, 'baseUrl' | 'fallbackUrl' | 'mchId' | 'appId' | 'certificate' | 'notifyUrl'> & {
    key: KeyObject
    /** AES-256 key of refund notices: the MD5 of the key, in 32 lower-case digits (退款结果通知, 解密方式). */
    noticeKey: KeyObject
    sign: SignType
    timeoutMs: number
    now: () => number
    closableAfterMs: number
  }
>

/**
 * Checks everything that would otherwise fail, or silently pass, at the first payment.
 * @throws {Error} one that names every wrong field and its remedy
 */
export function checked(config: WechatV2Config): Merchant {
  const {
    mchId,
    appId,
    key,
    baseUrl,
    notifyUrl,
    certificate,
    sign = 'HMAC-SHA256',
    timeoutMs = 5000,
    now = Date.now,
    fallbackUrl = fallbackOf(config.baseUrl),
    closableAfterMs = 300_000,
  } = config
  const { wrong, demand } = demands()

  demandAccount(demand, { mchId, appId, baseUrl, fallbackUrl, notifyUrl, timeoutMs })
  // The plugin signs with no key at all when it is of another length.
  demand(
    /^[\x21-\x7e]{32}$/.test(key),
    'key',
    'must be the API key (v2) of exactly 32 characters (商户平台 → 账户中心 → API安全 → APIv2密钥)',
  )
  if (certificate) checkCertificate(certificate, now(), demand)
  else
    demand(
      !baseUrl.startsWith('https:'),
      'cert',
      'is needed for refunds: apiclient_cert.pem (商户平台 → 账户中心 → API安全 → API证书)',
    )

  if (wrong.length > 0) throw new Error(`wechat-v2 is not configured right:\n  ${wrong.join('\n  ')}`)
  const keys = {
    key: createSecretKey(Buffer.from(key)),
    noticeKey: createSecretKey(Buffer.from(Hash.md5(key))),
  }
  return {
    ...{ baseUrl, fallbackUrl, mchId, appId, ...keys, certificate, notifyUrl, sign },
    ...{ timeoutMs, now, closableAfterMs },
  }
}

function checkCertificate(pem: { cert: string; key: string }, now: number, demand: Demand): void {
  const cert = read(() => new X509Certificate(pem.cert))
  const key = read(() => createPrivateKey(pem.key))
  demand(
    cert !== undefined,
    'cert',
    'must be the merchant certificate in PEM, the content of apiclient_cert.pem',
  )
  demand(key !== undefined, 'certKey', 'must be the private key in PEM, the content of apiclient_key.pem')
  if (!cert) return
  const fresh = '; make a new one under 商户平台 → 账户中心 → API安全 → API证书'
  demand(
    now < Date.parse(cert.validTo),
    'cert',
    `the merchant certificate has expired on ${cert.validTo}${fresh}`,
  )
  demand(
    now >= Date.parse(cert.validFrom),
    'cert',
    `the merchant certificate is not valid before ${cert.validFrom}: compare this machine's clock`,
  )
  if (key)
    demand(
      cert.checkPrivateKey(key),
      'certKey',
      'must belong to the certificate: take apiclient_cert.pem and apiclient_key.pem of one download',
    )
}

function read<T>(reading: () => T): T | undefined {
  try {
    return reading()
  } catch {
    return undefined
  }
}
