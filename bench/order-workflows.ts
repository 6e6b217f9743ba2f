export * from '../workflows/index.ts'

/**
 * Collects the garbage of the thread that runs the workflows: only from within it can that be asked for
 * (--expose-gc gives every context a `gc`).
 */
export async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void } // What --expose-gc adds.
  if (!gc) throw new Error('the worker was started without --expose-gc')
  for (let i = 0; i < 3; i++) gc()
}
