import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cancel } from '../../workflows/messages.ts'
import { type Acting, type Stage, setStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

const placed = ['place', 'openOrder', 'reserveStock', 'lockCoupon', 'debitBalance', 'spendPoints', 'confirm']
const withAttempt: Acting = { beginClosing: () => ({ status: 'closing', openAttempt: true }) }

describe('the race of payment and deadline', () => {
  it('a paid notification ends the wait', async () => {
    const played = await stage.start({})
    await played.called('confirm')
    await played.notify('n1')
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual([...placed, 'judge'])
  })

  it('only the outcome paid ends the wait; the same notification is judged once', async () => {
    const played = await stage.start({}, { judge: (_, notification) => (notification === 'good' ? 'paid' : 'duplicate') })
    for (const notification of ['bad', 'bad', 'bad', 'good']) await played.notify(notification)
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls.filter((call) => call === 'judge')).toHaveLength(2)
  })

  it('a deadline without an open attempt closes and gives back', async () => {
    const played = await stage.start({ payWithinMs: 500 })
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls).toEqual([...placed, 'beginClosing', 'releaseOrder'])
  })

  it('payment wins a tie: deadline and signal that arrive in one activation', async () => {
    const played = await stage.start({}, { confirm: () => ({ status: 'awaiting_payment', payBy: Date.now() - 1 }) }, { worker: false })
    await played.notify('n1')
    await played.run()
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual([...placed, 'judge'])
  })

  it('a buyer who cancels goes the way of the deadline', async () => {
    const whys: string[] = []
    const played = await stage.start(
      {},
      {
        beginClosing: (_, why) => {
          whys.push(why)
          return { status: 'closing', openAttempt: false }
        },
      },
    )
    await played.called('confirm')
    await stage.client.workflow.getHandle(`order-${played.id}`).signal(cancel, 'buyer_cancelled')
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(whys).toEqual(['buyer_cancelled'])
  })

  it('a cancellation from outside is a wish to close, not a way to break an order off', async () => {
    const played = await stage.start({})
    await played.called('confirm')
    await stage.client.workflow.getHandle(`order-${played.id}`).cancel()
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-2)).toEqual(['beginClosing', 'releaseOrder'])
  })
})

describe('closing asks the provider first', () => {
  it('closed there: given back here', async () => {
    const played = await stage.start({ payWithinMs: 300 }, withAttempt)
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-3)).toEqual(['beginClosing', 'closeAttempt', 'releaseOrder'])
  })

  it('paid there: judged, settled, nothing given back', async () => {
    const played = await stage.start({ payWithinMs: 300 }, { ...withAttempt, closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }) })
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls.slice(-3)).toEqual(['beginClosing', 'closeAttempt', 'judge'])
  })

  it('paid there, but not what was due: the order closes, the judge has sent the money back', async () => {
    const played = await stage.start(
      { payWithinMs: 300 },
      { ...withAttempt, closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }), judge: () => 'refund late-x-1' as never },
    )
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-4)).toEqual(['beginClosing', 'closeAttempt', 'judge', 'releaseOrder'])
  })

  it('unknown there: asks again and releases nothing until it knows', async () => {
    let asked = 0
    const played = await stage.start(
      { payWithinMs: 300 },
      {
        ...withAttempt,
        closeAttempt: () => {
          if (++asked < 3) throw new Error('no answer')
          return { is: 'closed' }
        },
      },
    )
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-5)).toEqual(['beginClosing', 'closeAttempt', 'closeAttempt', 'closeAttempt', 'releaseOrder'])
  })

  it('money that is judged while the provider is being asked wins', async () => {
    let answer = () => {}
    const played = await stage.start(
      { payWithinMs: 300 },
      { ...withAttempt, closeAttempt: () => new Promise((resolve) => (answer = () => resolve({ is: 'closed' }))) },
    )
    await played.called('closeAttempt')
    await played.notify('n1')
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).not.toContain('releaseOrder')
    answer()
  })

  it('money that was judged elsewhere before the release wins: the row says so', async () => {
    const played = await stage.start({ payWithinMs: 300 }, { releaseOrder: () => ({ status: 'to_ship', payBy: null }) })
    expect(await played.end()).toEqual({ status: 'to_ship' })
  })

  it('an order that was paid before closing began stays paid', async () => {
    const played = await stage.start({ payWithinMs: 300 }, { beginClosing: () => ({ status: 'to_ship', openAttempt: false }) })
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).not.toContain('releaseOrder')
  })

  it('asks a human when the provider stays unknown for a minute, shows it, and clears it afterwards', { timeout: 180_000 }, async () => {
    let asked = 0
    const played = await stage.start(
      { payWithinMs: 300 },
      {
        ...withAttempt,
        closeAttempt: () => {
          if (++asked < 8) throw new Error('no answer')
          return { is: 'closed' }
        },
      },
    )
    await played.called('raiseAttention')
    expect(await played.end()).toEqual({ status: 'closed' })
    expect(played.calls.slice(-3)).toEqual(['closeAttempt', 'clearAttention', 'releaseOrder'])
  })
})
