import { type Fen, yuan } from '../../domain/money.ts'

const most = 10_000_000_000n

/** Fen as Alipay takes them (total_amount: 0.01 to 100,000,000). Throws for what is no such amount: a fault of the caller, not of Alipay. */
export function wireYuan(amount: Fen): string {
  if (amount <= 0n || amount > most) throw new RangeError(`alipay can't carry ${amount} fen`)
  return yuan(amount)
}
