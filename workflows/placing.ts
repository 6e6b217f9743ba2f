import { proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow'
import type { OrderActivities } from '../activities/index.ts'
import type { OrderInput } from '../domain/order-input.ts'
import type { Confirmed } from '../services/orders/confirm.ts'
import { fastPath, isAnswer, localFirst, refusalOf } from './local-first.ts'

const rejectOrder = localFirst('rejectOrder', 'undo every step and reject')

/**
 * The fast path places the order in one local activity and one transaction, where a refusal leaves nothing to
 * undo. When that fails for a fault, or finds the work half done, the fallback goes on step by step. Either
 * way the rows say how it ended, also when a crash re-ran it.
 */
export async function placing(input: OrderInput): Promise<Confirmed> {
  const placed = (await atOnce(input)) ?? (await stepByStep(input))
  if (placed.status === 'rejected')
    setCurrentDetails('Refused; the order’s row says why. Nothing is reserved.')
  return placed
}

async function atOnce(input: OrderInput): Promise<Confirmed | undefined> {
  const steps = [
    'open',
    input.session === undefined ? 'reserve stock' : 'take the offer',
    ...(input.couponId ? ['lock coupon'] : []),
    ...(input.balance === '0' ? [] : ['debit balance']),
  ]
  const summary = [...steps, ...(input.points === '0' ? [] : ['spend points']), 'confirm'].join(' → ')
  try {
    return await fastPath('place', summary)(input, workflowInfo().firstExecutionRunId)
  } catch (error) {
    if (isAnswer(error)) throw error
    return undefined
  }
}

/**
 * Open, then reserve (a flash order: take the offer) → coupon → balance → points → confirm; a refusal, or a
 * step that fails for a minute on end, releases everything.
 */
async function stepByStep(input: OrderInput): Promise<Confirmed> {
  const opened = await stepOf('openOrder', 'write the order', null)(input, workflowInfo().firstExecutionRunId)
  if (!opened.mine || opened.status === 'rejected') return { status: opened.status, payBy: null }
  let at = input.session === undefined ? 'reserve_stock' : 'take_offer'
  try {
    if (input.session === undefined) await stepOf('reserveStock', 'reserve stock')(input.orderId)
    else await stepOf('takeOffer', 'take the offer')(input.orderId)
    at = 'lock_coupon'
    if (input.couponId !== undefined) await stepOf('lockCoupon', 'lock the coupon')(input.orderId)
    at = 'debit_balance'
    if (input.balance !== '0') await stepOf('debitBalance', 'debit the balance')(input.orderId)
    at = 'spend_points'
    if (input.points !== '0') await stepOf('spendPoints', 'spend points')(input.orderId)
    at = 'confirm'
    return await stepOf('confirm', 'confirm')(input)
  } catch (error) {
    return await rejectOrder(
      input.orderId,
      refusalOf(error) ?? { code: 'unavailable', details: { step: at } },
    )
  }
}

/** A regular activity with back-off, for a minute at the most (null: without end). */
function stepOf<N extends keyof OrderActivities>(
  name: N,
  summary: string,
  forAtMost: '60 s' | null = '60 s',
): OrderActivities[N] {
  const retry = { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '10 s' } as const
  const bound = forAtMost === null ? {} : { scheduleToCloseTimeout: forAtMost }
  return proxyActivities<OrderActivities>({ startToCloseTimeout: '5 s', ...bound, retry, summary })[name]
}
