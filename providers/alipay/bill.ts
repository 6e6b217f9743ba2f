import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { linesOf } from '../bill-lines.ts'
import { StatementRejected, type StatementRow, type TradeFacts } from '../provider.ts'
import { fenOfYuan } from '../yuan.ts'
import type { Merchant } from './config.ts'

type Owner = Pick<Merchant, 'sellerId' | 'appId'>

/**
 * Reads the detail of a trade bill (业务明细): comments, a header, rows, and a line that ends them, in GBK. Holds
 * one piece and one line at a time.
 *
 * @throws {StatementRejected} for a bill that is cut short, is another merchant's, or has another form
 * @see 查询对账单下载地址 https://opendocs.alipay.com/open/028woc
 */
export async function* billRows(raw: AsyncIterable<Uint8Array>, owner: Owner): AsyncGenerator<StatementRow> {
  let part: 'head' | 'header' | 'rows' | 'end' = 'head'
  let own = false
  let read: ((line: string) => StatementRow) | undefined
  // A product's name may be cut in the middle of a character, which says nothing about the row.
  for await (const lines of linesOf(raw, new TextDecoder('gb18030'))) {
    for (const line of lines) {
      if (part === 'head') {
        own ||= line.startsWith(`#账号：[${owner.sellerId}`)
        if (/^#-+业务明细列表-+/.test(line)) part = 'header'
        else if (!line.startsWith('#')) throw new StatementRejected('has an unknown form: no 业务明细列表')
      } else if (part === 'header') {
        if (!own) throw new StatementRejected(`is not of the merchant ${owner.sellerId}`)
        read = rowReader(line, owner)
        part = 'rows'
      } else if (part === 'rows') {
        if (/^#-+业务明细列表结束-+/.test(line)) part = 'end'
        else if (read) yield read(line)
      } else if (line !== '' && !line.startsWith('#')) throw new StatementRejected('has rows after their end')
    }
  }
  if (part !== 'end') throw new StatementRejected('is cut short: the end of its rows is missing')
}

/** The cells of a line, by their columns. */
type Cells = (column: number) => string

/** Columns are where the header names them. */
function rowReader(header: string, owner: Owner): (line: string) => StatementRow {
  const names = header.split(',').map((name) => name.trim())
  const at = (name: string): number => {
    const index = names.indexOf(name)
    if (index < 0) throw new StatementRejected(`has an unknown form: no ${name} in its header`)
    return index
  }
  const columns = {
    transaction: at('支付宝交易号'),
    trade: at('商户订单号'),
    kind: at('业务类型'),
    subject: at('商品名称'),
    created: at('创建时间'),
    amount: at('订单金额（元）'),
    refund: at('退款批次号/请求号'),
  }
  return (line) => {
    const cell = cellsOf(line, names.length, columns)
    const [transaction, trade, kind] = [cell(columns.transaction), cell(columns.trade), cell(columns.kind)]
    if (transaction === '' || kind === '') throw new StatementRejected('has a row of another form')
    if (kind !== '交易' && kind !== '退款') return { is: 'other', what: kind }
    const signed = cell(columns.amount)
    const amount = fenOfYuan(kind === '退款' ? signed.replace(/^-/, '') : signed, 'plain')
    if (amount === undefined) throw new StatementRejected('has a row without an amount')
    const facts: TradeFacts = {
      provider: 'alipay',
      transaction,
      // Whether it is one of ours is for the reader of the statement to find out.
      attempt: trade as AttemptNumber,
      state: 'TRADE_SUCCESS', // What the notification of this payment says: 交易 lists what succeeded.
      amount,
      currency: 'CNY',
      merchant: owner.sellerId,
      app: owner.appId, // It does not say: a bill is the seller's, whichever application took the money.
    }
    if (kind === '交易') return { is: 'payment', facts }
    // Without a number of its own a refund has the trade's (alipay.trade.fastpay.refund.query:
    // out_request_no).
    const refund = (cell(columns.refund) || trade) as RefundNumber
    return { is: 'refund', facts: { ...facts, refund, state: 'REFUND_SUCCESS' }, final: true }
  }
}

const isTime = (text = ''): boolean => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)

/** A product's name may hold commas: what follows it is found by the two times behind it. */
function cellsOf(
  line: string,
  width: number,
  { subject, created }: { subject: number; created: number },
): Cells {
  const cells = line.split(',').map((cell) => cell.trim())
  let commas = 0
  while (
    commas <= cells.length - width &&
    !(isTime(cells[created + commas]) && isTime(cells[created + commas + 1]))
  )
    commas++
  if (cells.length < width + commas) throw new StatementRejected('has a row of another form')
  return (column) => cells[column > subject ? column + commas : column] ?? ''
}
