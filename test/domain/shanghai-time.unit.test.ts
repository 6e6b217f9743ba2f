import { describe, expect, it } from 'vitest'
import {
  inShanghai,
  shanghaiDigits,
  shanghaiMidnight,
  shanghaiMs,
  shanghaiRfc3339,
  shanghaiText,
} from '../../domain/shanghai-time.ts'

const evening = Date.parse('2026-02-28T17:30:59.999Z')

describe('a moment as clocks in China show it', () => {
  it('is eight hours ahead of UTC, in whole seconds that are never later', () => {
    expect(shanghaiMs).toBe(28_800_000)
    expect(inShanghai(evening)).toBe('2026-03-01T01:30:59')
  })

  it('has the form of each provider', () => {
    expect(shanghaiText(evening)).toBe('2026-03-01 01:30:59')
    expect(shanghaiDigits(evening)).toBe('20260301013059')
    expect(shanghaiRfc3339(evening)).toBe('2026-03-01T01:30:59+08:00')
  })
})

describe('a day in China', () => {
  it('begins at its own midnight', () => {
    expect(shanghaiMidnight('2026-03-01')).toBe(Date.parse('2026-02-28T16:00:00Z'))
    expect(inShanghai(shanghaiMidnight('2026-03-01'))).toBe('2026-03-01T00:00:00')
  })

  it.each(['', '2026-02-30x', 'today', '2026-13-01'])('is not %j', (date) => {
    expect(shanghaiMidnight(date)).toBeNaN()
  })
})
