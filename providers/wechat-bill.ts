import type { AttemptNumber, RefundNumber } from '../domain/ids.ts'
import { fen, zero } from '../domain/money.ts'
import { linesOf } from './bill-lines.ts'
import { StatementRejected, type StatementRow, type TradeFacts } from './provider.ts'
import { type Row, rowReader, type Sums, sumsReader } from './wechat-bill-fields.ts'

/**
 * Reads WeChat's trade bill of the type ALL, of v3 and v2 alike (交易账单详细说明): a header, rows whose every field begins with a backtick, and
 * two lines that sum them up. Throws `StatementRejected` for a bill that is cut short, does not add up, is another merchant's, or has another form.
 */
export async function* wechatBillRows(
  raw: AsyncIterable<Uint8Array>,
  of: { provider: string; merchant: string },
): AsyncGenerator<StatementRow> {
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
        if (row.merchant !== of.merchant)
          throw new StatementRejected(`is of merchant ${row.merchant}, and not of ${of.merchant}`)
        found.rows += 1n
        found.paid = fen(found.paid + row.paid)
        found.refunded = fen(found.refunded + row.refunded)
        yield meaning(of.provider, row)
      }
    }
  }
  if (pending !== '' || !summary) throw new StatementRejected('is cut short: its summary is missing')
  for (const column of ['rows', 'paid', 'refunded'] as const)
    if (found[column] !== summary[column])
      throw new StatementRejected(
        `does not add up: ${column} ${found[column]}, but its summary says ${summary[column]}`,
      )
}

const longestRow = 8192
/** REVOKED is a payment by code that was undone: money back without a refund of ours. A refund is named by our number, where it has one. */
function meaning(provider: string, row: Row): StatementRow {
  const { app, merchant, transaction, currency, state } = row
  // Whether number and refund are ours is for who matches them to find out.
  const facts: TradeFacts = {
    provider,
    transaction,
    attempt: row.trade as AttemptNumber,
    state,
    amount: row.paid,
    currency,
    merchant,
    app,
  }
  if (state === 'SUCCESS') return { is: 'payment', facts }
  if (state !== 'REFUND' && state !== 'REVOKED') return { is: 'other', what: `${state} ${transaction}` }
  const named =
    [row.refund, row.wechatRefund].find((number) => number !== '' && number !== '0') ??
    `revoked-${transaction}`
  const refundState = row.refundState || state
  return {
    is: 'refund',
    facts: { ...facts, refund: named as RefundNumber, state: refundState, amount: row.refunded },
    // 退款状态: a bill is made once, and PROCESSING was the state when it was; FAIL and CHANGE mean that the money did not arrive.
    final: refundState !== 'PROCESSING',
    ...(['FAIL', 'CHANGE', 'CLOSED', 'ABNORMAL'].includes(refundState) && { failed: true }),
  }
}
