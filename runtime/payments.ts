import { z } from 'zod'
import type { Sql } from '../db/types.ts'
import { alipayOf, alipayVariables } from '../providers/alipay/settings.ts'
import type { PaymentProvider } from '../providers/provider.ts'
import type { Configured } from '../providers/settings.ts'
import { wechatV2Of, wechatV2Variables } from '../providers/wechat-v2/settings.ts'
import { wechatV3Of, wechatV3Variables } from '../providers/wechat-v3/settings.ts'
import type { Accounts } from '../services/payments/accounts.ts'
import { balanceAccount, balanceProvider } from '../services/payments/balance.ts'

/**
 * The variables of the payment providers. A provider without any does not appear; one with only some stops
 * the start.
 */
export const paymentVariables = {
  /** Where the money goes that a provider could not send back. */
  REFUND_FALLBACK: z.enum(['wallet', 'none'], { error: '`wallet` or `none`' }).default('none'),
  /**
   * How trade numbers of other systems begin that sell under the same merchant numbers, comma separated: 2 to
   * 32 letters, digits and `_-|*@` each. Their payments and refunds ask no human. None by default; never one
   * that begins our own numbers.
   */
  FOREIGN_TRADE_PREFIXES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((prefix) => prefix.trim())
        .filter((prefix) => prefix !== ''),
    )
    .refine((prefixes) => prefixes.every((prefix) => /^[\w|*@-]{2,32}$/.test(prefix)), {
      error: 'prefixes of 2 to 32 letters, digits and _-|*@, comma separated, e.g. POS-,ERP-',
    }),
  ...wechatV3Variables,
  ...alipayVariables,
  ...wechatV2Variables,
}
const variables = z.object(paymentVariables)
export type PaymentEnv = z.infer<typeof variables>

export type Payments = {
  providers: Readonly<Record<string, PaymentProvider>>
  /** The merchant and app that each provider has to name for money to be ours. */
  accounts: Accounts
  refundFallback: 'wallet' | 'none'
}

/**
 * The providers that are configured, and the wallet. Throws, naming the variables, for one that is half
 * configured.
 */
export function configurePayments(env: PaymentEnv, sql: Sql): Payments {
  const wallet: Configured = { provider: balanceProvider(sql), account: balanceAccount }
  const all = [wechatV3Of(env), wechatV2Of(env), alipayOf(env), wallet].filter(
    (configured) => configured !== undefined,
  )
  return {
    providers: Object.fromEntries(all.map(({ provider }) => [provider.name, provider])),
    accounts: Object.fromEntries(
      all.map(({ provider, account }) => [
        provider.name,
        { ...account, foreignTrades: env.FOREIGN_TRADE_PREFIXES },
      ]),
    ),
    refundFallback: env.REFUND_FALLBACK,
  }
}
