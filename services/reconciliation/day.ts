import { dayMs } from '../../domain/flash-sale.ts'
import { inShanghai, shanghaiMidnight } from '../../domain/shanghai-time.ts'

const hourMs = 3_600_000

/** A day in Shanghai, `YYYY-MM-DD`, which has neither summer time nor another zone. */
export const shanghaiDay = (ms: number): string => inShanghai(ms).slice(0, 10)

/** Whether a text names a day. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(shanghaiMidnight(text)) &&
  shanghaiDay(shanghaiMidnight(text)) === text

/**
 * Whether a provider has the statement of that day, which it makes on the day after, at that hour in
 * Shanghai. Throws on what is no day.
 */
export function isReady(date: string, hour: number, now: number): boolean {
  if (!isDay(date)) throw new RangeError(`${date} is not a day like 2026-03-01`)
  return now >= shanghaiMidnight(date) + dayMs + hour * hourMs
}
