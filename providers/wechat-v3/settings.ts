import { z } from 'zod'
import { ConfigurationError } from '../../domain/configuration.ts'
import { allOrNone, type Configured, namingVariables, pem, publicVariables } from '../settings.ts'
import { canonicalSerial } from '../wechat-serial.ts'
import { wechatV3 } from './wechat-v3.ts'

/** WeChat Pay v3's environment variables. */
export const wechatV3Variables = {
  ...publicVariables,
  WECHAT_V3_BASE_URL: z.url().default('https://api.mch.weixin.qq.com'),
  WECHAT_V3_MCH_ID: z.string().optional(),
  WECHAT_V3_APP_ID: z.string().optional(),
  WECHAT_V3_SERIAL: z.string().optional(),
  WECHAT_V3_PRIVATE_KEY: pem('private key'),
  WECHAT_V3_PLATFORM_KEY_ID: z.string().optional(),
  WECHAT_V3_PLATFORM_KEY: pem('public key or certificate'),
  /** A second key of WeChat's, while its keys are exchanged: both of these or none. */
  WECHAT_V3_PLATFORM_KEY_ID_2: z.string().optional(),
  WECHAT_V3_PLATFORM_KEY_2: pem('public key or certificate'),
  WECHAT_V3_API_KEY: z.string().length(32, 'the APIv3 key: exactly 32 characters').optional(),
}
const variables = z.object(wechatV3Variables)

/**
 * WeChat Pay v3 as the environment configures it; undefined when it does not.
 * @throws {ConfigurationError} naming the variables that are missing or wrong
 */
export function wechatV3Of(env: z.infer<typeof variables>): Configured | undefined {
  const { PUBLIC_URL, WECHAT_V3_BASE_URL, ...own } = env
  const { WECHAT_V3_MCH_ID, WECHAT_V3_APP_ID, WECHAT_V3_SERIAL, WECHAT_V3_PRIVATE_KEY } = own
  const { WECHAT_V3_PLATFORM_KEY_ID, WECHAT_V3_PLATFORM_KEY, WECHAT_V3_API_KEY } = own
  const set = allOrNone(
    'WeChat Pay',
    {
      ...{ WECHAT_V3_MCH_ID, WECHAT_V3_APP_ID, WECHAT_V3_SERIAL, WECHAT_V3_PRIVATE_KEY },
      ...{ WECHAT_V3_PLATFORM_KEY_ID, WECHAT_V3_PLATFORM_KEY, WECHAT_V3_API_KEY },
    },
    { PUBLIC_URL },
  )
  const second = secondKeyOf(env)
  if (!set) return undefined
  const provider = namingVariables(
    { ...variableOf, ...(second && { [`platformKeys.${second.id}`]: 'WECHAT_V3_PLATFORM_KEY_2' }) },
    () =>
      wechatV3({
        baseUrl: WECHAT_V3_BASE_URL,
        mchId: set.WECHAT_V3_MCH_ID,
        appId: set.WECHAT_V3_APP_ID,
        serial: set.WECHAT_V3_SERIAL,
        privateKey: set.WECHAT_V3_PRIVATE_KEY,
        platformKeys: {
          ...(second && { [second.id]: second.key }),
          [set.WECHAT_V3_PLATFORM_KEY_ID]: set.WECHAT_V3_PLATFORM_KEY,
        },
        apiKey: set.WECHAT_V3_API_KEY,
        notifyUrl: new URL('/v1/notify/wechat/v3', set.PUBLIC_URL).href,
      }),
  )
  return { provider, account: { merchant: set.WECHAT_V3_MCH_ID, app: set.WECHAT_V3_APP_ID } }
}

function secondKeyOf(env: z.infer<typeof variables>): { id: string; key: string } | undefined {
  const {
    WECHAT_V3_PLATFORM_KEY_ID: first,
    WECHAT_V3_PLATFORM_KEY_ID_2: id,
    WECHAT_V3_PLATFORM_KEY_2: key,
  } = env
  if (id === undefined && key === undefined) return undefined
  if (id === undefined || key === undefined || first === undefined)
    throw new ConfigurationError(
      'WeChat Pay: set both WECHAT_V3_PLATFORM_KEY_ID_2 and WECHAT_V3_PLATFORM_KEY_2, ' +
        'beside the first pair without a number, or neither',
    )
  if (canonicalSerial(id) === canonicalSerial(first))
    throw new ConfigurationError(
      'WECHAT_V3_PLATFORM_KEY_ID_2 names the same key as WECHAT_V3_PLATFORM_KEY_ID: ' +
        'remove the second pair',
    )
  return { id, key }
}

/** Which variable a field of the configuration comes from. */
const variableOf: Record<string, string> = {
  baseUrl: 'WECHAT_V3_BASE_URL',
  mchId: 'WECHAT_V3_MCH_ID',
  appId: 'WECHAT_V3_APP_ID',
  serial: 'WECHAT_V3_SERIAL',
  privateKey: 'WECHAT_V3_PRIVATE_KEY',
  platformKeys: 'WECHAT_V3_PLATFORM_KEY',
  apiKey: 'WECHAT_V3_API_KEY',
  notifyUrl: 'PUBLIC_URL',
}
