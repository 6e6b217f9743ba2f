import type { Postman } from '../postman.ts'
import type { Switchboard } from '../switches.ts'
import type { Trade, TradeBook } from './trades.ts'

/** What a protocol of WeChat's tells the merchant of a payment: one that was made, or that somebody only claims. */
export type Telling<N> = { paid(trade: Trade): N; claimed(trade: Trade): N }

/** The buyer's phone: pays as the switches say, and has the merchant told. */
export function buyer<N extends { url: string }>(trades: TradeBook, switches: Switchboard, post: Postman<N>, tell: Telling<N>) {
  return {
    /** Takes the money at once; `told` resolves when the first notification is over. Throws `GatewayRefusal` when the trade can't be paid. */
    pay(outTradeNo: string): { trade: Trade; told: Promise<void> } {
      const asked = BigInt(trades.find(outTradeNo).request.amount.total)
      const other = switches.get('captureFen', outTradeNo)
      const amount = other === undefined ? asked : BigInt(other)
      const trade = trades.pay(outTradeNo, amount, switches.get('takeMoneyWhenClosed', outTradeNo) ?? false)
      if (switches.get('noNotification', outTradeNo)) return { trade, told: Promise.resolve() }
      const told = post.send(tell.paid(trade), {
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
    forge: (outTradeNo: string): Promise<void> => post.forge(tell.claimed(trades.find(outTradeNo))),
  }
}
export type Buyer = ReturnType<typeof buyer>
