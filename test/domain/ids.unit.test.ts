import { describe, expect, it } from 'vitest'
import {
  isId,
  madeAt,
  type OrderId,
  orderChannel,
  orderWorkflowId,
  type RefundNumber,
  reconcileWorkflowId,
  refundWorkflowId,
  type SessionId,
  sessionWorkflowId,
  snowflakes,
} from '../../domain/ids.ts'

const many = 200_000

function expectAscending(ids: readonly string[]): void {
  const numbers = ids.map(BigInt)
  const firstOutOfOrder = numbers.findIndex((number, i) => i > 0 && number <= (numbers[i - 1] ?? 0n))
  expect(firstOutOfOrder).toBe(-1)
}
const take = (next: () => string, count = many): string[] => Array.from({ length: count }, next)

describe('snowflakes', () => {
  it('are unique and ascend, 200,000 in a row', () => {
    expectAscending(take(snowflakes(1).next))
  })

  it('are unique and ascend while the clock stands still', () => {
    const start = Date.now()
    expectAscending(take(snowflakes(1, () => start).next))
  })

  it('are unique and ascend when the clock goes back, and when it jumps to and fro', () => {
    let now = Date.now()
    expectAscending(take(snowflakes(1, () => now--).next))
    expectAscending(take(snowflakes(2, () => now + (Math.random() < 0.5 ? -60_000 : 60_000)).next))
  })

  it('of different workers never meet, in the same millisecond', () => {
    const now = Date.now()
    const ids = [0, 1, 512, 1023].flatMap((worker) => take(snowflakes(worker, () => now).next, 10_000))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('fit the database', () => {
    expect(isId(snowflakes(1023, () => Date.parse('2090-01-01')).next())).toBe(true)
  })
})

describe('isId', () => {
  it.each(['1', '9', '10', '9223372036854775807', '42'])('takes %s', (text) => {
    expect(isId(text)).toBe(true)
  })

  it.each([
    '',
    '0',
    '01',
    '-1',
    '1.0',
    '1e3',
    ' 1',
    '1\n',
    '9223372036854775808',
    '99999999999999999999',
    'abc',
    '１',
  ])('refuses %j', (text) => {
    expect(isId(text)).toBe(false)
  })
})

describe('an id says when it was made', () => {
  const moment = Date.parse('2026-11-11T00:00:00.123Z')

  it('to the millisecond, whichever worker made it', () => {
    expect(madeAt(snowflakes(0, () => moment).next())).toBe(moment)
    expect(madeAt(snowflakes(1023, () => moment).next())).toBe(moment)
  })

  it('from 2024 on, in 41 bits of milliseconds, 10 of the worker and 12 of a sequence', () => {
    const ids = snowflakes(5, () => Date.parse('2024-01-01T00:00:00.001Z'))
    expect([ids.next(), ids.next()].map(BigInt)).toEqual([
      (1n << 22n) | (5n << 12n),
      (1n << 22n) | (5n << 12n) | 1n,
    ])
  })

  it('borrows the next millisecond after 4,096 ids of one, and not before', () => {
    const ids = take(snowflakes(1, () => moment).next, 4097).map(madeAt)
    expect([ids[4095], ids[4096]]).toEqual([moment, moment + 1])
  })

  it('goes on from its last id when the clock is set back', () => {
    let now = moment
    const ids = snowflakes(1, () => now)
    ids.next()
    now -= 1000
    expect(madeAt(ids.next())).toBe(moment)
  })
})

describe('names that other systems know', () => {
  it('of workflows derive from the ids of what they are about', () => {
    expect([
      orderWorkflowId('7' as OrderId),
      refundWorkflowId('late-alipay-9' as RefundNumber),
      sessionWorkflowId('2019052614' as SessionId),
      reconcileWorkflowId({ provider: 'alipay', date: '2026-03-01' }),
    ]).toEqual(['order-7', 'refund-late-alipay-9', 'session-2019052614', 'reconcile-alipay-2026-03-01'])
  })

  it('of an order’s channel derives from its id', () => {
    expect(orderChannel('7' as OrderId)).toBe('order:7')
  })
})
