/** The same numbers at every run: a seeded shop can be talked about. Not for secrets. */
export type Random = {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  /** One of these; throws when there are none. */
  one<T>(of: readonly T[]): T
}

/** Mulberry32, from a seed. */
export function random(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    between,
    one<T>(of: readonly T[]): T {
      const picked = of[between(0, of.length - 1)]
      if (picked === undefined) throw new RangeError('one of nothing')
      return picked
    },
  }
}
