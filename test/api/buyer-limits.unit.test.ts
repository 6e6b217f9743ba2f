import { expect, it } from 'vitest'
import { createBuyerLimit } from '../../api/flash-sales/buyer-limits.ts'
import type { UserId } from '../../domain/ids.ts'

const [ada, ben] = ['1', '2'] as UserId[] as [UserId, UserId]

it('lets a buyer ask so often a minute, and nobody else’s requests count', () => {
  const wait = createBuyerLimit(2, () => 0)
  expect([wait(ada), wait(ada)]).toEqual([undefined, undefined])
  expect(wait(ada)).toBe(90)
  expect(wait(ben)).toBeUndefined()
})

it('does not count what it refused', () => {
  let now = 0
  const wait = createBuyerLimit(2, () => now)
  for (let i = 0; i < 50; i++) wait(ada)
  now = 120_000
  expect(wait(ada)).toBeUndefined()
})

it('is a sliding window: the minute before counts by the share that is less than a minute ago', () => {
  let now = 0
  const wait = createBuyerLimit(4, () => now)
  for (let i = 0; i < 4; i++) expect(wait(ada)).toBeUndefined()
  now = 60_000
  expect(wait(ada)).toBeGreaterThan(0)
  now = 75_001 // Of four, less than three are left.
  expect(wait(ada)).toBeUndefined()
  expect(wait(ada)).toBeGreaterThan(0)
})

it('says after how many seconds the next request is answered', () => {
  let now = 0
  const wait = createBuyerLimit(4, () => now)
  for (let i = 0; i < 4; i++) wait(ada)
  for (const asked of [0, 60_000]) {
    now = asked
    const seconds = wait(ada) ?? 0
    now = asked + (seconds - 1) * 1000
    expect(wait(ada)).toBeGreaterThan(0)
    now = asked + seconds * 1000
    expect(wait(ada)).toBeUndefined()
  }
})
