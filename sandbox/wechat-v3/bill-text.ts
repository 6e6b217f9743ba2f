import { inBeijing } from '../clock.ts'

/** `2026-03-01 12:00:00`: days and times of a bill are China's. */
export const shanghai = (ms: number): string => inBeijing(ms).replace('T', ' ')
/** Whether a moment is on that day. */
export const isOn = (date: string, ms: number | undefined): boolean =>
  ms !== undefined && shanghai(ms).startsWith(date)
/** Fen as yuan: `19.90`. */
export const yuan = (fen: bigint): string =>
  fen < 0n ? `-${yuan(-fen)}` : `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`
/** A line whose every field begins with a backtick. */
export const fields = (...all: string[]): string => all.map((field) => `\`${field}`).join(',')
