import { z } from 'zod'
import type { Sql } from '../db/client.ts'
import { ConfigurationError } from '../domain/configuration.ts'
import { balanceAccount, balanceProvider } from './balance.ts'
import type { PaymentProvider } from './provider.ts'
import { wechatV3 } from './wechat-v3.ts'

const pem = (kind: string) =>
  z
    .string()
    .includes('-----BEGIN', { error: `a ${kind} in PEM form, with its BEGIN and END lines` })
    .optional()

/** The variables of the payment providers. A provider without any does not appear; one with only some stops the start. */
export const paymentVariables = {
  PUBLIC_URL: z.url({ error: 'where providers reach this API, e.g. https://shop.example' }).optional(),
  WECHAT_V3_BASE_URL: z.url().default('https://api.mch.weixin.qq.com'),
  WECHAT_V3_MCH_ID: z.string().optional(),
  WECHAT_V3_APP_ID: z.string().optional(),
  WECHAT_V3_SERIAL: z.string().optional(),
  WECHAT_V3_PRIVATE_KEY: pem('private key'),
  WECHAT_V3_PLATFORM_KEY_ID: z.string().optional(),
  WECHAT_V3_PLATFORM_KEY: pem('public key or certificate'),
  WECHAT_V3_API_KEY: z.string().length(32, 'the APIv3 key: exactly 32 characters').optional(),
}
const variables = z.object(paymentVariables)
export type PaymentEnv = z.infer<typeof variables>

export type Payments = {
  providers: Readonly<Record<string, PaymentProvider>>
  /** The merchant and app that each provider has to name for money to be ours. */
  accounts: Record<string, { merchant: string; app: string }>
}

/** The providers that are configured, and the wallet. Throws, naming the variables, for one that is half configured. */
export function configurePayments(env: PaymentEnv, sql: Sql): Payments {
  const payments: Payments = { providers: { balance: balanceProvider(sql) }, accounts: { balance: balanceAccount } }
  const wechat = wechatV3Of(env)
  if (!wechat) return payments
  return {
    providers: { ...payments.providers, 'wechat-v3': wechat.provider },
    accounts: { ...payments.accounts, 'wechat-v3': wechat.account },
  }
}

function wechatV3Of(env: PaymentEnv) {
  const { PUBLIC_URL, WECHAT_V3_MCH_ID, WECHAT_V3_APP_ID, WECHAT_V3_SERIAL, WECHAT_V3_PRIVATE_KEY } = env
  const { WECHAT_V3_PLATFORM_KEY_ID, WECHAT_V3_PLATFORM_KEY, WECHAT_V3_API_KEY } = env
  const own = {
    WECHAT_V3_MCH_ID,
    WECHAT_V3_APP_ID,
    WECHAT_V3_SERIAL,
    WECHAT_V3_PRIVATE_KEY,
    WECHAT_V3_PLATFORM_KEY_ID,
    WECHAT_V3_PLATFORM_KEY,
    WECHAT_V3_API_KEY,
  }
  if (Object.values(own).every((value) => value === undefined)) return undefined
  const required = { PUBLIC_URL, ...own }
  const missing = Object.entries(required).flatMap(([name, value]) => (value === undefined ? [name] : []))
  if (missing.length > 0) throw new ConfigurationError(`WeChat Pay is half configured: set ${missing.join(', ')}, or remove all WECHAT_V3_ variables`)
  const text = (value: string | undefined): string => value ?? '' // Checked above, all at once, so that all the missing ones are named.
  const provider = named(() =>
    wechatV3({
      baseUrl: env.WECHAT_V3_BASE_URL,
      mchId: text(WECHAT_V3_MCH_ID),
      appId: text(WECHAT_V3_APP_ID),
      serial: text(WECHAT_V3_SERIAL),
      privateKey: text(WECHAT_V3_PRIVATE_KEY),
      platformKeys: { [text(WECHAT_V3_PLATFORM_KEY_ID)]: text(WECHAT_V3_PLATFORM_KEY) },
      apiKey: text(WECHAT_V3_API_KEY),
      notifyUrl: new URL('/v1/notify/wechat/v3', PUBLIC_URL).href,
    }),
  )
  return { provider, account: { merchant: text(WECHAT_V3_MCH_ID), app: text(WECHAT_V3_APP_ID) } }
}

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

/** The adapter names its fields; whoever configures it knows variables. */
function named<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    const { message } = error as Error // The adapter throws nothing else.
    throw new ConfigurationError(message.replace(/^ {2}(\w+)[^:]*:/gm, (line, field: string) => `  ${variableOf[field] ?? line.slice(2, -1)}:`))
  }
}
