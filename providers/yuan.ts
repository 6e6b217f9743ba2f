import { type Fen, fen, yuan } from '../domain/money.ts'

/**
 * `plain`: amounts in Alipay's answers and notifications, e.g. `0.01`, `19.9`, `100`. `column`: amounts of a
 * bill (账单金额单位为元), with a sign, and with more than two decimals where they are zeros, e.g. `-3.05`,
 * `0.29000`.
 */
const grammars = {
  plain: /^(?<sign>)(?<whole>\d{1,12})(?:\.(?<part>\d{1,2}))?$/,
  column: /^(?<sign>-?)(?<whole>\d{1,15})(?:\.(?<part>\d{1,2})0*)?$/,
} as const

/**
 * Yuan as providers write them → fen, exactly. Accepts ASCII digits only: no exponent, blank, or separator of
 * thousands.
 * @returns undefined for what is no such amount, and for parts of a fen
 */
export function fenOfYuan(text: string, grammar: keyof typeof grammars): Fen | undefined {
  const { sign = '', whole, part = '' } = grammars[grammar].exec(text)?.groups ?? {}
  return whole === undefined ? undefined : fen(`${sign}${whole}${part.padEnd(2, '0')}`)
}

/** alipay.trade.page.pay, total_amount: [0.01, 100000000]. */
const alipayMost = fen(10_000_000_000n)

/**
 * Fen → yuan as Alipay takes them, e.g. `19.90`.
 * @throws {RangeError} for what Alipay can't carry: a fault of the caller
 * @see 统一收单下单并支付页面接口 https://opendocs.alipay.com/open/028r8t
 */
export function alipayYuan(amount: Fen): string {
  if (amount <= 0n || amount > alipayMost) throw new RangeError(`alipay can't carry ${amount} fen`)
  return yuan(amount)
}
