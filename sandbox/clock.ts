/**
 * The providers' clocks show China's time: `2026-03-01T10:00:00`, without a zone. Not the product's code,
 * which is tested against it.
 */
export const inBeijing = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)

/** The same with its zone (RFC 3339): `2026-03-01T10:00:00+08:00`. */
export const rfc3339 = (ms: number): string => `${inBeijing(ms)}+08:00`
