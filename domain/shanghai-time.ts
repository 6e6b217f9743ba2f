/** What China's clocks are ahead of UTC, ms: one time zone, no summer time. */
export const shanghaiMs = 8 * 3_600_000

/**
 * A moment (ms since 1970) as clocks in China show it, without a zone: `2026-03-01T10:00:00`. Whole seconds,
 * never later.
 */
export const inShanghai = (ms: number): string => new Date(ms + shanghaiMs).toISOString().slice(0, 19)

/** The same with a blank: `2026-03-01 10:00:00`, as Alipay writes times. */
export const shanghaiText = (ms: number): string => inShanghai(ms).replace('T', ' ')

/** The same as 14 digits: `20260301100000`, as WeChat Pay v2 writes times. */
export const shanghaiDigits = (ms: number): string => inShanghai(ms).replace(/\D/g, '')

/** The same with its zone: `2026-03-01T10:00:00+08:00` (RFC 3339), as WeChat Pay v3 writes times. */
export const shanghaiRfc3339 = (ms: number): string => `${inShanghai(ms)}+08:00`

/** The moment at which a day (`2026-03-01`) begins in China, ms since 1970; NaN for what is no day. */
export const shanghaiMidnight = (date: string): number => Date.parse(`${date}T00:00:00+08:00`)
