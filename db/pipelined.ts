import type { Tx } from './types.ts'

/**
 * Sends the statements of a transaction without waiting for one's answer before the next: one round trip.
 * PostgreSQL runs them in the order of this list, each with a snapshot of its own, so a lock in the first
 * holds for those after it. Rejects with the first fault.
 * @param _tx the transaction that all of them belong to
 */
export const pipelined = <T extends readonly unknown[]>(
  _tx: Tx,
  statements: readonly [...T],
): Promise<{ [I in keyof T]: Awaited<T[I]> }> => Promise.all(statements)
