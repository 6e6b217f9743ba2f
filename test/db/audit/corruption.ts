import type { Tx } from '../../../db/types.ts'

/** Something that must never happen to a database, and the check that finds it. */
export type Corruption = { what: string; check: string; corrupt: (tx: Tx) => Promise<unknown> }
