import type { CallError, Trade, TradeState } from './provider.ts'

/**
 * What a provider's state or error means for an order that wants to close. `missing`: no such trade; what
 * that means depends on who asks.
 */
export type Meaning = TradeState | 'missing'

/** What a provider documents: states of trades, and codes of errors. What is not listed is unknown. */
export type Meanings = {
  readonly states: Readonly<Record<string, Meaning>>
  readonly errors: Readonly<Record<string, Meaning>>
}

/** A table's entry, and never what every object inherits: keys come from outside. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** What asking comes to when the call failed: unknown, and why, for the log. */
export const failed = ({ code, message }: CallError): Extract<Trade, { is: 'unknown' }> => ({
  is: 'unknown',
  state: code,
  error: { code, message },
})
