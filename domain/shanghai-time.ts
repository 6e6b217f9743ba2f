/** China has one time zone and no summer time. */
export const shanghaiMs = 8 * 3_600_000

/** A moment (ms since 1970) as clocks in China show it, without a zone: `2026-03-01T10:00:00`. Whole seconds, never later. */
export const inShanghai = (ms: number): string => new Date(ms + shanghaiMs).toISOString().slice(0, 19)
