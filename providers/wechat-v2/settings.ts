import { z } from 'zod'
import { ConfigurationError } from '../../domain/configuration.ts'
import { allOrNone, type Configured, namingVariables, pem, publicVariables } from '../settings.ts'
import { wechatV2 } from './wechat-v2.ts'

/** WeChat Pay v2's environment variables. */
export const wechatV2Variables = {
  ...publicVariables,
  WECHAT_V2_BASE_URL: z.url().default('https://api.mch.weixin.qq.com'),
  WECHAT_V2_MCH_ID: z.string().optional(),
  WECHAT_V2_APP_ID: z.string().optional(),
  WECHAT_V2_KEY: z.string().length(32, 'the API key (v2): exactly 32 characters').optional(),
  WECHAT_V2_SIGN: z.enum(['HMAC-SHA256', 'MD5'], { error: '`HMAC-SHA256` or `MD5`' }).default('HMAC-SHA256'),
  /** Asked for by WeChat when money goes back; a sandbox over http has no use for them. */
  WECHAT_V2_CERT: pem('merchant certificate'),
  WECHAT_V2_CERT_KEY: pem('private key'),
  /** Seconds before which WeChat closes no trade; another number beside a sandbox only. */
  WECHAT_V2_CLOSABLE_AFTER_S: z.coerce.number().int().min(0).max(300).default(300),
}
const variables = z.object(wechatV2Variables)

/**
 * WeChat Pay v2 as the environment configures it; undefined when it does not.
 * @throws {ConfigurationError} naming the variables that are missing or wrong
 */
export function wechatV2Of(env: z.infer<typeof variables>): Configured | undefined {
  const { PUBLIC_URL, WECHAT_V2_BASE_URL, WECHAT_V2_SIGN, WECHAT_V2_CERT, WECHAT_V2_CERT_KEY, ...own } = env
  const { WECHAT_V2_MCH_ID, WECHAT_V2_APP_ID, WECHAT_V2_KEY, WECHAT_V2_CLOSABLE_AFTER_S } = own
  const pair = allOrNone('The certificate of WeChat Pay v2', { WECHAT_V2_CERT, WECHAT_V2_CERT_KEY }, {})
  const set = allOrNone(
    'WeChat Pay v2',
    { WECHAT_V2_MCH_ID, WECHAT_V2_APP_ID, WECHAT_V2_KEY },
    { PUBLIC_URL },
  )
  if (!set && pair)
    throw new ConfigurationError(
      'WeChat Pay v2 is half configured: set WECHAT_V2_MCH_ID, or remove all WECHAT_V2_ variables',
    )
  if (!set) return undefined
  const provider = namingVariables(variableOf, () =>
    wechatV2({
      baseUrl: WECHAT_V2_BASE_URL,
      mchId: set.WECHAT_V2_MCH_ID,
      appId: set.WECHAT_V2_APP_ID,
      key: set.WECHAT_V2_KEY,
      sign: WECHAT_V2_SIGN,
      certificate: pair && { cert: pair.WECHAT_V2_CERT, key: pair.WECHAT_V2_CERT_KEY },
      notifyUrl: new URL('/v1/notify/wechat/v2', set.PUBLIC_URL).href,
      closableAfterMs: WECHAT_V2_CLOSABLE_AFTER_S * 1000,
    }),
  )
  return { provider, account: { merchant: set.WECHAT_V2_MCH_ID, app: set.WECHAT_V2_APP_ID } }
}

/** Which variable a field of the configuration comes from. */
const variableOf: Record<string, string> = {
  baseUrl: 'WECHAT_V2_BASE_URL',
  mchId: 'WECHAT_V2_MCH_ID',
  appId: 'WECHAT_V2_APP_ID',
  key: 'WECHAT_V2_KEY',
  cert: 'WECHAT_V2_CERT',
  certKey: 'WECHAT_V2_CERT_KEY',
  notifyUrl: 'PUBLIC_URL',
}
