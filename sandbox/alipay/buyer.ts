import type { Switchboard } from '../switches.ts'
import { type Notice, type Notifier, tradeParameters } from './notifier.ts'
import { fenOf, type Trade, type TradeBook } from './trades.ts'

/** The buyer's phone: scans, pays as the switches say, and has the merchant notified. */
export function buyer(trades: TradeBook, switches: Switchboard, notify: Notifier) {
  const notice = (trade: Trade, parameters: Record<string, string>): Notice | undefined =>
    trade.notifyUrl === undefined ? undefined : { url: trade.notifyUrl, parameters, tally: trade.notices }

  return {
    /**
     * Takes the money at once; `notified` resolves when the first notification is over. Throws `GatewayRefusal`
     * when the trade can't be paid.
     */
    pay(outTradeNo: string): { trade: Trade; notified: Promise<void> } {
      const trade = trades.scan(outTradeNo)
      const other = switches.get('captureFen', outTradeNo)
      const amount = other === undefined ? fenOf(trade.request.total_amount) : BigInt(other)
      trades.pay(trade, amount, switches.get('takeMoneyWhenClosed', outTradeNo) ?? false)
      const message = notice(trade, tradeParameters(trade))
      if (!message || switches.get('noNotification', outTradeNo))
        return { trade, notified: Promise.resolve() }
      const notified = notify.send(message, {
        twice: switches.get('notifyTwice', outTradeNo) ?? false,
        delayMs: switches.get('notifyDelayMs', outTradeNo) ?? 0,
        forged: switches.get('forgedNotification', outTradeNo),
      })
      return { trade, notified }
    },

    /** A payment that fails, for want of money say: the trade stays payable, and nobody is notified. */
    fail(outTradeNo: string): void {
      trades.scan(outTradeNo).failures += 1
    },

    /** Somebody else claims, under Alipay's name, that the trade was paid. Nothing was. */
    async forge(outTradeNo: string): Promise<void> {
      const trade = trades.seen(outTradeNo)
      const paid = { ...tradeParameters(trade, 'TRADE_SUCCESS'), trade_no: '2099010122001400000000000000' }
      const message = notice(trade, paid)
      if (message) await notify.forge(message)
    },
  }
}
export type Buyer = ReturnType<typeof buyer>
