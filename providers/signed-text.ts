/**
 * Alipay and WeChat Pay v2 sign a list of parameters as one text, `a=1&b=2`, sorted by name. The text does
 * not show where a value ends: a value `1&b=2` of `a` signs alike. Says whether `sorted` could be such
 * another division of a signed text: a value holds `&name=`, and that name sorts between its own and the next
 * one. Any other `&name=` in a value can only be the provider's own, as the provider sorts.
 */
export function isAmbiguous(sorted: readonly (readonly [name: string, value: string])[]): boolean {
  return sorted.some(([name, value], at) => {
    const next = sorted[at + 1]?.[0]
    const hidden = [...value.matchAll(/&(\w+)=/g)].map(([, other = '']) => other)
    return hidden.some((other) => other > name && (next === undefined || other < next))
  })
}

/** By name in ASCII order, as both providers sort. */
export const byName = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number =>
  a < b ? -1 : a > b ? 1 : 0
