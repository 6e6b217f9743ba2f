import type { Confirmed } from '../../activities/placing.ts'
import { cancel } from '../../workflows/messages.ts'
import { type Acting, type Played, refused, type Stage, withAttempt } from '../workflows/stage.ts'

const waits = (): Confirmed => ({ status: 'awaiting_payment', payBy: Date.now() + 60_000 })
const soon = (): Confirmed => ({ status: 'awaiting_payment', payBy: Date.now() + 300 })
/** Every way in which a workflow can end, played to its end; the file of its history is named after it. */
export const endings: Record<string, (stage: Stage) => Promise<Played>> = {
  'paid-on-the-quick-road': async (stage) => {
    const played = await stage.start({}, { place: waits })
    await played.called('place')
    await played.tellPaid('n1')
    return played
  },
  'paid-step-by-step': async (stage) => {
    const played = await stage.start({})
    await played.called('confirm')
    await played.tellPaid('n1')
    return played
  },
  'placed-with-nothing-to-wait-for': (stage) => stage.start({}, { place: () => ({ status: 'to_ship', payBy: null }) }),
  'rejected-on-the-quick-road': (stage) => stage.start({}, { place: () => ({ status: 'rejected', payBy: null }) }),
  'rejected-step-by-step': (stage) =>
    stage.start(
      {},
      {
        debitBalance: () => {
          throw refused({ code: 'balance_insufficient', details: { available: { fen: '0', currency: 'CNY' } } })
        },
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
    stage.start({}, { place: soon, ...withAttempt(), closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }) }),
  'paid-after-a-human-acted': async (stage) => {
    const foreign: Acting = { closeAttempt: () => ({ is: 'paid', notification: 'n1' as never }), judge: () => 'attention' }
    const played = await stage.start({}, { place: soon, ...withAttempt(2), ...foreign })
    await played.called('judge')
    await played.tellPaid('n1')
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
}
