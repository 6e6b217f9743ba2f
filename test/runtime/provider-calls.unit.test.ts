import { describe, expect, it } from 'vitest'
import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { PaymentProvider } from '../../providers/provider.ts'
import { observedProvider } from '../../runtime/provider-calls.ts'

const attempt = '71' as AttemptNumber
const refund = 'late-pay-t71' as RefundNumber
const opening = {
  attempt,
  product: 'jsapi',
  amount: fen(100),
  currency: 'CNY',
  description: 'Order 7',
  attach: 'order:7',
  payer: { openid: 'o-secret', ip: '203.0.113.7' },
  expiresAt: new Date(0),
} as const
const refunding = {
  refund,
  attempt,
  transaction: 't71',
  amount: fen(100),
  captured: fen(100),
  currency: 'CNY',
} as const

const signError = { code: 'SIGN_ERROR', message: '签名错误' }
/** Whatever it is asked, its gateway refuses. */
const refusing: PaymentProvider = {
  name: 'pay',
  channels: { pay: 'native' },
  timeoutMs: 1000,
  open: async () => ({ is: 'refused', ...signError }),
  query: async () => ({ is: 'unknown', state: signError.code, error: signError }),
  close: async () => ({ is: 'unknown', state: signError.code, error: signError }),
  refund: async () => ({ is: 'unknown', ...signError }),
  queryRefund: async () => ({ is: 'unknown', ...signError }),
}

function observed(provider: PaymentProvider, { perSecond = Number.POSITIVE_INFINITY } = {}) {
  const lines: object[] = []
  let [left, time] = [perSecond, 0]
  const calls = observedProvider(provider, {
    limit: async (_, calls = 1) => {
      if (left < calls) return false
      left -= calls
      return true
    },
    log: { warn: (line: object) => lines.push(line) } as never, // Only this of it is used.
    now: () => time,
  })
  return { calls, lines, later: (ms: number) => (time += ms) }
}

describe('an error of a provider', () => {
  it.each([
    ['open', (pay: PaymentProvider) => pay.open(opening), { attempt, about: 'order:7' }],
    ['query', (pay: PaymentProvider) => pay.query(attempt, 'settled'), { attempt }],
    ['close', (pay: PaymentProvider) => pay.close(attempt, 'settled'), { attempt }],
    ['refund', (pay: PaymentProvider) => pay.refund(refunding), { attempt, refund }],
    ['queryRefund', (pay: PaymentProvider) => pay.queryRefund(refund, refunding), { attempt, refund }],
  ])('when asked to %s is logged once, with its words and what it was about', async (call, ask, about) => {
    const { calls, lines } = observed(refusing)
    await ask(calls)
    expect(lines).toEqual([{ provider: 'pay', call, ...signError, ...about }])
  })

  it('is logged without anything of the buyer', async () => {
    const { calls, lines } = observed(refusing)
    await calls.open(opening)
    expect(JSON.stringify(lines)).not.toMatch(/o-secret|203\.0\.113\.7/)
  })

  it('that goes on in an outage fills no log: ten lines a minute, and how many were left out', async () => {
    const { calls, lines, later } = observed(refusing)
    for (let n = 0; n < 25; n++) await calls.query(attempt, 'settled')
    expect(lines).toHaveLength(10)
    later(60_000)
    await calls.query(attempt, 'settled')
    expect(lines[10]).toMatchObject({ leftOut: 15 })
  })

  it('is not what a trade is that waits, is closed or is not there: nothing is logged', async () => {
    const { calls, lines } = observed({
      ...refusing,
      query: async () => ({ is: 'unknown', state: 'NOTPAY' }),
      close: async () => ({ is: 'closed', state: 'CLOSED' }),
      queryRefund: async () => ({ is: 'missing', code: 'RESOURCE_NOT_EXISTS' }),
    })
    await calls.query(attempt, 'settled')
    await calls.close(attempt, 'settled')
    await calls.queryRefund(refund, refunding)
    expect(lines).toEqual([])
  })
})

describe('the calls of a second', () => {
  it('are counted for whatever is asked; one too many is not made, and settles nothing', async () => {
    const made: string[] = []
    const counting = Object.fromEntries(
      (['open', 'query', 'close', 'refund', 'queryRefund'] as const).map((call) => [
        call,
        async () => {
          made.push(call)
          return { is: 'unknown', state: 'NOTPAY', code: 'X' }
        },
      ]),
    )
    const { calls } = observed({ ...refusing, ...counting }, { perSecond: 6 })
    const ask = async () => [
      await calls.open(opening),
      await calls.query(attempt, 'settled'),
      await calls.close(attempt, 'settled'), // It closes, then asks.
      await calls.refund(refunding),
      await calls.queryRefund(refund, refunding),
    ]
    await ask()
    const tooMany = await ask()
    expect(made).toEqual(['open', 'query', 'close', 'refund', 'queryRefund'])
    expect(tooMany).toEqual([
      { is: 'unknown', code: 'CALLS_USED_UP' },
      { is: 'unknown', state: 'CALLS_USED_UP', retryAfterS: 1 },
      { is: 'unknown', state: 'CALLS_USED_UP', retryAfterS: 1 },
      { is: 'unknown', code: 'CALLS_USED_UP' },
      { is: 'unknown', code: 'CALLS_USED_UP' },
    ])
  })
})
