import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectBooksToAddUp, orderRow } from '../../support/books.ts'
import { attemptRow } from '../../support/paying.ts'
import { atNoon, type Paid, provider, type StatementHarness, statementHarness } from './harness.ts'

let harness: StatementHarness
beforeEach(async () => {
  harness = await statementHarness()
})
afterEach(() => harness.close())

const matched = async () => {
  await harness.fetch()
  await atNoon(harness.sql, harness.of.date)
  return harness.match()
}
const row = ({ transaction, attempt, amount }: Paid) => ({
  transaction,
  trade: attempt,
  fen: amount.toString(),
})
const stateOf = async (refund: string) =>
  (await harness.sql`SELECT state, paid_to FROM refunds WHERE number = ${refund}`)[0]

describe('what both sides know', () => {
  it('agrees, paid and refunded, and asks nobody', async () => {
    await harness.paid()
    await harness.refunded(await harness.paid())
    expect(await matched()).toEqual({ rows: 3, repaired: 0, different: 0 })
    expect(await harness.differences()).toEqual([])
    expect(await harness.attention()).toEqual([])
    expect(await harness.statement()).toMatchObject({
      state: 'matched',
      rows: 3,
      matched_at: expect.any(Date),
    })
  })

  it('agrees on a day without any trade', async () => {
    await harness.bill({ none: true })
    expect(await matched()).toEqual({ rows: 0, repaired: 0, different: 0 })
    expect(await harness.statement()).toMatchObject({ state: 'none', matched_at: expect.any(Date) })
  })
})

describe('what only the provider knew', () => {
  it('of a payment pays the order, once the jobs has had it resolved', async () => {
    const { order, attempt } = await harness.paid({ notified: false })
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'awaiting_payment' })
    expect(await matched()).toEqual({ rows: 1, repaired: 1, different: 0 })
    expect(await harness.jobs()).toEqual(['paid'])
    expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
    expect(await attemptRow(harness.sql, attempt)).toMatchObject({ state: 'paid', captured: 6300n })
    await expectBooksToAddUp(harness.sql)
  })

  it('of a refund that arrived closes ours, on the provider’s word', async () => {
    const refund = await harness.refunded(await harness.paid(), { notified: false })
    expect(await stateOf(refund)).toMatchObject({ state: 'asked' })
    expect(await matched()).toEqual({ rows: 2, repaired: 1, different: 0 })
    expect(await harness.jobs()).toEqual(['refund success'])
    expect(await stateOf(refund)).toMatchObject({ state: 'success', paid_to: 'source' })
  })

  it('of a refund that somebody repaired there closes ours too', async () => {
    const refund = await harness.refunded(await harness.paid(), { notified: false })
    await harness.sql`UPDATE refunds SET state = 'abnormal', ended_at = now() WHERE number = ${refund}`
    expect(await matched()).toMatchObject({ repaired: 1, different: 0 })
    expect(await harness.jobs()).toEqual(['refund success'])
    expect(await stateOf(refund)).toMatchObject({ state: 'success' })
  })

  it('of another amount than was asked is stored as it is, and sent back', async () => {
    const paid = await harness.paid({ notified: false })
    await harness.bill({ dropRows: [paid.transaction], extraRows: [{ ...row(paid), fen: '1' }] })
    expect(await matched()).toEqual({ rows: 1, repaired: 1, different: 0 })
    expect(await harness.jobs()).toEqual([`refund late-${provider}-${paid.transaction}`])
    expect(await orderRow(harness.sql, paid.order)).toMatchObject({ status: 'awaiting_payment' })
  })
})

/** Each difference: what makes it, and what is kept. */
type Case = {
  name: string
  arrange: () => Promise<
    [difference: string, subject: string, details: Record<string, string>, order: string | null]
  >
}
const cases: Case[] = [
  {
    name: 'a trade that is none of ours',
    async arrange() {
      await harness.bill({ extraRows: [{ transaction: '4200x', trade: 'A-1', fen: '5' }] })
      return ['unknown_trade', '4200x', { trade: 'A-1', there: '5', state: 'SUCCESS' }, null]
    },
  },
  {
    name: 'a trade number that could be ours, and is not',
    async arrange() {
      await harness.bill({ extraRows: [{ transaction: '4200y', trade: '123456789', fen: '5' }] })
      return ['unknown_trade', '4200y', { trade: '123456789' }, null]
    },
  },
  {
    name: 'another amount than was notified',
    async arrange() {
      const paid = await harness.paid()
      await harness.bill({ dropRows: [paid.transaction], extraRows: [{ ...row(paid), fen: '6299' }] })
      return ['amount', paid.transaction, { there: '6299', here: '6300' }, paid.order]
    },
  },
  {
    name: 'a payment that our attempt does not hold',
    async arrange() {
      const paid = await harness.paid()
      await harness.sql`UPDATE attempts SET captured_fen = 6000 WHERE number = ${paid.attempt}`
      return ['amount', paid.transaction, { there: '6300', here: '6000' }, paid.order]
    },
  },
  {
    name: 'a refund that we never asked for',
    async arrange() {
      const paid = await harness.paid()
      await harness.bill({ extraRows: [{ ...row(paid), refund: 'by-hand', fen: '10' }] })
      return ['unknown_refund', 'by-hand', { trade: paid.attempt, there: '10' }, null]
    },
  },
  {
    name: 'another amount of a refund',
    async arrange() {
      const paid = await harness.paid()
      const refund = await harness.refunded(paid)
      await harness.bill({ dropRows: [refund], extraRows: [{ ...row(paid), refund, fen: '6000' }] })
      return ['refund_amount', refund, { there: '6000', here: '6300' }, paid.order]
    },
  },
  {
    name: 'a refund that failed there and is back here',
    async arrange() {
      const paid = await harness.paid()
      const refund = await harness.refunded(paid)
      await harness.bill({ dropRows: [refund], extraRows: [{ ...row(paid), refund, refundState: 'FAIL' }] })
      return ['refund_failed_there', refund, { state: 'FAIL' }, paid.order]
    },
  },
  {
    name: 'a refund that arrived and was paid into the wallet too',
    async arrange() {
      const paid = await harness.paid()
      const refund = await harness.refunded(paid)
      await harness.sql`UPDATE refunds SET paid_to = 'wallet' WHERE number = ${refund}`
      return ['refund_paid_twice', refund, { there: '6300', here: '6300' }, paid.order]
    },
  },
  {
    name: 'a payment that the statement lacks',
    async arrange() {
      const paid = await harness.paid()
      await harness.paid()
      await harness.bill({ dropRows: [paid.transaction] })
      return ['missing_there', paid.transaction, { attempt: paid.attempt, here: '6300' }, paid.order]
    },
  },
  {
    name: 'a payment on a day that has no statement',
    async arrange() {
      const paid = await harness.paid()
      await harness.bill({ none: true })
      return ['missing_there', paid.transaction, { here: '6300' }, paid.order]
    },
  },
  {
    name: 'a refund that the statement lacks',
    async arrange() {
      const paid = await harness.paid()
      const refund = await harness.refunded(paid)
      await harness.bill({ dropRows: [refund] })
      return ['refund_missing_there', refund, { attempt: paid.attempt, here: '6300' }, paid.order]
    },
  },
]

describe('what does not agree is kept for a human, once', () => {
  it.each(cases)('$name', async ({ arrange }) => {
    const [difference, subject, details, order] = await arrange()
    expect(await matched()).toMatchObject({ repaired: 0, different: 1 })
    const [found, ...more] = await harness.differences()
    expect(found).toMatchObject({ difference, subject, details, order })
    expect(more).toEqual([])
    expect(await harness.attention()).toMatchObject([
      {
        reason: 'statement_differs',
        subject: `${provider} ${harness.of.date}`,
        details: { different: '1', repaired: '0' },
      },
    ])
  })

  it('but a refund that failed there, and whose money went into the wallet, is as it should be', async () => {
    const paid = await harness.paid()
    const refund = await harness.refunded(paid)
    await harness.sql`UPDATE refunds SET paid_to = 'wallet' WHERE number = ${refund}`
    await harness.bill({ dropRows: [refund], extraRows: [{ ...row(paid), refund, refundState: 'CHANGE' }] })
    expect(await matched()).toEqual({ rows: 2, repaired: 0, different: 0 })
  })
})

it('a merchant who sells by two providers finds the trades of both in the statement of either', async () => {
  const paid = await harness.paid()
  await harness.sql`UPDATE attempts SET provider = 'wechat-v2' WHERE number = ${paid.attempt}`
  await harness.sql`UPDATE notifications SET provider = 'wechat-v2' WHERE number = ${paid.transaction}`
  const missed = await harness.paid({ notified: false })
  await harness.sql`UPDATE attempts SET provider = 'wechat-v2' WHERE number = ${missed.attempt}`
  await harness.fetch()
  const account = harness.accounts[provider] ?? { merchant: '', app: '' }
  expect(await harness.match({ accounts: { [provider]: account, 'wechat-v2': account } })).toEqual({
    rows: 2,
    repaired: 1,
    different: 0,
  })
  expect(await harness.sql`SELECT provider FROM notifications WHERE number = ${missed.transaction}`).toEqual([
    { provider: 'wechat-v2' },
  ])
})
