import type { OfferKey } from '../../domain/flash-sale.ts'

export type CrowdBuyer = { id: string; addressId: string }

/** What a crowd is to do. Shares are of a thousand buyers. */
export type CrowdPlan = {
  url: string
  sandboxUrl: string
  /** Signs the buyers' bearers, as the shop's sign-in would. */
  privateKey: string
  offer: OfferKey
  /** ms since 1970, by this machine's clock. */
  opensAt: number
  buyers: readonly CrowdBuyer[]
  /** Requests under way at once. */
  width: number
  mischief: { early: number; twice: number; forged: number; borrowed: number }
  /** Of those who are let in at the opening, so many in a thousand never pay; undefined: nobody pays. */
  neverPay?: number
  /** So many of those who got nothing keep trying, every two seconds. */
  stayers: number
}

/** How a crowd fares. `ready`: it has its tokens and waits for the opening. `took`: of joins, ms. */
export type CrowdTally = {
  phase: 'signing' | 'fetching tokens' | 'ready' | 'rushing' | 'staying' | 'over'
  prepared: number
  joins: number
  /** Joins answered since the opening, a second, in the second with the most. */
  peakPerS: number
  admitted: number
  /** Every ticket that a buyer got, each once. */
  tickets: string[]
  answers: Record<string, number>
  p50: number
  p99: number
  paid: number
  /** What should not have happened. */
  problems: string[]
}

export type ToCrowd = { plan: CrowdPlan } | 'go home'
export type FromCrowd = { tally: CrowdTally }
