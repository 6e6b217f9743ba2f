import { z } from 'zod'
import type { Sql } from '../db/types.ts'
import { alipayOf, alipayVariables } from '../providers/alipay/settings.ts'
import type { PaymentProvider } from '../providers/provider.ts'
import type { Configured } from '../providers/settings.ts'
import { wechatV2Of, wechatV2Variables } from '../providers/wechat-v2/settings.ts'
import { wechatV3Of, wechatV3Variables } from '../providers/wechat-v3/settings.ts'
import { balanceAccount, balanceProvider } from '../services/payments/balance.ts'

/** The variables of the payment providers. A provider without any does not appear; one with only some stops the start. */
export const paymentVariables = {
  /** Where the money goes that a provider could not send back. */
  REFUND_FALLBACK: z.enum(['wallet', 'none'], { error: '`wallet` or `none`' }).default('none'),
  ...wechatV3Variables,
  ...alipayVariables,
  ...wechatV2Variables,
}
const variables = z.object(paymentVariables)
export type PaymentEnv = z.infer<typeof variables>

export type Payments = {
  providers: Readonly<Record<string, PaymentProvider>>
  /** The merchant and app that each provider has to name for money to be ours. */
  accounts: Record<string, { merchant: string; app: string }>
  refundFallback: 'wallet' | 'none'
}

/** The providers that are configured, and the wallet. Throws, naming the variables, for one that is half configured. */
export function configurePayments(env: PaymentEnv, sql: Sql): Payments {
  const wallet: Configured = { provider: balanceProvider(sql), account: balanceAccount }
  const all = [wechatV3Of(env), wechatV2Of(env), alipayOf(env), wallet].filter(
    (configured) => configured !== undefined,
  )
  return {
    providers: Object.fromEntries(all.map(({ provider }) => [provider.name, provider])),
    accounts: Object.fromEntries(all.map(({ provider, account }) => [provider.name, account])),
    refundFallback: env.REFUND_FALLBACK,
  }
}
