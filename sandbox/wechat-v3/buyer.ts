import type { Delivery } from '../deliveries.ts'
import type { Switchboard } from '../switches.ts'
import type { Notice } from './notifier.ts'
import { type Trade, type TradeBook, transactionJson } from './trades.ts'

/**
 * How a merchant is notified of a payment, in its protocol's words: one that was made, or one that somebody
 * only claims.
 */
type Notifications<N> = {
  paid(trade: Trade): N
  claimed(trade: Trade): N
  send(notice: N, delivery: Delivery): Promise<void>
  forge(notice: N): Promise<void>
}

/** The buyer's phone: pays as the switches say, and has the merchant notified. */
export function buyer<N>(trades: TradeBook, switches: Switchboard, notifications: Notifications<N>) {
  return {
    /**
     * Takes the money at once; `notified` resolves when the first notification is over. Throws `GatewayRefusal`
     * when the trade can't be paid.
     */
    pay(outTradeNo: string): { trade: Trade; notified: Promise<void> } {
      const asked = BigInt(trades.find(outTradeNo).request.amount.total)
      const other = switches.get('captureFen', outTradeNo)
      const amount = other === undefined ? asked : BigInt(other)
      const trade = trades.pay(outTradeNo, amount, switches.get('takeMoneyWhenClosed', outTradeNo) ?? false)
      if (switches.get('noNotification', outTradeNo)) return { trade, notified: Promise.resolve() }
      const notified = notifications.send(notifications.paid(trade), {
        twice: switches.get('notifyTwice', outTradeNo) ?? false,
        delayMs: switches.get('notifyDelayMs', outTradeNo) ?? 0,
        forged: switches.get('forgedNotification', outTradeNo),
      })
      return { trade, notified }
    },

    /** A payment that fails, for want of money say: the trade stays payable, and nobody is notified. */
    fail(outTradeNo: string): Trade {
      const trade = trades.find(outTradeNo)
      trade.failures += 1
      return trade
    },

    /** Somebody else claims, under WeChat's name, that the trade was paid. Nothing was. */
    forge: (outTradeNo: string): Promise<void> =>
      notifications.forge(notifications.claimed(trades.find(outTradeNo))),
  }
}
export type Buyer = ReturnType<typeof buyer>

/** 支付成功通知, what it carries. */
export const notices = {
  paid: (trade: Trade): Notice => notice(trade, transactionJson(trade)),
  claimed: (trade: Trade): Notice =>
    notice(trade, { ...transactionJson(trade, 'SUCCESS'), transaction_id: '4200000000000000000000000000' }),
}

const notice = (trade: Trade, resource: object): Notice => ({
  url: trade.request.notify_url,
  event: 'TRANSACTION.SUCCESS',
  original: 'transaction',
  resource,
  tally: trade.notices,
})
