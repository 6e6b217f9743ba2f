import type { Ids } from '../../domain/ids.ts'
import type { Account } from '../payments/accounts.ts'
import type { StatementOf } from './fetch.ts'

/** A statement that is compared with our rows. */
export type Matching = StatementOf & {
  ids: Ids
  /** Its row. */
  statement: bigint
  /**
   * The providers by which the same merchant sells, this one included: a statement lists the trades of all.
   */
  siblings: readonly string[]
  account: Account
}

/** What a batch of rows came to: stored because we did not know of it, and different from what we know. */
export type BatchMatched = { repaired: number; different: number }
