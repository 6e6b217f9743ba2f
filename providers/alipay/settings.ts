import { z } from 'zod'
import { allOrNone, type Configured, namingVariables, publicVariables } from '../settings.ts'
import { alipay } from './alipay.ts'

/** Alipay's environment variables. */
export const alipayVariables = {
  ...publicVariables,
  ALIPAY_GATEWAY: z.url().default('https://openapi.alipay.com/gateway.do'),
  ALIPAY_APP_ID: z.string().optional(),
  ALIPAY_SELLER_ID: z.string().optional(),
  /** PEM or bare base64: the adapter says what is wrong with it. */
  ALIPAY_PRIVATE_KEY: z.string().optional(),
  ALIPAY_PUBLIC_KEY: z.string().optional(),
  /** Where the buyer's browser goes after paying; arriving there changes no order. */
  ALIPAY_RETURN_URL: z.url().optional(),
}
const variables = z.object(alipayVariables)

/**
 * Alipay as the environment configures it; undefined when it does not.
 * @throws {ConfigurationError} naming the variables that are missing or wrong
 */
export function alipayOf(env: z.infer<typeof variables>): Configured | undefined {
  const { PUBLIC_URL, ALIPAY_GATEWAY, ALIPAY_RETURN_URL, ...own } = env
  const { ALIPAY_APP_ID, ALIPAY_SELLER_ID, ALIPAY_PRIVATE_KEY, ALIPAY_PUBLIC_KEY } = own
  const set = allOrNone(
    'Alipay',
    { ALIPAY_APP_ID, ALIPAY_SELLER_ID, ALIPAY_PRIVATE_KEY, ALIPAY_PUBLIC_KEY },
    { PUBLIC_URL },
  )
  if (!set) return undefined
  const provider = namingVariables(variableOf, () =>
    alipay({
      gateway: ALIPAY_GATEWAY,
      appId: set.ALIPAY_APP_ID,
      sellerId: set.ALIPAY_SELLER_ID,
      privateKey: set.ALIPAY_PRIVATE_KEY,
      publicKey: set.ALIPAY_PUBLIC_KEY,
      notifyUrl: new URL('/v1/notify/alipay', set.PUBLIC_URL).href,
      ...(ALIPAY_RETURN_URL && { returnUrl: ALIPAY_RETURN_URL }),
    }),
  )
  return { provider, account: { merchant: set.ALIPAY_SELLER_ID, app: set.ALIPAY_APP_ID } }
}

/** Which variable a field of the configuration comes from. */
const variableOf: Record<string, string> = {
  gateway: 'ALIPAY_GATEWAY',
  appId: 'ALIPAY_APP_ID',
  sellerId: 'ALIPAY_SELLER_ID',
  privateKey: 'ALIPAY_PRIVATE_KEY',
  publicKey: 'ALIPAY_PUBLIC_KEY',
  returnUrl: 'ALIPAY_RETURN_URL',
  notifyUrl: 'PUBLIC_URL',
}
