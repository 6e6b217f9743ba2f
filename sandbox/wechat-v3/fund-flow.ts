import { fields, isOn, shanghai, yuan } from './bill-text.ts'
import type { RefundBook } from './refunds.ts'
import type { TradeBook } from './trades.ts'

const header =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),' +
  '资金变更提交申请人,备注,业务凭证号'
const sumsHeader = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额'

/** A change of the account: income is positive, fen. */
type Flow = { at: number; business: string; kind: '交易' | '退款'; fen: bigint; voucher: string }

/**
 * The account's changes of a day: payments and refunds, and their sums; undefined when there was none. The
 * balance is that of this day's changes.
 *
 * @see 资金账单详细说明 https://pay.weixin.qq.com/doc/v3/merchant/4013071249
 */
export function fundFlowBill(date: string, trades: TradeBook, refunds: RefundBook): string | undefined {
  const flows = flowsOf(trades, refunds)
    .filter(({ at }) => isOn(date, at))
    .sort((a, b) => a.at - b.at)
  if (flows.length === 0) return undefined
  let balance = 0n
  const lines = flows.map((flow, n) => {
    balance += flow.fen
    return line(flow, `1900${date.replaceAll('-', '')}${String(n + 1).padStart(10, '0')}`, balance)
  })
  const [income, expense] = [flows.filter(({ fen }) => fen > 0n), flows.filter(({ fen }) => fen < 0n)]
  const sums = [flows.length, income.length, yuan(sum(income)), expense.length, yuan(-sum(expense))]
  return [header, ...lines, sumsHeader, fields(...sums.map(String)), ''].join('\r\n')
}

function flowsOf(trades: TradeBook, refunds: RefundBook): Flow[] {
  const income = trades.all().map(
    ({ request, transactionId = '', paidAt = Number.NaN, captured }): Flow => ({
      at: paidAt,
      business: transactionId,
      kind: '交易',
      fen: captured,
      voucher: request.out_trade_no,
    }),
  )
  const expense = refunds.all().map(
    ({ refundId, request, createdAt }): Flow => ({
      at: createdAt,
      business: refundId,
      kind: '退款',
      fen: -BigInt(request.amount.refund),
      voucher: request.out_refund_no,
    }),
  )
  return [...income.filter(({ at }) => !Number.isNaN(at)), ...expense]
}

const line = ({ at, business, kind, fen, voucher }: Flow, number: string, balance: bigint): string =>
  fields(
    ...[shanghai(at), business, number, kind, kind, fen > 0n ? '收入' : '支出'],
    ...[yuan(fen > 0n ? fen : -fen), yuan(balance), 'system', '', voucher],
  )

const sum = (flows: readonly Flow[]): bigint => flows.reduce((total, { fen }) => total + fen, 0n)
