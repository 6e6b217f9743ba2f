import { ApplicationFailure } from '@temporalio/common'
import { afterAll, describe, expect, it } from 'vitest'
import { createLog } from '../../runtime/log.ts'
import { meteredActivities, meteredPayments } from '../../runtime/metered.ts'
import { registry } from '../../runtime/metrics.ts'
import type { Payments } from '../../runtime/payments.ts'
import { sampleCounter, sampleGauges } from '../../runtime/sampled-metrics.ts'
import { figure } from '../support/figures.ts'

describe('an activity is counted and timed', () => {
  const refused = ApplicationFailure.create({ type: 'refused', nonRetryable: true })
  const throwing = (error: unknown) => async () => {
    throw error
  }
  const series = (step: string, outcome: string) =>
    figure(`order_step_duration_seconds_count{step="${step}",outcome="${outcome}"}`)

  it('by what came of it: done, refused by the business, failed', async () => {
    const activities = meteredActivities({
      reserve: async (pieces: number) => pieces * 2,
      lock: throwing(refused),
      debit: throwing(new Error('PostgreSQL is away')),
    })
    expect(await activities.reserve(2)).toBe(4)
    await expect(activities.lock()).rejects.toBe(refused)
    await expect(activities.debit()).rejects.toThrow('away')
    expect(await series('reserve', 'done')).toBe(1)
    expect(await series('lock', 'refused')).toBe(1)
    expect(await series('debit', 'failed')).toBe(1)
  })
})

describe('a call to a provider is counted and timed', () => {
  const series = (call: string, outcome: string) =>
    figure(`payment_provider_call_duration_seconds_count{provider="pay",call="${call}",outcome="${outcome}"}`)

  it('by what the provider said, or as failed', async () => {
    const provider = {
      query: async () => ({ is: 'paid' }),
      close: async () => ({ is: 'unknown' }),
      refund: async () => {
        throw new Error('no answer')
      },
    }
    // Three calls of a provider are enough here.
    const { providers } = meteredPayments({ providers: { pay: provider } } as unknown as Payments)
    await providers.pay?.query('1' as never, 'settled')
    await providers.pay?.close('1' as never, 'settled')
    await expect(providers.pay?.refund({} as never)).rejects.toThrow()
    expect(await series('query', 'paid')).toBe(1)
    expect(await series('close', 'unknown')).toBe(1)
    expect(await series('refund', 'failed')).toBe(1)
  })
})

it('warnings and errors are counted by their level, those too that are left out of the log', async () => {
  const before = { warn: (await figure('logged_total{level="warn"}')) ?? 0 }
  const log = createLog({ level: 'info', write: () => {} })
  log.info('nothing to see')
  for (let n = 0; n < 50; n++) log.warn('the same again')
  log.error('a fault')
  expect(await figure('logged_total{level="warn"}')).toBe(before.warn + 50)
  expect(await figure('logged_total{level="error"}')).toBeGreaterThanOrEqual(1)
  expect(await figure('logged_total{level="info"}')).toBeUndefined()
})

describe('what stores hold', () => {
  afterAll(() => {
    for (const name of ['held', 'waiting', 'happened_total']) registry.removeSingleMetric(name)
  })

  it('is read when somebody asks, and by one look however many do', async () => {
    let looks = 0
    const read = async () => ({ held: [{ value: ++looks }] })
    sampleGauges([{ name: 'held', help: 'h' }], read, { everyMs: 60_000 })
    expect(await Promise.all([figure('held'), figure('held'), figure('held')])).toEqual([1, 1, 1])
    expect(looks).toBe(1)
  })

  it('is shown as the last look found it, also where a later one fails or finds less', async () => {
    const looks = [[{ labels: { of: 'a' }, value: 1 }], 'away', []] as const
    let look = 0
    const warned: unknown[] = []
    sampleGauges(
      [{ name: 'waiting', help: 'h', labels: ['of'] }],
      async () => {
        const found = looks[look++]
        if (found === 'away') throw new Error('PostgreSQL is away')
        return { waiting: found ?? [] }
      },
      { everyMs: 0, warn: (error) => warned.push(error) },
    )
    expect(await figure('waiting{of="a"}')).toBe(1)
    expect(await figure('waiting{of="a"}')).toBe(1)
    expect(warned).toHaveLength(1)
    expect(await figure('waiting{of="a"}')).toBeUndefined()
  })

  it('grows as a counter by what each look has found', async () => {
    const found = [2, 0, 3]
    const grown = async () => [{ labels: { of: 'b' }, value: found.shift() ?? 0 }]
    sampleCounter({ name: 'happened_total', help: 'h', labels: ['of'] }, grown, { everyMs: 0 })
    const seen = [await figure('happened_total{of="b"}'), await figure('happened_total{of="b"}')]
    expect([...seen, await figure('happened_total{of="b"}')]).toEqual([2, 2, 5])
  })
})
