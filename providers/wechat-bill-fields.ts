import type { Fen } from '../domain/money.ts'
import { StatementRejected } from './provider.ts'
import { fenOfYuan } from './yuan.ts'

/** What a bill sums up, in fen. */
export type Sums = { rows: bigint; paid: Fen; refunded: Fen }
/** What is wanted of a row; a payment has `paid`, money that goes back has `refunded`, in fen. */
export type Row = {
  app: string
  merchant: string
  transaction: string
  trade: string
  state: string
  currency: string
  wechatRefund: string
  refund: string
  refundState: string
  paid: Fen
  refunded: Fen
}

/** What separates fields; the first one begins with a backtick too. */
const between = ',`'

/**
 * What stands before the product's name is found from the left, what stands after the merchant's own words from the right: names and words may hold
 * whatever separates fields. Undefined: the row is not at its end. Fields are cut out only where they are wanted: a bill may have a million rows.
 */
export function rowReader(header: string): (line: string) => Row | undefined {
  const names = header.replace(/^\uFEFF/, '').split(',')
  const free = names.indexOf('商品名称')
  const column = (name: string): number => {
    const at = names.indexOf(name)
    if (free >= 0 && at >= 0 && at !== free && at !== free + 1) return at
    throw new StatementRejected(
      `has a form that is not known: no ${name} in its header. Bills of the early form change when 免充值代金券 is enabled (商户平台 → 产品中心)`,
    )
  }
  const [app, merchant, transaction, trade] = [
    column('公众账号ID'),
    column('商户号'),
    column('微信订单号'),
    column('商户订单号'),
  ]
  const [state, currency, paid, refunded] = [
    column('交易状态'),
    column('货币种类'),
    column('订单金额'),
    column('申请退款金额'),
  ]
  const [wechatRefund, refund, refundState] = [
    column('微信退款单号'),
    column('商户退款单号'),
    column('退款状态'),
  ]
  const [starts, ends] = [names.map(() => 0), names.map(() => 0)]

  /** Notes where each field begins and ends; false when there are too few. */
  const measure = (line: string): boolean => {
    let from = 1
    for (let i = 0; i < free; i++) {
      starts[i] = from
      const end = line.indexOf(between, from)
      if (end < 0) return false
      ends[i] = end
      from = end + between.length
    }
    let to = line.length
    for (let i = names.length - 1; i > free + 1; i--) {
      ends[i] = to
      const before = line.lastIndexOf(between, to - between.length)
      if (before < from) return false
      starts[i] = before + between.length
      to = before
    }
    const middle = line.indexOf(between, from)
    return middle >= 0 && middle < to
  }

  return (line) => {
    if (!line.startsWith('`')) throw new StatementRejected('has a row of another form')
    if (!measure(line)) return undefined
    const at = (column: number): string => line.slice(starts[column], ends[column])
    return {
      app: at(app),
      merchant: at(merchant),
      transaction: at(transaction),
      trade: at(trade),
      state: at(state),
      currency: at(currency),
      wechatRefund: at(wechatRefund),
      refund: at(refund),
      refundState: at(refundState),
      paid: amount(at(paid)),
      refunded: amount(at(refunded)),
    }
  }
}

/** The same for the two lines at the end. */
export function sumsReader(header: string): (line: string) => Sums {
  const names = header.split(',')
  return (line) => {
    if (!line.startsWith('`')) throw new StatementRejected('has a summary of another form')
    const fields = line.slice(1).split(',`')
    const at = (name: string): string => fields[names.indexOf(name)] ?? ''
    const rows = at('总交易单数')
    if (!/^\d{1,15}$/.test(rows)) throw new StatementRejected('is cut short: its summary has no count')
    return { rows: BigInt(rows), paid: amount(at('订单总金额')), refunded: amount(at('申请退款总金额')) }
  }
}

function amount(text: string): Fen {
  try {
    return fenOfYuan(text)
  } catch (error) {
    throw new StatementRejected(`holds an amount that is none: ${(error as Error).message}`) // fenOfYuan throws RangeErrors alone.
  }
}
