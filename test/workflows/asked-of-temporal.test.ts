import { ApplicationFailure } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dayMs } from '../../domain/flash-sale.ts'
import { endings } from '../replay/endings.ts'
import { reportOf, withAttempt } from './acting.ts'
import { askedOfTemporal, detailsOf } from './asked-of-temporal.ts'
import { type Played, type Stage, setStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

const handleOf = ({ handle }: Played) => stage.client.workflow.getHandle(handle.workflowId)
async function played(name: string): Promise<{ asked: string[]; says: string }> {
  const ending = await endings[name]?.(stage)
  if (!ending) throw new Error(`no ending is named ${name}`)
  return await endOf(ending)
}
async function endOf(ending: Played): Promise<{ asked: string[]; says: string }> {
  await ending.end()
  return { asked: await askedOfTemporal(handleOf(ending)), says: await detailsOf(handleOf(ending)) }
}

const everything = 'locally: open → reserve stock → lock coupon → debit balance → spend points → confirm'
const closing = 'locally: close and give everything back, unless an attempt is open'
/** A step of the fallback, for a minute at the most; the first without end, as nothing could answer. */
const step = (name: string, summary: string, all = ', all 1 min') =>
  `${name} (${summary}) on orders: a try 5 s${all}, pauses 200 ms × 2 up to 10 s`
const opening = step('openOrder', 'write the order', '')
const [raised, cleared] = ['locally: ask a human to look', 'locally: a human need not look any more']

describe('an order asks of Temporal', () => {
  it('one local activity, where the fast path works', async () => {
    const paid = await played('paid-by-the-fast-path')
    expect(paid).toEqual({ asked: [everything], says: 'Paid and settled: ready to ship.' })
    const flash = await played('flash-rejected-by-the-fast-path')
    expect(flash.asked).toEqual(['locally: open → take the offer → confirm'])
    expect(flash.says).toBe('Refused; the order’s row says why. Nothing is reserved.')
    const onDelivery = await played('placed-with-nothing-to-wait-for')
    expect(onDelivery.says).toBe('Nothing to wait for: ready to ship.')
  })

  it('each step for a minute at the most, where it does not', async () => {
    expect((await played('paid-step-by-step')).asked).toEqual([
      ...[everything, opening, step('reserveStock', 'reserve stock'), step('lockCoupon', 'lock the coupon')],
      ...[step('debitBalance', 'debit the balance'), step('spendPoints', 'spend points')],
      step('confirm', 'confirm'),
    ])
    expect((await played('flash-rejected-step-by-step')).asked).toEqual([
      ...['locally: open → take the offer → confirm', opening, step('takeOffer', 'take the offer')],
      'locally: undo every step and reject',
    ])
  })

  const closeAttempt =
    'closeAttempt (close the attempt at its provider, then ask) on payments: ' +
    'a try 15 s, pauses 1 s × 2 up to 30 s, 7 tries'

  it('to close at its provider for a minute quietly, then without end, with a human asked and shown', async () => {
    expect(await played('closed-with-attempt')).toEqual({
      asked: [everything, closing, closeAttempt, closing],
      says: 'Closed (pay_timeout). Everything that was reserved is for sale again.',
    })
    let asked = 0
    const order = await stage.start(
      { payWithinMs: 100 },
      {
        ...withAttempt(),
        place: () => ({ status: 'awaiting_payment', payBy: Date.now() + 100 }),
        closeAttempt: () => {
          if (++asked === 1) throw ApplicationFailure.nonRetryable('no answer')
          return { is: 'closed' }
        },
      },
    )
    expect((await endOf(order)).asked).toEqual([
      ...[everything, closing, closeAttempt, 'shows: close_unknown', raised],
      'closeAttempt (close the attempt at its provider, however long it takes) on payments: ' +
        'a try 15 s, pauses 30 s × 1.5 up to 10 min',
      ...[cleared, 'shows: null', closing],
    ])
  })

  it('to show that a human has to look, for as long as money there is not ours', async () => {
    expect(await played('paid-after-a-human-acted')).toEqual({
      asked: [
        ...[everything, closing, closeAttempt, 'locally: resolve the payment that closing found', closing],
        ...['shows: foreign_notification', 'shows: null'],
      ],
      says: 'Paid and settled: ready to ship.',
    })
  })

  it('nothing while it waits, and says until when, and what for', async () => {
    const payBy = Date.now() + dayMs
    const place = () => ({ status: 'awaiting_payment', payBy }) as const
    const order = await stage.start({}, { place })
    await order.called('place')
    const says = `Waiting for the payment until ${new Date(payBy).toISOString()}.`
    await expect.poll(() => detailsOf(handleOf(order)), { timeout: 20_000 }).toBe(says)
    await order.signalPaid('n1')
    await order.end()
  })

  it('nothing while money there is not ours, and says whom it waits for', async () => {
    const order = await stage.start(
      { payWithinMs: 100 },
      {
        ...withAttempt(9),
        place: () => ({ status: 'awaiting_payment', payBy: Date.now() + 100 }),
        closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }),
        resolvePayment: () => 'attention',
      },
    )
    const says =
      'The provider has money for this order, but not for the account that is configured. A human has to look.'
    await expect.poll(() => detailsOf(handleOf(order)), { timeout: 20_000 }).toBe(says)
    await order.signalPaid('n1')
    await order.end()
  })
})

describe('a refund asks of Temporal', () => {
  const send =
    'refundAtProvider (send the money back, ask for the final word) on payments: ' +
    'a try 15 s, pauses 1 s × 2 up to 1 h'

  it.each([
    ['success', 'The money is back.'],
    ['closed', 'The provider closed the refund: a human has to see to it.'],
    ['abnormal', 'The provider could not make the refund: a human has to see to it.'],
    ['replaced', 'Another refund carries this money.'],
  ] as const)('one activity without end, and says what came of it: %s', async (end, says) => {
    const refund = await stage.refund({ refundAtProvider: () => end })
    expect(await endOf(refund)).toEqual({ asked: [send], says })
  })
})

describe('a session asks of Temporal', () => {
  const act = (name: string, more = 'a try 10 s') =>
    `${name} () on orders: ${more}, pauses 200 ms × 1.5 up to 10 s`
  const request = (name: string) => act(name, 'a try 10 s, all 1 min')

  it('its own steps without end, and what operators request for a minute', async () => {
    expect(await played('session-with-changes')).toEqual({
      asked: [
        ...[act('preheat', 'a try 3 min'), request('addOffer'), request('pauseSession')],
        ...[request('changeQuota'), request('changeQuota'), request('pauseSession')],
        ...[request('closeGates'), act('closeGates'), act('untilStaged'), act('endSession')],
        act('removeGate', 'a try 10 s, all 10 min'),
      ],
      says: 'Ended: 0 piece(s) sold; what nobody was granted is back in the warehouse.',
    })
  })

  it('nothing while it is planned, or open, and says until when', async () => {
    const opensAt = Date.now() + dayMs
    const planned = await stage.session({ opensAt, endsAt: opensAt + 1000 })
    const saysPlanned = `Planned: opens ${new Date(opensAt).toISOString()}.`
    await expect.poll(() => detailsOf(handleOf(planned)), { timeout: 20_000 }).toBe(saysPlanned)
    await handleOf(planned).cancel()
    await planned.end()

    const endsAt = Date.now() + dayMs
    const open = await stage.session({ endsAt }, { endSession: (session) => reportOf(session, [2, 3]) })
    const saysOpen = `Open until ${new Date(endsAt).toISOString()}.`
    await expect.poll(() => detailsOf(handleOf(open)), { timeout: 20_000 }).toBe(saysOpen)
    await handleOf(open).cancel()
    expect((await endOf(open)).says).toMatch(/^Ended: 5 piece\(s\) sold; /)
  })
})

describe('a day’s reconciliation asks of Temporal', () => {
  const fetched = (summary: string, all: string) =>
    `fetchStatement (${summary}) on payments: a try 1 h, all ${all}, a heartbeat in 6 min, ` +
    'pauses 1 min × 2 up to 30 min'
  const first = fetched('fetch the statement', '4 h')
  const matched =
    'matchStatement (match it with our rows) on payments: a try 1 h, all 1 h, a heartbeat in 6 min, ' +
    'pauses 1 s × 2 up to 30 min'

  it('the statement for four hours, then for most of a day with a human asked', async () => {
    expect(await played('reconciled-though-late-and-broken')).toEqual({
      asked: [
        ...[first, 'shows: statement_missing', raised],
        fetched('fetch the statement, however late it comes', '20 h'),
        ...[matched, first, matched, cleared, cleared, 'shows: statement_differs', first],
      ],
      says: '3 rows, 0 repaired, 2 that do not agree.',
    })
  })

  it('to match it for an hour, then without end with a human asked', async () => {
    let tried = 0
    const day = await stage.reconcile({
      matchStatement: () => {
        if (++tried === 1) throw ApplicationFailure.nonRetryable('a column that nobody expected')
        return { rows: 3, repaired: 0, different: 0 }
      },
    })
    expect((await endOf(day)).asked).toEqual([
      ...[first, matched, 'shows: statement_unmatched', raised],
      'matchStatement (match it with our rows, however long that takes) on payments: ' +
        'a try 1 h, a heartbeat in 6 min, pauses 1 min × 2 up to 30 min',
      ...[cleared, cleared, 'shows: null', first],
    ])
  })
})

describe('a plan asks of Temporal', () => {
  /** Only after a failure (2) under the same name, and abandoned (2) when the plan ends. */
  const child = 'again: 2, when this one ends: 2'

  it('a session for each slot, which outlives it, and starts none that runs', async () => {
    const { asked } = await played('slots-planned')
    expect(asked[0]).toBe('planDay () on orders: a try 10 s, pauses 1 s × 2 up to 1 min')
    expect(asked.slice(1)).toHaveLength(3)
    for (const line of asked.slice(1))
      expect(line).toMatch(new RegExp(`^starts session \\(flash sale 2019052614-\\w+\\), ${child}$`))
  })

  it('a reconciliation for each day, and which days wait for ten minutes before a human is asked', async () => {
    const { asked } = await played('statements-planned')
    expect(asked).toEqual([
      'statementsToReconcile () on payments: a try 10 s, all 10 min, pauses 1 s × 2 up to 1 min',
      expect.stringMatching(
        new RegExp(`^starts reconcile \\(statement of p0\\.\\d+, 2026-03-01\\), ${child}$`),
      ),
    ])
  })
})
