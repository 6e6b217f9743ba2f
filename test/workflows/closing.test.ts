import { ApplicationFailure } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cancel } from '../../workflows/messages.ts'
import { type Acting, withAttempt } from './acting.ts'
import { type Stage, setStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

const placed = ['place', 'openOrder', 'reserveStock', 'lockCoupon', 'debitBalance', 'spendPoints', 'confirm']

/** As an operator searches in Temporal's UI. */
const asksForAHuman = async (id: string): Promise<boolean> =>
  (await stage.client.workflow.count(`WorkflowId = 'order-${id}' AND Attention IS NOT NULL`)).count > 0

/** The payment's signal is in the order's history. */
const signalled = async (id: string): Promise<boolean> => {
  const { events } = await stage.client.workflow.getHandle(`order-${id}`).fetchHistory()
  return (events ?? []).some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'paid')
}

describe('closing asks the provider first', () => {
  it('closed there: given back here', async () => {
    const played = await stage.start({ payWithinMs: 300 }, withAttempt())
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-3)).toEqual(['closeOrder', 'closeAttempt', 'closeOrder'])
  })

  it('paid there: resolved, settled, nothing given back', async () => {
    const played = await stage.start(
      { payWithinMs: 300 },
      { ...withAttempt(), closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }) },
    )
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls.slice(-3)).toEqual(['closeOrder', 'closeAttempt', 'resolvePayment'])
  })

  it('paid there, but not what was due: the order closes, the resolver has sent the money back', async () => {
    const played = await stage.start(
      { payWithinMs: 300 },
      {
        ...withAttempt(),
        closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }),
        resolvePayment: () => 'refund late-x-1' as never,
      },
    )
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-4)).toEqual(['closeOrder', 'closeAttempt', 'resolvePayment', 'closeOrder'])
  })

  it('unknown there: asks again and releases nothing until it knows', async () => {
    let asked = 0
    const played = await stage.start(
      { payWithinMs: 300 },
      {
        ...withAttempt(),
        closeAttempt: () => {
          if (++asked < 3) throw new Error('no answer')
          return { is: 'closed' }
        },
      },
    )
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-5)).toEqual([
      'closeOrder',
      'closeAttempt',
      'closeAttempt',
      'closeAttempt',
      'closeOrder',
    ])
  })

  it('money that is resolved while the provider is being asked wins', async () => {
    let answer = () => {}
    const played = await stage.start(
      { payWithinMs: 300 },
      {
        ...withAttempt(),
        closeAttempt: () => new Promise((resolve) => (answer = () => resolve({ is: 'closed' }))),
      },
    )
    await played.called('closeAttempt')
    await played.signalPaid('n1')
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls.filter((call) => call === 'closeOrder')).toHaveLength(1)
    answer()
  })

  it('money that was resolved elsewhere before the release wins: the row says so', async () => {
    const played = await stage.start(
      { payWithinMs: 300 },
      { closeOrder: () => ({ status: 'to_ship', openAttempt: false }) },
    )
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual([...placed, 'closeOrder'])
  })

  it('money there under an account that is not ours: nothing is given back, and what a human has resolved anew wins', async () => {
    const foreign: Acting = {
      closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }),
      resolvePayment: () => 'attention',
    }
    const played = await stage.start({ payWithinMs: 300 }, { ...withAttempt(9), ...foreign })
    await played.called('resolvePayment')
    await expect.poll(() => asksForAHuman(played.id), { timeout: 20_000 }).toBe(true)
    await played.signalPaid('n1') // By the jobs, once the operator has had it resolved anew.
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual([...placed, 'closeOrder', 'closeAttempt', 'resolvePayment', 'closeOrder'])
    await expect.poll(() => asksForAHuman(played.id), { timeout: 20_000 }).toBe(false)
  })

  it('money there that nobody here may take: the provider is asked again on every request to close, and the order closes when it was given back there', async () => {
    let asked = 0
    const foreign: Acting = {
      closeAttempt: () => (++asked === 1 ? { is: 'paid', notification: 'n1' as never } : { is: 'closed' }),
      resolvePayment: () => 'attention',
    }
    const played = await stage.start({ payWithinMs: 300 }, { ...withAttempt(2), ...foreign })
    await expect.poll(() => asksForAHuman(played.id), { timeout: 20_000 }).toBe(true)
    await stage.client.workflow.getHandle(`order-${played.id}`).signal(cancel, 'operator_cancelled')
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls).toEqual([
      ...placed,
      'closeOrder',
      'closeAttempt',
      'resolvePayment',
      'closeOrder',
      'closeAttempt',
      'closeOrder',
    ])
  })

  it.each(['duplicate', 'noted', 'refund late-x-1', 'a word of a later release'])(
    'money there that comes to `%s` while the attempt stays open: waits, asks a human, and asks again when an operator says so',
    async (outcome) => {
      let asked = 0
      const played = await stage.start(
        { payWithinMs: 300 },
        {
          ...withAttempt(3),
          closeAttempt: () =>
            ++asked === 1 ? { is: 'paid', notification: 'n1' as never } : { is: 'closed' },
          resolvePayment: () => outcome as never,
        },
      )
      await played.called('raiseAttention')
      expect(played.calls.filter((call) => call === 'closeAttempt')).toHaveLength(1)
      await stage.client.workflow.getHandle(`order-${played.id}`).signal(cancel, 'operator_cancelled')
      await played.called('closeAttempt', 2)
      await played.called('raiseAttention', 2)
      await played.signalPaid('n1')
      expect(await played.end()).toEqual({ status: 'to_ship' })
      expect(played.calls.filter((call) => call === 'raiseAttention')).toHaveLength(2)
      expect(played.calls.filter((call) => call === 'clearAttention')).toHaveLength(2)
      await expect.poll(() => asksForAHuman(played.id), { timeout: 20_000 }).toBe(false)
    },
  )

  it('a payment that arrives while a human is being asked leaves nobody asked', async () => {
    let raised = () => {}
    let raises = 0
    const played = await stage.start(
      { payWithinMs: 300 },
      {
        ...withAttempt(),
        closeAttempt: () => {
          throw ApplicationFailure.nonRetryable('no answer')
        },
        raiseAttention: () => {
          // As a regular activity: a local one would hold the signal up.
          if (++raises === 1) throw new Error('PostgreSQL is away')
          return new Promise<void>((resolve) => (raised = resolve))
        },
      },
    )
    await played.called('raiseAttention', 2)
    await played.signalPaid('n1')
    await expect.poll(() => signalled(played.id), { timeout: 20_000 }).toBe(true)
    raised()
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls.slice(-2)).toEqual(['raiseAttention', 'clearAttention'])
    await expect.poll(() => asksForAHuman(played.id), { timeout: 20_000 }).toBe(false)
  })

  it('asks a human when the provider stays unknown for a minute, shows it, and clears it afterwards', {
    timeout: 180_000,
  }, async () => {
    let asked = 0
    const played = await stage.start(
      { payWithinMs: 300 },
      {
        ...withAttempt(),
        closeAttempt: () => {
          if (++asked < 8) throw new Error('no answer')
          return { is: 'closed' }
        },
      },
    )
    await played.called('raiseAttention')
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-3)).toEqual(['closeAttempt', 'clearAttention', 'closeOrder'])
  })
})
