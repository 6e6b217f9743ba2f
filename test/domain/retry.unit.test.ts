import { expect, it } from 'vitest'
import { NeverRetry, RetryLater } from '../../domain/retry.ts'

it('what is tried later says why, and when it is of use only then', () => {
  expect(new RetryLater('still open')).toMatchObject({
    ...{ name: 'RetryLater', message: 'still open', afterS: undefined },
  })
  expect(new RetryLater('too early', 60).afterS).toBe(60)
})

it('what is never tried again says what is missing', () => {
  expect(new NeverRetry('refund_unknown', 'no such refund')).toMatchObject({
    ...{ name: 'NeverRetry', type: 'refund_unknown', message: 'no such refund' },
  })
})
