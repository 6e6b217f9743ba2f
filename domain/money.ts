/** An amount in fen (1/100 yuan). Never a float, never yuan. */
export type Fen = bigint & { readonly __unit: 'fen' }

/** How money travels in JSON and in workflow histories: a decimal string of fen and its currency. */
export type MoneyJson = { fen: string; currency: 'CNY' }

/** Marks a whole number as fen. Throws on what is not a whole number. */
export const fen = (amount: bigint | number | string): Fen => BigInt(amount) as Fen

export const zero: Fen = fen(0)

/** The sum of amounts, fen. */
export const add = (...amounts: Fen[]): Fen => amounts.reduce((sum, amount) => fen(sum + amount), zero)
/** A difference, fen. */
export const minus = (a: Fen, b: Fen): Fen => fen(a - b)
/** The price of so many pieces, fen. */
export const times = (price: Fen, quantity: number): Fen => fen(price * BigInt(quantity))
/** The smaller of two amounts. */
export const least = (a: Fen, b: Fen): Fen => (a < b ? a : b)

/** An amount as JSON carries it: whole fen as text, with its currency. */
export const moneyJson = (amount: Fen): MoneyJson => ({ fen: amount.toString(), currency: 'CNY' })

/** `1234n` → `12.34`, for people. */
export function yuan(amount: Fen): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(3, '0')
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/**
 * Splits `total` in proportion to `weights`, exactly: the parts add up to `total`, none is negative, and none
 * exceeds its weight while `total` does not exceed the sum of the weights. Largest remainder first, ties to
 * the earlier part. All weights zero: the first part takes all.
 */
export function allocate(total: Fen, weights: readonly Fen[]): Fen[] {
  const sum = weights.reduce((a, b) => a + b, 0n)
  if (sum === 0n) return weights.map((_, i) => (i === 0 ? total : zero))
  const parts = weights.map((weight) => (total * weight) / sum)
  let left = total - parts.reduce((a, b) => a + b, 0n)
  const byRemainder = weights
    .map((weight, i) => ({ i, remainder: (total * weight) % sum }))
    .sort((a, b) => Number(b.remainder - a.remainder)) // Of the right sign; ties keep their order.
  for (const { i } of byRemainder) {
    if (left === 0n) break
    parts[i] = (parts[i] ?? 0n) + 1n
    left -= 1n
  }
  return parts.map(fen)
}
