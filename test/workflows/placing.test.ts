import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderActivities } from '../../activities/index.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { refused } from './acting.ts'
import { type Stage, setStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

const steps = ['openOrder', 'reserveStock', 'lockCoupon', 'debitBalance', 'spendPoints', 'confirm'] as const
const refusing: Partial<Record<keyof OrderActivities, Refusal>> = {
  reserveStock: { code: 'out_of_stock', details: { skus: ['7'] } },
  lockCoupon: { code: 'coupon_unavailable', details: { reason: 'used' } },
  debitBalance: { code: 'balance_insufficient', details: { available: { fen: '0', currency: 'CNY' } } },
  spendPoints: { code: 'points_insufficient', details: { available: '0' } },
}

describe('the fast path', () => {
  it('places in one activity', async () => {
    const played = await stage.start({}, { place: () => ({ status: 'to_ship', payBy: null }) })
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual(['place'])
  })

  it('a refusal has nothing to undo', async () => {
    const played = await stage.start({}, { place: () => ({ status: 'rejected', payBy: null }) })
    expect(await played.end()).toEqual({ status: 'rejected' })
    expect(played.calls).toEqual(['place'])
  })

  it('when it fails for a fault, the fallback goes on', async () => {
    const played = await stage.start(
      {},
      {
        place: () => {
          throw new Error('PostgreSQL is restarting')
        },
        confirm: () => ({ status: 'to_ship', payBy: null }),
      },
    )
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual(['place', ...steps])
  })
})

describe('the fallback, step by step', () => {
  it.each(Object.entries(refusing))(
    'a refusal by %s goes no further and releases everything with that refusal',
    async (name, refusal) => {
      const refusals: unknown[] = []
      const played = await stage.start(
        {},
        {
          [name]: () => {
            throw refused(refusal)
          },
          rejectOrder: (_, refusal) => {
            refusals.push(refusal)
            return { status: 'rejected', payBy: null }
          },
        },
      )
      expect(await played.end()).toEqual({ status: 'rejected' })
      expect(played.calls).toEqual([
        'place',
        ...steps.slice(0, steps.indexOf(name as (typeof steps)[number]) + 1),
        'rejectOrder',
      ])
      expect(refusals).toEqual([refusal])
    },
  )

  it('leaves out the steps that an order does not need', async () => {
    const { couponId: _, ...plain } = { couponId: undefined, points: '0', balance: '0' }
    const played = await stage.start(
      { ...plain, couponId: undefined as never },
      { confirm: () => ({ status: 'to_ship', payBy: null }) },
    )
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual(['place', 'openOrder', 'reserveStock', 'confirm'])
  })

  it('a flash order takes its offer in place of reserving stock', async () => {
    const flash = {
      session: '2019052614' as SessionId,
      couponId: undefined as never,
      points: '0',
      balance: '0' as OrderInput['balance'],
    }
    const played = await stage.start(flash, { confirm: () => ({ status: 'to_ship', payBy: null }) })
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls).toEqual(['place', 'openOrder', 'takeOffer', 'confirm'])
  })

  it.each([
    [
      'a refusal',
      refused({ code: 'out_of_stock', details: { skus: ['7'] } }),
      { code: 'out_of_stock', details: { skus: ['7'] } },
    ],
    [
      'a fault that lasts',
      refused({ code: 'unavailable', details: { step: 'take_offer' } }),
      { code: 'unavailable', details: { step: 'take_offer' } },
    ],
  ])('a flash order whose offer cannot be taken is released: %s', async (_, failure, refusal) => {
    const refusals: unknown[] = []
    const played = await stage.start(
      { session: '2019052614' as SessionId },
      {
        takeOffer: () => {
          throw failure
        },
        rejectOrder: (_, refusal) => {
          refusals.push(refusal)
          return { status: 'rejected', payBy: null }
        },
      },
    )
    expect(await played.end()).toEqual({ status: 'rejected' })
    expect(played.calls).toEqual(['place', 'openOrder', 'takeOffer', 'rejectOrder'])
    expect(refusals).toEqual([refusal])
  })

  it.each(steps)('tries %s again when it fails for a fault', async (name) => {
    let failing = 3
    const fails = () => {
      if (failing-- > 0) throw new Error('PostgreSQL is restarting')
    }
    const results = {
      openOrder: { mine: true, fresh: true, status: 'placing' },
      confirm: { status: 'to_ship', payBy: null },
    } as const
    const played = await stage.start(
      {},
      {
        confirm: () => results.confirm,
        [name]: () => {
          fails()
          return name === 'openOrder' || name === 'confirm' ? results[name] : undefined
        },
      },
    )
    expect(await played.end()).toEqual({ status: 'to_ship' })
    expect(played.calls.filter((call) => call === name)).toHaveLength(4)
    expect(played.calls).not.toContain('rejectOrder')
  })

  it('a row of another execution is an answer: nothing is touched', async () => {
    const played = await stage.start(
      {},
      { openOrder: () => ({ mine: false, fresh: false, status: 'completed' }) },
    )
    expect(await played.end()).toEqual({ status: 'completed' })
    expect(played.calls).toEqual(['place', 'openOrder'])
  })

  it('an order whose confirmation committed before its answer got lost is not released, but waits for its payment', async () => {
    const played = await stage.start(
      { payWithinMs: 60_000 },
      {
        confirm: () => {
          throw refused({ code: 'unavailable', details: { step: 'confirm' } })
        },
        rejectOrder: () => ({ status: 'awaiting_payment', payBy: Date.now() + 60_000 }),
      },
    )
    await played.called('rejectOrder')
    await played.signalPaid('n1')
    expect(await played.end()).toEqual({ status: 'to_ship' })
  })

  it('a step that fails for a minute on end refuses the order as unavailable', {
    timeout: 120_000,
  }, async () => {
    const refusals: unknown[] = []
    const played = await stage.start(
      {},
      {
        lockCoupon: () => {
          throw new Error('PostgreSQL is away')
        },
        rejectOrder: (_, refusal) => {
          refusals.push(refusal)
          return { status: 'rejected', payBy: null }
        },
      },
    )
    expect(await played.end()).toEqual({ status: 'rejected' })
    expect(refusals).toEqual([{ code: 'unavailable', details: { step: 'lock_coupon' } }])
  })
})
