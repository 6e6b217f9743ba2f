import type { Tx } from '../../../db/types.ts'

/** Something that must never happen to a database, and the check that tells. */
export type Corruption = { tells: string; check: string; corrupt: (tx: Tx) => Promise<unknown> }
