import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto'
import { demands } from '../demands.ts'
import { demandAccount } from '../wechat-account.ts'
import { fallbackOf } from '../wechat-hosts.ts'
import { canonicalSerial } from '../wechat-serial.ts'
import { keysOf } from './platform-keys.ts'

export type WechatV3Config = {
  /** `https://api.mch.weixin.qq.com`, or the sandbox. */
  baseUrl: string
  /** Called when `baseUrl` can't be reached; WeChat's api2 host by default, where `baseUrl` is its first. */
  fallbackUrl?: string | undefined
  /** 商户号 */
  mchId: string
  /** The AppID bound to the merchant. */
  appId: string
  /** 商户API证书: its serial number, hexadecimal. */
  serial: string
  /** PEM: apiclient_key.pem. */
  privateKey: string
  /**
   * PEM by platform certificate serial or `PUB_KEY_ID_…`; all that are valid, two or more while they are
   * exchanged.
   */
  platformKeys: Record<string, string>
  /** APIv3 密钥, exactly 32 characters. */
  apiKey: string
  /** Where WeChat posts both payment and refund notifications; absolute, no query. */
  notifyUrl: string
  /** Bounds each call of the provider, ms; 5,000 by default. */
  timeoutMs?: number
  /** Clock for the age of notifications, ms since 1970. */
  now?: () => number
}

export type Merchant = Omit<
  WechatV3Config,
  'privateKey' | 'platformKeys' | 'apiKey' | 'timeoutMs' | 'now'
> & {
  privateKey: KeyObject
  /** By canonical serial. */
  platformKeys: ReadonlyMap<string, KeyObject>
  /**
   * The id of the public key that requests ask WeChat to sign its answers with (header Wechatpay-Serial);
   * none with certificates alone.
   */
  answersSignedBy: string | undefined
  apiKey: KeyObject
  timeoutMs: number
  now: () => number
}

/**
 * Checks everything that would otherwise fail, or silently pass, at the first payment. Serials are brought to
 * one form.
 * @throws {Error} one that names every wrong field and its remedy
 */
export function checked(config: WechatV3Config): Merchant {
  const { wrong, demand } = demands()
  const { mchId, appId, apiKey, baseUrl, notifyUrl, timeoutMs = 5000, now = Date.now } = config
  const serial = canonicalSerial(config.serial)
  const { fallbackUrl = fallbackOf(baseUrl) } = config

  demandAccount(demand, { mchId, appId, baseUrl, fallbackUrl, notifyUrl, timeoutMs })
  demand(
    /^[\dA-F]{8,64}$/.test(serial),
    'serial',
    'must be the hexadecimal serial of the merchant certificate (商户平台 → 账户中心 → API安全)',
  )
  demand(
    /^[\x21-\x7e]{32}$/.test(apiKey),
    'apiKey',
    'must be the APIv3 key of exactly 32 characters (商户平台 → 账户中心 → API安全)',
  )
  demand(
    Object.keys(config.platformKeys).length > 0,
    'platformKeys',
    'must hold at least one platform certificate or public key, by its serial',
  )
  demand(
    !Object.keys(config.platformKeys).some((id) => canonicalSerial(id) === serial),
    'platformKeys',
    "must hold WeChat's keys, and not the merchant's own certificate",
  )

  const privateKey = rsaKey(config.privateKey)
  demand(
    privateKey !== undefined,
    'privateKey',
    'must be the RSA private key in PEM, the content of apiclient_key.pem',
  )
  const platform = keysOf(config.platformKeys, now())
  wrong.push(...platform.wrong.map(({ id, why }) => `platformKeys.${id}: ${why}`))
  if (wrong.length > 0 || !privateKey)
    throw new Error(`wechat-v3 is not configured right:\n  ${wrong.join('\n  ')}`)
  const { keys: platformKeys, publicKeyId: answersSignedBy } = platform
  const secret = createSecretKey(Buffer.from(apiKey))
  return {
    baseUrl,
    fallbackUrl,
    mchId,
    appId,
    serial,
    notifyUrl,
    privateKey,
    platformKeys,
    answersSignedBy,
    apiKey: secret,
    timeoutMs,
    now,
  }
}

function rsaKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' ? key : undefined
  } catch {
    return undefined
  }
}
