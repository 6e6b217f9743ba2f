/**
 * Whose money a provider's is: the merchant and app that it has to name for it to be ours. `foreignTrades`:
 * how the trade numbers of other systems begin that sell under the same merchant number; their payments and
 * refunds are none of ours, and ask no human.
 */
export type Account = { merchant: string; app: string; foreignTrades?: readonly string[] }
export type Accounts = Record<string, Account>

/** Whether a trade number that is none of ours belongs to another known system of the same merchant. */
export const isForeignTrade = (account: Account | undefined, trade: string): boolean =>
  account?.foreignTrades?.some((prefix) => trade.startsWith(prefix)) ?? false
