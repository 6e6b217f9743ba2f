import type { AttemptNumber, RefundNumber } from '../domain/ids.ts'
import { fen, zero } from '../domain/money.ts'
import { linesOf } from './bill-lines.ts'
import { StatementRejected, type StatementRow, type TradeFacts } from './provider.ts'
import { type Row, rowReader, type Sums, sumsReader } from './wechat-bill-fields.ts'

/**
 * Reads WeChat's trade bill of the type ALL, of v3 and v2 alike: a header, rows whose every field begins with
 * a backtick, and two lines that sum them up.
 *
 * @throws {StatementRejected} for a bill that is cut short, does not add up, is another merchant's, or has
 *   another form
 * @see 申请交易账单 https://pay.weixin.qq.com/doc/v3/merchant/4013071227
 */
export async function* wechatBillRows(
  raw: AsyncIterable<Uint8Array>,
  of: { provider: string; merchant: string },
): AsyncGenerator<StatementRow> {
  let read: ((line: string) => Row | undefined) | undefined
  let sums: ((line: string) => Sums) | undefined
  let summary: Sums | undefined
  let unfinished = ''
  const found: Sums = { rows: 0n, paid: zero, refunded: zero }

  for await (const lines of linesOf(raw)) {
    for (const line of lines) {
      if (!read) read = rowReader(line)
      else if (summary && line !== '') throw new StatementRejected('has lines after its summary')
      else if (summary) continue
      else if (sums) summary = sums(line)
      else if (unfinished === '' && line.startsWith('总')) sums = sumsReader(line)
      else {
        // A line break inside a product's name: the row goes on.
        const text = unfinished === '' ? line : `${unfinished}\n${line}`
        const row = read(text)
        unfinished = row ? '' : text
        if (unfinished.length > longestRow) throw new StatementRejected('has a row that does not end')
        if (!row) continue
        if (row.merchant !== of.merchant)
          throw new StatementRejected(`is of merchant ${row.merchant}, and not of ${of.merchant}`)
        found.rows += 1n
        found.paid = fen(found.paid + row.paid)
        found.refunded = fen(found.refunded + row.refunded)
        yield meaningOf(of.provider, row)
      }
    }
  }
  if (unfinished !== '' || !summary) throw new StatementRejected('is cut short: its summary is missing')
  for (const column of ['rows', 'paid', 'refunded'] as const)
    if (found[column] !== summary[column])
      throw new StatementRejected(
        `does not add up: ${column} ${found[column]}, but its summary says ${summary[column]}`,
      )
}

const longestRow = 8192

/** 退款状态 of a bill that mean that the money did not arrive. */
const failures = ['FAIL', 'CHANGE', 'CLOSED', 'ABNORMAL']

/**
 * REVOKED is a payment by code that was undone: money back without a refund of ours. A refund is named by our
 * number, where it has one. A bill is made once: PROCESSING was the state when it was made.
 */
function meaningOf(provider: string, row: Row): StatementRow {
  const { app, merchant, transaction, currency, state } = row
  const facts: TradeFacts = {
    provider,
    transaction,
    // Whether number and refund are ours is for who matches them to find out.
    attempt: row.trade as AttemptNumber,
    state,
    amount: row.paid,
    currency,
    merchant,
    app,
  }
  if (state === 'SUCCESS') return { is: 'payment', facts }
  if (state !== 'REFUND' && state !== 'REVOKED') return { is: 'other', what: `${state} ${transaction}` }
  const named = [row.refund, row.wechatRefund].find((number) => number !== '' && number !== '0')
  const refund = (named ?? `revoked-${transaction}`) as RefundNumber
  const refundState = row.refundState || state
  return {
    is: 'refund',
    facts: { ...facts, refund, state: refundState, amount: row.refunded },
    final: refundState !== 'PROCESSING',
    ...(failures.includes(refundState) && { failed: true }),
  }
}
