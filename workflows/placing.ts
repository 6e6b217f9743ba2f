import { setCurrentDetails, workflowInfo } from '@temporalio/workflow'
import type { Confirmed } from '../activities/placing.ts'
import type { OrderInput } from './messages.ts'
import { refusalOf, step, sure } from './roads.ts'

const openOrder = sure('openOrder', 'write the order')
const reserveStock = step('reserveStock', 'reserve stock')
const lockCoupon = step('lockCoupon', 'lock the coupon')
const debitBalance = step('debitBalance', 'debit the balance')
const spendPoints = step('spendPoints', 'spend points')
const confirm = step('confirm', 'confirm')
const releaseOrder = sure('releaseOrder', 'undo every step and reject')

/**
 * Open, then reserve → coupon → balance → points → confirm, or everything released. The rows say how it ended, also when a crash re-ran it:
 * an order that was confirmed stays confirmed.
 */
export async function placing(input: OrderInput): Promise<Confirmed> {
  const opened = await openOrder(input, workflowInfo().firstExecutionRunId)
  if (!opened.mine || opened.status === 'rejected') return { status: opened.status, payBy: null }
  let at = 'reserve_stock'
  try {
    await reserveStock(input.orderId)
    at = 'lock_coupon'
    if (input.couponId !== undefined) await lockCoupon(input.orderId)
    at = 'debit_balance'
    if (input.balance !== '0') await debitBalance(input.orderId)
    at = 'spend_points'
    if (input.points !== '0') await spendPoints(input.orderId)
    at = 'confirm'
    return await confirm(input)
  } catch (error) {
    const refusal = refusalOf(error) ?? { code: 'unavailable', details: { step: at } }
    setCurrentDetails(`Refused: \`${refusal.code}\`. Everything that was reserved is given back.`)
    return await releaseOrder(input.orderId, { end: 'rejected', refusal })
  }
}
