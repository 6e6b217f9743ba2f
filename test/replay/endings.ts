import { dayMs } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { Confirmed } from '../../services/orders/confirm.ts'
import { addOffer, cancel, changeQuota, endNow, pause, resume } from '../../workflows/messages.ts'
import { type Acting, lateAndBroken, refused, reportOf, withAttempt } from '../workflows/acting.ts'
import type { Played, Stage } from '../workflows/stage.ts'

const waits = (): Confirmed => ({ status: 'awaiting_payment', payBy: Date.now() + 60_000 })
const soon = (): Confirmed => ({ status: 'awaiting_payment', payBy: Date.now() + 300 })
const sku = '7' as SkuId // Ids of a stage need no rows, here and below.
/** A flash order has a session and nothing that lowers its price. */
const flash: Partial<OrderInput> = {
  session: '2019052614' as SessionId,
  couponId: undefined as never,
  points: '0',
  balance: '0' as OrderInput['balance'],
}
const tomorrow = () => ({ opensAt: Date.now() + dayMs, endsAt: Date.now() + 2 * dayMs })
const refuses = (refusal: Refusal): never => {
  throw refused(refusal)
}

/** Every way in which a workflow can end, played to its end; the file of its history is named after it. */
export const endings: Record<string, (stage: Stage) => Promise<Played>> = {
  'paid-by-the-fast-path': async (stage) => {
    const played = await stage.start({}, { place: waits })
    await played.called('place')
    await played.signalPaid('n1')
    return played
  },
  'paid-step-by-step': async (stage) => {
    const played = await stage.start({})
    await played.called('confirm')
    await played.signalPaid('n1')
    return played
  },
  'placed-with-nothing-to-wait-for': (stage) =>
    stage.start({}, { place: () => ({ status: 'to_ship', payBy: null }) }),
  'rejected-by-the-fast-path': (stage) =>
    stage.start({}, { place: () => ({ status: 'rejected', payBy: null }) }),
  'rejected-step-by-step': (stage) =>
    stage.start(
      {},
      {
        debitBalance: () =>
          refuses({ code: 'balance_insufficient', details: { available: { fen: '0', currency: 'CNY' } } }),
      },
    ),
  'closed-without-attempt': (stage) => stage.start({}, { place: soon }),
  'closed-with-attempt': (stage) => stage.start({}, { place: soon, ...withAttempt() }),
  'closed-after-the-provider-was-unknown': (stage) => {
    let asked = 0
    return stage.start(
      {},
      {
        place: soon,
        ...withAttempt(),
        closeAttempt: () => {
          if (++asked < 3) throw new Error('no answer')
          return { is: 'closed' }
        },
      },
    )
  },
  'paid-while-closing': (stage) =>
    stage.start(
      {},
      { place: soon, ...withAttempt(), closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }) },
    ),
  'paid-after-a-human-acted': async (stage) => {
    const foreign: Acting = {
      closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }),
      resolvePayment: () => 'attention',
    }
    const played = await stage.start({}, { place: soon, ...withAttempt(2), ...foreign })
    await played.called('resolvePayment')
    await played.signalPaid('n1')
    return played
  },
  refunded: (stage) => stage.refund({}),
  'refunded-though-cancelled': async (stage) => {
    let asked = 0
    const played = await stage.refund({
      refundAtProvider: () => {
        if (++asked < 3) throw new Error('no answer')
        return 'success'
      },
    })
    await played.called('refundAtProvider')
    await stage.client.workflow.getHandle(`refund-${played.id}`).cancel()
    return played
  },
  'refund-failed': (stage) => stage.refund({ refundAtProvider: () => 'abnormal' }),
  'cancelled-by-the-buyer': async (stage) => {
    const played = await stage.start({}, { place: waits })
    await played.called('place')
    await stage.client.workflow.getHandle(`order-${played.id}`).signal(cancel, 'buyer_cancelled')
    return played
  },
  'cancelled-from-outside': async (stage) => {
    const played = await stage.start({}, { place: waits })
    await played.called('place')
    await stage.client.workflow.getHandle(`order-${played.id}`).cancel()
    return played
  },
  'flash-paid-by-the-fast-path': async (stage) => {
    const played = await stage.start(flash, { place: waits })
    await played.called('place')
    await played.signalPaid('n1')
    return played
  },
  'flash-never-paid': (stage) => stage.start(flash, { place: soon }),
  'flash-rejected-by-the-fast-path': (stage) =>
    stage.start(flash, { place: () => ({ status: 'rejected', payBy: null }) }),
  'flash-paid-step-by-step': async (stage) => {
    const played = await stage.start(flash)
    await played.called('confirm')
    await played.signalPaid('n1')
    return played
  },
  'flash-rejected-step-by-step': (stage) =>
    stage.start(flash, { takeOffer: () => refuses({ code: 'out_of_stock', details: { skus: [sku] } }) }),
  'session-at-its-hours': (stage) => {
    const opensAt = Date.now() + 5000
    return stage.session(
      { opensAt, endsAt: opensAt + 1000 },
      { endSession: (session) => reportOf(session, [2, 3]) },
    )
  },
  'session-with-changes': async (stage) => {
    const played = await stage.session(
      {},
      {
        changeQuota: (_, { quota }) =>
          quota === 0 ? refuses({ code: 'quota_below_granted', details: { least: 1 } }) : undefined,
      },
    )
    const session = stage.client.workflow.getHandle(played.handle.workflowId)
    await played.called('preheat')
    await session.executeUpdate(addOffer, {
      args: [{ sku, priceFen: '900', quota: 3, limit: 1, warehouse: 1 }],
    })
    await session.executeUpdate(pause)
    await Promise.allSettled(
      [5, 0].map((quota) =>
        session.executeUpdate(changeQuota, { args: [{ sku, quota, change: `to-${quota}` }] }),
      ),
    )
    await session.executeUpdate(resume)
    await session.executeUpdate(endNow)
    return played
  },
  'session-ended-before-preheating': async (stage) => {
    const played = await stage.session(tomorrow())
    await stage.client.workflow.getHandle(played.handle.workflowId).executeUpdate(endNow)
    return played
  },
  'session-that-waited-for-staging': async (stage) => {
    let looked = 0
    const played = await stage.session(
      {},
      {
        untilStaged: () => {
          if (++looked < 4) throw new Error('2 tickets have still to be staged')
        },
      },
    )
    const session = stage.client.workflow.getHandle(played.handle.workflowId)
    await session.executeUpdate(endNow)
    await played.called('untilStaged')
    await session.executeUpdate(pause).catch(() => {}) // Refused: it closes.
    return played
  },
  'session-cancelled-from-outside': async (stage) => {
    const played = await stage.session()
    await played.called('preheat')
    await stage.client.workflow.getHandle(played.handle.workflowId).cancel()
    return played
  },
  'slots-planned': (stage) => {
    const sessions = [1, 2].map(() => ({
      session: `2019052614-${Math.random().toString(36).slice(2, 12)}` as SessionId,
      ...tomorrow(),
    }))
    return stage.planSlots({ planDay: () => [...sessions, ...sessions.slice(0, 1)] })
  },
  'no-slots-to-plan': (stage) => stage.planSlots({}),
  reconciled: (stage) => stage.reconcile(),
  'reconciled-though-late-and-broken': (stage) => stage.reconcile(lateAndBroken()),
  'statements-planned': (stage) =>
    stage.planStatements({
      statementsToReconcile: () => [{ provider: `p${Math.random()}`, date: '2026-03-01' }],
    }),
}
