import Table from 'cli-table3'
import { type Following, isClosed, isOnDelivery, isPaid, type OrderNow } from './following.ts'
import { showLive } from './live.ts'
import type { Tally } from './tally.ts'

/** The board of the orders: a table, or a line every few seconds. */
export const showBoard = (tally: Tally, following: Following): { stop(): void } =>
  showLive({ table: () => table(tally, following), line: () => line(tally, following) })

function counted(tally: Tally, following: Following) {
  const orders = following.all()
  const count = (is: (order: OrderNow) => boolean): number => orders.filter(is).length
  const { answered, refusals, perSecond, p50, p99 } = tally.now()
  return {
    placed: `${answered}/${tally.planned}`,
    awaiting: count(({ status }) => status === 'awaiting_payment'),
    closing: count(({ status }) => status === 'closing'),
    paid: count(isPaid),
    onDelivery: count(isOnDelivery),
    closed: count(isClosed),
    refunded: count(({ refunded }) => refunded),
    refusals: [...refusals].sort(([a], [b]) => a.localeCompare(b)),
    rate: `${perSecond.toFixed(1)} orders/s`,
    latency: `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
  }
}

function table(tally: Tally, following: Following): string {
  const now = counted(tally, following)
  const rows = new Table({ style: { head: [], compact: true }, colWidths: [30, 42] })
  rows.push(
    ['placed 下单', now.placed],
    ['', `${now.rate}, ${now.latency}`],
    ['awaiting payment 待付款', `${now.awaiting}${now.closing > 0 ? `, ${now.closing} closing` : ''}`],
    ['paid 已付款', now.paid],
    ['cash on delivery 货到付款', now.onDelivery],
    ['closed 已关闭', now.closed],
    ['refunded 已退款', now.refunded],
    ...now.refusals.map(([code, times]) => ['refused 已拒绝', `${times} × ${code}`]),
  )
  return rows.toString()
}

function line(tally: Tally, following: Following): string {
  const now = counted(tally, following)
  return [
    `placed ${now.placed}`,
    `awaiting ${now.awaiting + now.closing}`,
    `paid ${now.paid}`,
    `on delivery ${now.onDelivery}`,
    `closed ${now.closed}`,
    `refunded ${now.refunded}`,
    `refused: ${now.refusals.map(([code, times]) => `${code} ${times}`).join(', ') || 'none'}`,
    now.rate,
    now.latency,
  ].join(' · ')
}
