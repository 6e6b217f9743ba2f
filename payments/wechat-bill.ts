import type { AttemptNumber, RefundNumber } from '../domain/ids.ts'
import { type Fen, fen, zero } from '../domain/money.ts'
import { linesOf } from './lines.ts'
import { StatementRejected, type StatementRow, type TradeFacts } from './provider.ts'
import { fenOfYuan } from './yuan.ts'

/**
 * Reads WeChat's trade bill of the type ALL, of v3 and v2 alike (交易账单详细说明): a header, rows whose every field begins with a backtick, and
 * two lines that sum them up. Throws `StatementRejected` for a bill that is cut short, does not add up, is another merchant's, or has another form.
 */
export async function* wechatBillRows(raw: AsyncIterable<Uint8Array>, of: { provider: string; merchant: string }): AsyncGenerator<StatementRow> {
  let read: ((line: string) => Row | undefined) | undefined
  let sums: ((line: string) => Sums) | undefined
  let summary: Sums | undefined
  let pending = ''
  const found: Sums = { rows: 0n, paid: zero, refunded: zero }

  for await (const lines of linesOf(raw)) {
    for (const line of lines) {
      if (!read) read = rowReader(line)
      else if (summary && line !== '') throw new StatementRejected('has lines after its summary')
      else if (summary) continue
      else if (sums) summary = sums(line)
      else if (pending === '' && line.startsWith('总')) sums = sumsReader(line)
      else {
        // A line break inside a product's name: the row goes on.
        const text = pending === '' ? line : `${pending}\n${line}`
        const row = read(text)
        pending = row ? '' : text
        if (pending.length > longestRow) throw new StatementRejected('has a row that does not end')
        if (!row) continue
        if (row.merchant !== of.merchant) throw new StatementRejected(`is of merchant ${row.merchant}, and not of ${of.merchant}`)
        found.rows += 1n
        found.paid = fen(found.paid + row.paid)
        found.refunded = fen(found.refunded + row.refunded)
        yield meaning(of.provider, row)
      }
    }
  }
  if (pending !== '' || !summary) throw new StatementRejected('is cut short: its summary is missing')
  for (const of of ['rows', 'paid', 'refunded'] as const)
    if (found[of] !== summary[of]) throw new StatementRejected(`does not add up: ${of} ${found[of]}, but its summary says ${summary[of]}`)
}

const longestRow = 8192
type Sums = { rows: bigint; paid: Fen; refunded: Fen }
type Row = {
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
function rowReader(header: string): (line: string) => Row | undefined {
  const names = header.replace(/^\uFEFF/, '').split(',')
  const free = names.indexOf('商品名称')
  const column = (name: string): number => {
    const at = names.indexOf(name)
    if (free >= 0 && at >= 0 && at !== free && at !== free + 1) return at
    throw new StatementRejected(
      `has a form that is not known: no ${name} in its header. Bills of the early form change when 免充值代金券 is enabled (商户平台 → 产品中心)`,
    )
  }
  const [app, merchant, transaction, trade] = [column('公众账号ID'), column('商户号'), column('微信订单号'), column('商户订单号')]
  const [state, currency, paid, refunded] = [column('交易状态'), column('货币种类'), column('订单金额'), column('申请退款金额')]
  const [wechatRefund, refund, refundState] = [column('微信退款单号'), column('商户退款单号'), column('退款状态')]
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

function sumsReader(header: string): (line: string) => Sums {
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

/** REVOKED is a payment by code that was undone: money back without a refund of ours. A refund is named by our number, where it has one. */
function meaning(provider: string, row: Row): StatementRow {
  const { app, merchant, transaction, currency, state } = row
  // Whether number and refund are ours is for who matches them to find out.
  const facts: TradeFacts = { provider, transaction, attempt: row.trade as AttemptNumber, state, amount: row.paid, currency, merchant, app }
  if (state === 'SUCCESS') return { is: 'payment', facts }
  if (state !== 'REFUND' && state !== 'REVOKED') return { is: 'other', what: `${state} ${transaction}` }
  const named = [row.refund, row.wechatRefund].find((number) => number !== '' && number !== '0') ?? `revoked-${transaction}`
  const refundState = row.refundState || state
  return {
    is: 'refund',
    facts: { ...facts, refund: named as RefundNumber, state: refundState, amount: row.refunded },
    // 退款状态: a bill is made once, and PROCESSING was the state when it was; FAIL and CHANGE mean that the money did not arrive.
    final: refundState !== 'PROCESSING',
    ...(['FAIL', 'CHANGE', 'CLOSED', 'ABNORMAL'].includes(refundState) && { failed: true }),
  }
}
