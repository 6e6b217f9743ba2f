import { type Fen, fen, yuan } from '../../domain/money.ts'

/**
 * Alipay's amounts, yuan in decimal strings (`0.01`, `19.9`, `100`), exactly as fen. Undefined for everything else: more than two decimals,
 * signs, exponents, blanks, digits that are not ASCII.
 */
export function parseYuan(text: string): Fen | undefined {
  const [, whole, part = ''] = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text) ?? []
  return whole === undefined ? undefined : fen(`${whole}${part.padEnd(2, '0')}`)
}

const most = 10_000_000_000n

/** Fen as Alipay takes them (total_amount: 0.01 to 100,000,000). Throws for what is no such amount: a fault of the caller, not of Alipay. */
export function wireYuan(amount: Fen): string {
  if (amount <= 0n || amount > most) throw new RangeError(`alipay can't carry ${amount} fen`)
  return yuan(amount)
}
