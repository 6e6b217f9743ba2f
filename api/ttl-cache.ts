/** What is asked for often and may be a moment old, by key. */
export type TtlCache<T> = {
  /** What `load` answered, not longer ago than the moment; asked once, however many want it at a time. */
  get(key: string): Promise<T>
  /** The next `get` asks again. */
  forget(key: string): void
}

type Entry<T> = { value: Promise<T>; until: number }

/**
 * Remembers what `load` answers for `forMs`, of the last `most` keys. When it fails, what was known before is
 * better than nothing.
 */
export function ttlCache<T>(
  load: (key: string) => Promise<T>,
  { forMs = 1000, most = 1000, now = Date.now } = {},
): TtlCache<T> {
  const entries = new Map<string, Entry<T>>()
  return {
    get(key) {
      const known = entries.get(key)
      if (known && now() < known.until) return known.value
      const value: Promise<T> = load(key).catch((error: unknown) => {
        if (known) return known.value
        if (entries.get(key)?.value === value) entries.delete(key)
        throw error
      })
      entries.delete(key)
      entries.set(key, { value, until: now() + forMs })
      const oldest = entries.size > most ? entries.keys().next().value : undefined
      if (oldest !== undefined) entries.delete(oldest)
      return value
    },
    forget(key) {
      const known = entries.get(key)
      if (known) known.until = 0
    },
  }
}
