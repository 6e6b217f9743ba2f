import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cancel } from '../../workflows/messages.ts'
import { type Stage, setStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

const placed = ['place', 'openOrder', 'reserveStock', 'lockCoupon', 'debitBalance', 'spendPoints', 'confirm']

describe('the race of payment and deadline', () => {
  it('a payment that was resolved ends the wait, however often it is signalled', async () => {
    const played = await stage.start({})
    await played.called('confirm')
    // The first may have ended it.
    for (const notification of ['n1', 'n1', 'n2']) await played.signalPaid(notification).catch(() => {})
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual(placed)
  })

  it('a payment that nobody notified is found in the rows at the deadline', async () => {
    const played = await stage.start(
      { payWithinMs: 300 },
      { closeOrder: () => ({ status: 'to_ship', openAttempt: false }) },
    )
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual([...placed, 'closeOrder'])
  })

  it('a deadline without an open attempt closes and gives back', async () => {
    const played = await stage.start({ payWithinMs: 500 })
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls).toEqual([...placed, 'closeOrder'])
  })

  it('payment wins a tie: deadline and signal that arrive in one activation', async () => {
    const played = await stage.start(
      {},
      { confirm: () => ({ status: 'awaiting_payment', payBy: Date.now() - 1 }) },
      { worker: false },
    )
    await played.signalPaid('n1')
    await played.run()
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual(placed)
  })

  it('a buyer who cancels goes the way of the deadline', async () => {
    const whys: string[] = []
    const played = await stage.start(
      {},
      {
        closeOrder: (_, why) => {
          whys.push(why)
          return { status: 'closed', openAttempt: false }
        },
      },
    )
    await played.called('confirm')
    await stage.client.workflow.getHandle(`order-${played.id}`).signal(cancel, 'buyer_cancelled')
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(whys).toEqual(['buyer_cancelled'])
  })

  it('a cancellation from outside is a request to close, not a way to break an order off', async () => {
    const played = await stage.start({})
    await played.called('confirm')
    await stage.client.workflow.getHandle(`order-${played.id}`).cancel()
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls).toEqual([...placed, 'closeOrder'])
  })
})
