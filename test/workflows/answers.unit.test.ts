import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { isAnswer, refusalOf } from '../../workflows/local-first.ts'
import { paymentsQueue } from '../../workflows/messages.ts'

const refusal = { code: 'out_of_stock', details: { skus: ['7'] } } as const
const refused = (of: object): ApplicationFailure =>
  ApplicationFailure.create({ type: 'refused', message: 'no', nonRetryable: true, details: [of] })
const failureOf = (cause: Error): ActivityFailure =>
  new ActivityFailure('it failed', 'reserveStock', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', cause)
const fault = ApplicationFailure.create({ message: 'PostgreSQL is away', nonRetryable: false })
const final = ApplicationFailure.nonRetryable('there is no such row', 'row_unknown')

describe('a failed activity', () => {
  it.each([
    ['a refusal', refused(refusal), true],
    ['another failure that is never retried', final, true],
    ['a fault', fault, false],
    ['an error of the language', new Error('x is undefined'), false],
  ])('is an answer, bare or wrapped, or none: %s', (_, cause, answer) => {
    expect(isAnswer(cause)).toBe(answer)
    expect(isAnswer(failureOf(cause))).toBe(answer)
  })

  it('carries a refusal where its type says so, and nothing that looks like one', () => {
    expect(refusalOf(failureOf(refused(refusal)))).toEqual(refusal)
    expect(refusalOf(refused(refusal))).toEqual(refusal)
    for (const other of [final, fault, new Error('refused')]) {
      expect(refusalOf(other)).toBeUndefined()
      expect(refusalOf(failureOf(other))).toBeUndefined()
    }
    expect(refusalOf(undefined)).toBeUndefined()
  })
})

describe('the queue of calls to providers', () => {
  it.each([
    ['orders', 'payments'],
    ['orders-x', 'payments-x'],
    ['orders-orders', 'payments-orders'],
    ['x-orders', 'x-orders'],
  ])('that goes with %s is %s', (orders, payments) => {
    expect(paymentsQueue(orders)).toBe(payments)
  })
})
