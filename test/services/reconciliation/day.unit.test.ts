import { describe, expect, it } from 'vitest'
import { isDay, isReady, shanghaiDay } from '../../../services/reconciliation/day.ts'

describe('a day of a statement', () => {
  it('is the one that clocks in Shanghai show', () => {
    expect(shanghaiDay(Date.parse('2026-02-28T15:59:59.999Z'))).toBe('2026-02-28')
    expect(shanghaiDay(Date.parse('2026-02-28T16:00:00Z'))).toBe('2026-03-01')
  })

  it.each(['2026-03-01', '2024-02-29', '1999-12-31'])('may be %s', (text) => {
    expect(isDay(text)).toBe(true)
  })

  it.each([
    ...['', 'yesterday', '2026-3-1', '20260301', '2026-02-30', '2025-02-29', '2026-13-01', '2026-00-10'],
    ...['2026-03-01T00:00:00', ' 2026-03-01', '2026-03-01\n', '12026-03-01'],
  ])('is not %j', (text) => {
    expect(isDay(text)).toBe(false)
  })
})

describe('a statement is ready', () => {
  const ten = Date.parse('2026-03-02T10:00:00+08:00')

  it('on the day after, from its hour in Shanghai on', () => {
    expect(isReady('2026-03-01', 10, ten)).toBe(true)
    expect(isReady('2026-03-01', 10, ten - 1)).toBe(false)
    expect(isReady('2026-03-01', 9, ten - 3_600_000)).toBe(true)
    expect(isReady('2026-03-01', 0, Date.parse('2026-03-02T00:00:00+08:00'))).toBe(true)
  })

  it('for no day that is none', () => {
    expect(() => isReady('2026-02-30', 10, ten)).toThrow('2026-02-30 is not a day like 2026-03-01')
  })
})
