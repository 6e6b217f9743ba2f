import type { OfferKey } from '../domain/flash-sale.ts'
import type { UserId } from '../domain/ids.ts'

/** Who has to solve a challenge, and for which offer. `address`: the IP address that the buyer comes from. */
export type Subject = { buyer: UserId; offer: OfferKey; address: string }

/** What a page needs so that its buyer can solve the challenge. */
type Task =
  | {
      kind: 'proof-of-work'
      challenge: string
      /** How many nonces are to be found, and how many zero bits the hash of each has to begin with. */
      rounds: number
      bits: number
      /** ms since 1970. */
      expiresAt: number
    }
  | { kind: 'turnstile'; siteKey: string; action: string; cData: string }
  | { kind: 'tencent'; appId: string }

/** What a page sends back. */
export type Solution =
  | { kind: 'proof-of-work'; challenge: string; nonces: readonly number[] }
  | { kind: 'turnstile'; token: string }
  | { kind: 'tencent'; ticket: string; randstr: string }

/** `away`: who could say so did not answer, or answered nothing about this solution. */
type Verdict = 'passed' | 'failed' | 'away'

/**
 * The check that a token may cost: what each account has to do or to show before it joins. Every adapter
 * keeps nothing in this process, so that any API process can verify what another one has issued.
 */
export type Challenge = {
  issue(subject: Subject): Task
  /**
   * Whether the solution is right, is this buyer's, and comes for the first time. A solution of another kind
   * has failed.
   */
  verify(subject: Subject, solution: Solution): Promise<Verdict>
}
