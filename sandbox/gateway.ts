import type { Hono } from 'hono'
import type { Ledger } from './ledger.ts'

/** What somebody who pays sees of a trade. Amounts are fen. */
export type Shown = {
  state: string
  amount: bigint
  captured: bigint
  description: string
  transactionId: string | undefined
  failures: number
}

/**
 * One provider of the stand-in: the merchant's side on its own wire protocol (`routes`), and the buyer's
 * side. All but `has` throw `GatewayRefusal` when the trade cannot do that.
 */
export type Gateway = {
  /** Where the merchant's side is mounted. */
  path: string
  routes: Hono
  has(outTradeNo: string): boolean
  show(outTradeNo: string): Shown
  /** Takes the money at once; `notified` resolves when the first notification is over. */
  pay(outTradeNo: string): { notified: Promise<void> }
  /** A payment that fails, for want of money say: the trade stays payable, and nobody is notified. */
  fail(outTradeNo: string): void
  /** The buyer walks away for good: the trade ends as the provider's own time-out would end it. */
  close(outTradeNo: string): void
  /**
   * Somebody else claims, under the provider's name, that the trade was paid. Nothing was. Resolves when that
   * has been answered.
   */
  forge(outTradeNo: string): Promise<void>
  ledger(): Ledger
  stop(): void
}
