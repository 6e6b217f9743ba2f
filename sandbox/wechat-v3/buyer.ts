import type { Switchboard } from '../switches.ts'
import type { Notifier } from './notifier.ts'
import { type Trade, type TradeBook, transactionJson } from './trades.ts'

/** The buyer's phone: pays as the switches say, and has the merchant told. */
export function buyer(trades: TradeBook, switches: Switchboard, notify: Notifier) {
  const notice = (trade: Trade, resource: object) => ({
    url: trade.request.notify_url,
    event: 'TRANSACTION.SUCCESS',
    original: 'transaction' as const,
    resource,
    tally: trade.notices,
  })

  return {
    /** Takes the money at once; `told` resolves when the first notification is over. Throws `GatewayRefusal` when the trade can't be paid. */
    pay(outTradeNo: string): { trade: Trade; told: Promise<void> } {
      const asked = BigInt(trades.find(outTradeNo).request.amount.total)
      const other = switches.get('captureFen', outTradeNo)
      const amount = other === undefined ? asked : BigInt(other)
      const trade = trades.pay(outTradeNo, amount, switches.get('takeMoneyWhenClosed', outTradeNo) ?? false)
      if (switches.get('noNotification', outTradeNo)) return { trade, told: Promise.resolve() }
      const told = notify.send(notice(trade, transactionJson(trade)), {
        twice: switches.get('notifyTwice', outTradeNo) ?? false,
        delayMs: switches.get('notifyDelayMs', outTradeNo) ?? 0,
        forged: switches.get('forgedNotification', outTradeNo),
      })
      return { trade, told }
    },

    /** A payment that fails, for want of money say: the trade stays payable, and nobody is told. */
    fail(outTradeNo: string): Trade {
      const trade = trades.find(outTradeNo)
      trade.failures += 1
      return trade
    },

    /** Somebody else claims, under WeChat's name, that the trade was paid. Nothing was. */
    async forge(outTradeNo: string): Promise<void> {
      const trade = trades.find(outTradeNo)
      const paid = { ...transactionJson(trade, 'SUCCESS'), transaction_id: '4200000000000000000000000000' }
      await notify.forge(notice(trade, paid))
    },
  }
}
export type Buyer = ReturnType<typeof buyer>
