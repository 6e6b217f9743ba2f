import { Redis } from 'ioredis'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import type { AttemptNumber, OrderId } from '../../../domain/ids.ts'
import { createProviderRateLimit } from '../../../redis/provider-rate-limit.ts'
import { observedProvider } from '../../../runtime/provider-calls.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import type { JobsDeps } from '../../../workers/jobs/deps.ts'
import { findUnwatched, watch as watchOne } from '../../../workers/jobs/watch.ts'
import { payable } from '../../services/payments/resolving.ts'
import { orderRow } from '../../support/books.ts'
import { attemptRow } from '../../support/paying.ts'
import { audited } from '../../support/use-shop.ts'
import { jobsHarness } from './harness.ts'

const harness = await audited(jobsHarness())
beforeEach(() => {
  Object.assign(harness.till.pay, { answers: {}, queried: [], closed: [] })
})

/** Both of the test's providers, one after the other. */
const watch = async (deps: JobsDeps): Promise<number> =>
  (await watchOne(deps, harness.till.pay)) + (await watchOne(deps, harness.till.other))
const due = (attempt: AttemptNumber) =>
  harness.sql`UPDATE attempts SET next_ask_at = now() WHERE number = ${attempt}`
async function dueAttempt(): Promise<{ order: OrderId; attempt: AttemptNumber }> {
  const made = await payable(harness.sql, harness.shop, harness.till)
  await due(made.attempt)
  return made
}
/**
 * An attempt that is due and still open although its order is paid: by an earlier attempt, which its provider
 * had called closed.
 */
async function outlived(): Promise<{ order: OrderId; attempt: AttemptNumber }> {
  const { order, attempt: earlier, input } = await payable(harness.sql, harness.shop, harness.till)
  const attempt = await harness.till.attempt(order, input.buyerId, 'other')
  expect(await harness.till.notify(await harness.till.facts(earlier))).toBe('paid')
  await due(attempt)
  return { order, attempt }
}

describe('the watch', () => {
  it('asks first when an attempt is fifteen seconds old, then with growing pauses that stay bounded', async () => {
    const { attempt } = await payable(harness.sql, harness.shop, harness.till)
    const pause = async () => {
      const [row] = await harness.sql<
        { s: number }[]
      >`SELECT round(extract(epoch FROM next_ask_at - now()))::int AS s FROM attempts WHERE number = ${attempt}`
      return row?.s ?? 0
    }
    expect(await watch(harness.deps)).toBe(0)
    const pauses: number[] = []
    for (const asked of [0, 1, 2, 3, 60]) {
      await harness.sql`UPDATE attempts SET next_ask_at = now(), asked = ${asked} WHERE number = ${attempt}`
      expect(await watch(harness.deps)).toBe(1)
      pauses.push(await pause())
    }
    expect(pauses.map((s) => Math.round(s / 15))).toEqual([1, 2, 4, 8, 40])
    expect(harness.till.pay.queried).toHaveLength(5)
  })

  it('finds a payment whose callback was lost', async () => {
    const { order, attempt } = await dueAttempt()
    harness.till.pay.answers.query = async (number) => ({
      is: 'paid',
      facts: await harness.till.facts(number),
    })
    expect(await watch(harness.deps)).toBe(1)
    expect((await harness.sql`SELECT found FROM notifications WHERE attempt = ${attempt}`)[0]).toEqual({
      found: 'watch',
    })
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'to_ship' })
    expect(await watch(harness.deps)).toBe(0)
  })

  it('and the callback, when it comes after all, are one notification', async () => {
    const { attempt } = await dueAttempt()
    const facts = await harness.till.facts(attempt)
    harness.till.pay.answers.query = () => ({ is: 'paid', facts })
    await watch(harness.deps)
    expect(await harness.till.notify(facts)).toBe('paid')
    expect(await harness.sql`SELECT 1 FROM notifications WHERE attempt = ${attempt}`).toHaveLength(1)
  })

  it('ends an attempt that its provider has closed, and the order can be paid by another', async () => {
    const { order, attempt } = await dueAttempt()
    harness.till.pay.answers.query = () => ({ is: 'closed', state: 'CLOSED' })
    await watch(harness.deps)
    expect(await attemptRow(harness.sql, attempt)).toMatchObject({ state: 'closed', askAt: null })
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'awaiting_payment' })
  })

  it('leaves alone what is unknown', async () => {
    const { attempt } = await dueAttempt()
    await watch(harness.deps)
    expect(await attemptRow(harness.sql, attempt)).toMatchObject({ state: 'open', askAt: expect.any(Date) })
  })

  it('closes at the provider an attempt that outlived its order', async () => {
    const { attempt } = await outlived()
    await watch(harness.deps)
    expect(harness.till.other.closed).toEqual([attempt])
    expect(harness.till.other.queried).toEqual([])
    expect(await attemptRow(harness.sql, attempt)).toMatchObject({ state: 'closed' })
  })

  it.each(['awaiting_payment', 'closing'])(
    'closes at the provider an attempt that has expired, though its order is %s and has no workflow',
    async (status) => {
      const { order, attempt } = await dueAttempt()
      if (status === 'closing') await closeOrder(harness.sql, order, 'pay_timeout')
      await harness.sql`
        UPDATE attempts
        SET expires_at = now() - interval '1 second'
        WHERE number = ${attempt}`
      await watch(harness.deps)
      expect(harness.till.pay.closed).toEqual([attempt])
      expect(await attemptRow(harness.sql, attempt)).toMatchObject({ state: 'closed', askAt: null })
      expect(await orderRow(harness.sql, order)).toMatchObject({ status })
    },
  )

  it('has money that such an attempt brought sent back', async () => {
    const { order, attempt } = await outlived()
    harness.till.other.answers.close = async (number) => ({
      is: 'paid',
      facts: await harness.till.facts(number),
    })
    await watch(harness.deps)
    expect(await attemptRow(harness.sql, attempt)).toMatchObject({ state: 'closed', refunding: 6300n })
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'to_ship' })
  })

  it('is shared by jobs that look at the same time: each attempt is asked about once', async () => {
    const attempts = await Promise.all(Array.from({ length: 8 }, dueAttempt))
    const taken = await Promise.all([watch(harness.deps), watch(harness.deps), watch(harness.deps)])
    expect(taken.reduce((a, b) => a + b, 0)).toBe(8)
    expect([...harness.till.pay.queried].sort()).toEqual(attempts.map(({ attempt }) => attempt).sort())
  })

  it('goes on with the others when the query of one fails', async () => {
    const [broken, fine] = [await dueAttempt(), await dueAttempt()]
    harness.till.pay.answers.query = (number) => {
      if (number === broken.attempt) throw new Error('a fault of ours')
      return { is: 'closed', state: 'CLOSED' }
    }
    expect(await watch(harness.deps)).toBe(2)
    expect(await attemptRow(harness.sql, broken.attempt)).toMatchObject({ state: 'open' })
    expect(await attemptRow(harness.sql, fine.attempt)).toMatchObject({ state: 'closed' })
  })

  it('asks a provider no more than so many questions a second, and what is too much for it waits', async () => {
    const attempts = await Promise.all(Array.from({ length: 6 }, dueAttempt))
    const redis = new Redis(inject('redisUrl'))
    const provider = { ...harness.till.pay, name: `pay-${attempts[0]?.attempt}` } // Counted by itself.
    await harness.sql`
      UPDATE attempts
      SET provider = ${provider.name}
      WHERE number = ANY(${attempts.map(({ attempt }) => attempt)}::bigint[])`
    const limit = createProviderRateLimit(redis, 4)
    expect(await watchOne(harness.deps, observedProvider(provider, { limit, log: harness.deps.log }))).toBe(4)
    expect(harness.till.pay.queried).toHaveLength(4)
    redis.disconnect()
    const [waiting] = await harness.sql<{ due: number; asked: number }[]>`
      SELECT count(*)::int AS due, sum(asked)::int AS asked FROM attempts
      WHERE number = ANY(${attempts.map(({ attempt }) => attempt)}::bigint[])
        AND next_ask_at <= now() + interval '1 second'`
    expect(waiting).toEqual({ due: 2, asked: 0 })
  })

  it('asks a human about attempts at a provider that is not configured any more, until it is', async () => {
    const { attempt } = await dueAttempt()
    await harness.sql`
      UPDATE attempts
      SET next_ask_at = now() - interval '2 minutes'
      WHERE number = ${attempt}`
    const open = async () =>
      (
        await harness.sql`
          SELECT subject
          FROM attention
          WHERE reason = 'provider_missing' AND cleared_at IS NULL`
      ).map(({ subject }) => subject)
    const { pay, ...others } = harness.till.providers
    await findUnwatched({ ...harness.deps, payments: { ...harness.deps.payments, providers: others } })
    expect(await open()).toEqual([pay?.name])
    await watch(harness.deps)
    await findUnwatched(harness.deps)
    expect(await open()).toEqual([])
  })
})
