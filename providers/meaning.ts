import type { TradeState } from './provider.ts'

/** What a provider's word means for an order that wants to close. `missing`: it has no such trade; what that means depends on who asks. */
export type Meaning = TradeState | 'missing'

/** What a provider documents: states of trades, and codes of errors. What is not listed is unknown. */
export type Meanings = {
  readonly states: Readonly<Record<string, Meaning>>
  readonly errors: Readonly<Record<string, Meaning>>
}

/** A table's entry, and nothing that an object has by itself: keys come from outside. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
