import type { Fen } from '../domain/money.ts'
import { StatementRejected } from './provider.ts'
import { fenOfYuan } from './yuan.ts'

/** What a bill sums up: rows, and fen. */
export type Sums = { rows: bigint; paid: Fen; refunded: Fen }
/** What is wanted of a row; a payment has `paid`, money that goes back has `refunded`. */
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
const separator = ',`'
const earlyForm = 'Bills of the early form change when 免充值代金券 is enabled (商户平台 → 产品中心)'

/**
 * A reader of rows. Fields before the product's name are counted from the left, those after the merchant's
 * own text from the right: name and text may hold whatever separates fields. Only wanted fields are cut out:
 * a bill may have a million rows.
 *
 * @returns a function that answers undefined for a row that goes on in the next line
 * @throws {StatementRejected} for a header, or a row, of another form
 */
export function rowReader(header: string): (line: string) => Row | undefined {
  const names = header.replace(/^\uFEFF/, '').split(',')
  const free = names.indexOf('商品名称')
  const column = (name: string): number => {
    const at = names.indexOf(name)
    if (free >= 0 && at >= 0 && at !== free && at !== free + 1) return at
    throw new StatementRejected(`has an unknown form: no ${name} in its header. ${earlyForm}`)
  }
  const columns = {
    app: column('公众账号ID'),
    merchant: column('商户号'),
    transaction: column('微信订单号'),
    trade: column('商户订单号'),
    state: column('交易状态'),
    currency: column('货币种类'),
    paid: column('订单金额'),
    refunded: column('申请退款金额'),
    wechatRefund: column('微信退款单号'),
    refund: column('商户退款单号'),
    refundState: column('退款状态'),
  }
  const measure = rowMeasure(names.length, free)

  return (line) => {
    if (!line.startsWith('`')) throw new StatementRejected('has a row of another form')
    const bounds = measure(line)
    if (!bounds) return undefined
    const at = (index: number): string => line.slice(bounds.starts[index], bounds.ends[index])
    return {
      app: at(columns.app),
      merchant: at(columns.merchant),
      transaction: at(columns.transaction),
      trade: at(columns.trade),
      state: at(columns.state),
      currency: at(columns.currency),
      wechatRefund: at(columns.wechatRefund),
      refund: at(columns.refund),
      refundState: at(columns.refundState),
      paid: amountOf(at(columns.paid)),
      refunded: amountOf(at(columns.refunded)),
    }
  }
}

/**
 * Says where each field of a line begins and ends; undefined when there are too few. The arrays are reused by
 * the next call.
 */
function rowMeasure(
  width: number,
  free: number,
): (line: string) => { starts: number[]; ends: number[] } | undefined {
  const [starts, ends] = [Array<number>(width).fill(0), Array<number>(width).fill(0)]
  return (line) => {
    let from = 1
    for (let i = 0; i < free; i++) {
      starts[i] = from
      const end = line.indexOf(separator, from)
      if (end < 0) return undefined
      ends[i] = end
      from = end + separator.length
    }
    let to = line.length
    for (let i = width - 1; i > free + 1; i--) {
      ends[i] = to
      const before = line.lastIndexOf(separator, to - separator.length)
      if (before < from) return undefined
      starts[i] = before + separator.length
      to = before
    }
    const middle = line.indexOf(separator, from)
    return middle >= 0 && middle < to ? { starts, ends } : undefined
  }
}

/**
 * A reader of the two lines at the end, which sum a bill up.
 * @throws {StatementRejected} for a summary of another form
 */
export function sumsReader(header: string): (line: string) => Sums {
  const names = header.split(',')
  return (line) => {
    if (!line.startsWith('`')) throw new StatementRejected('has a summary of another form')
    const fields = line.slice(1).split(separator)
    const at = (name: string): string => fields[names.indexOf(name)] ?? ''
    const rows = at('总交易单数')
    if (!/^\d{1,15}$/.test(rows)) throw new StatementRejected('is cut short: its summary has no count')
    return { rows: BigInt(rows), paid: amountOf(at('订单总金额')), refunded: amountOf(at('申请退款总金额')) }
  }
}

function amountOf(text: string): Fen {
  const amount = fenOfYuan(text, 'column')
  if (amount === undefined)
    throw new StatementRejected(`holds ${JSON.stringify(text.slice(0, 40))} where an amount should be`)
  return amount
}
