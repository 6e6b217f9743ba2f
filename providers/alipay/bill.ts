import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { linesOf } from '../bill-lines.ts'
import { StatementRejected, type StatementRow, type TradeFacts } from '../provider.ts'
import { parseYuan } from '../yuan.ts'
import type { Merchant } from './config.ts'

/**
 * Reads the detail of a trade bill (业务明细): comments, a header, rows, and a line that ends them, in GBK. Holds one piece and one line at a time.
 * Throws `StatementRejected` for a bill that is cut short, is another merchant's, or has another form.
 */
export async function* billRows(
  raw: AsyncIterable<Uint8Array>,
  merchant: Pick<Merchant, 'sellerId' | 'appId'>,
): AsyncGenerator<StatementRow> {
  let part: 'head' | 'header' | 'rows' | 'end' = 'head'
  let own = false
  let read: ((line: string) => StatementRow) | undefined
  // A product's name may be cut in the middle of a character, which says nothing about the row.
  for await (const lines of linesOf(raw, new TextDecoder('gb18030'))) {
    for (const line of lines) {
      if (part === 'head') {
        own ||= line.startsWith(`#账号：[${merchant.sellerId}`)
        if (/^#-+业务明细列表-+/.test(line)) part = 'header'
        else if (!line.startsWith('#'))
          throw new StatementRejected('has a form that is not known: no 业务明细列表')
      } else if (part === 'header') {
        if (!own) throw new StatementRejected(`is not of the merchant ${merchant.sellerId}`)
        read = rowReader(line, merchant)
        part = 'rows'
      } else if (part === 'rows') {
        if (/^#-+业务明细列表结束-+/.test(line)) part = 'end'
        else if (read) yield read(line)
      } else if (line !== '' && !line.startsWith('#')) throw new StatementRejected('has rows after their end')
    }
  }
  if (part !== 'end') throw new StatementRejected('is cut short: the end of its rows is missing')
}

/** Fields are where the header names them; a product's name may hold commas, and what follows it is found by the two times behind it. */
function rowReader(
  header: string,
  { sellerId, appId }: Pick<Merchant, 'sellerId' | 'appId'>,
): (line: string) => StatementRow {
  const names = header.split(',').map((name) => name.trim())
  const at = (name: string): number => {
    const index = names.indexOf(name)
    if (index < 0) throw new StatementRejected(`has a form that is not known: no ${name} in its header`)
    return index
  }
  const [transactionAt, tradeAt, kindAt, subjectAt] = [
    at('支付宝交易号'),
    at('商户订单号'),
    at('业务类型'),
    at('商品名称'),
  ]
  const [createdAt, amountAt, refundAt] = [at('创建时间'), at('订单金额（元）'), at('退款批次号/请求号')]
  const isTime = (text = ''): boolean => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)

  return (line) => {
    const cells = line.split(',').map((cell) => cell.trim())
    let commas = 0
    while (
      commas <= cells.length - names.length &&
      !(isTime(cells[createdAt + commas]) && isTime(cells[createdAt + commas + 1]))
    )
      commas++
    const cell = (index: number): string => cells[index > subjectAt ? index + commas : index] ?? ''
    const signed = cell(amountAt)
    const [transaction, trade, kind] = [cell(transactionAt), cell(tradeAt), cell(kindAt)]
    if (cells.length < names.length + commas || transaction === '' || kind === '')
      throw new StatementRejected('has a row of another form')
    if (kind !== '交易' && kind !== '退款') return { is: 'other', what: kind }
    const amount = parseYuan(kind === '退款' ? signed.replace(/^-/, '') : signed)
    if (amount === undefined) throw new StatementRejected('has a row without an amount')
    const facts: TradeFacts = {
      provider: 'alipay',
      transaction,
      // Whether it is one of ours is for the reader of the statement to find out.
      attempt: trade as AttemptNumber,
      state: 'TRADE_SUCCESS', // What the notification of this payment says: 交易 lists what succeeded.
      amount,
      currency: 'CNY',
      merchant: sellerId,
      app: appId, // It does not say; a bill is the seller's, whichever of his applications took the money.
    }
    if (kind === '交易') return { is: 'payment', facts }
    // Without a number of its own a refund has the trade's (alipay.trade.fastpay.refund.query: out_request_no).
    const refund = (cell(refundAt) || trade) as RefundNumber
    return { is: 'refund', facts: { ...facts, refund, state: 'REFUND_SUCCESS' }, final: true }
  }
}
