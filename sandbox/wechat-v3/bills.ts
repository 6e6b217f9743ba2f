import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { GatewayRefusal } from '../refusal.ts'
import type { BillSwitches, Switchboard } from '../switches.ts'
import { fields, isOn, shanghai, yuan } from './bill-text.ts'
import { fundFlowBill } from './fund-flow.ts'
import type { Refund, RefundBook } from './refunds.ts'
import type { Trade, TradeBook } from './trades.ts'

/** 交易账单详细说明, 账单类型 ALL: the header, and the line that sums up. */
const header =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const sumsHeader =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'

type ExtraRow = NonNullable<BillSwitches['extraRows']>[number]
type Row = {
  time: number
  app: string
  merchant: string
  trade: string
  transaction: string
  name: string
  attach: string
} & (
  | { state: 'SUCCESS'; paid: bigint }
  | { state: 'REFUND'; refunded: bigint; refundId: string; refund: string; refundState: string }
)

type Bill = { text: string; packed: boolean; breakOff: boolean }

type Container = {
  merchant: { mchId: string; appId: string }
  trades: TradeBook
  refunds: RefundBook
  switches: Switchboard
}

/** A stand-in makes a day's bill whenever it is asked for: as of now, though that day may not be over. */
export function billBook({ merchant, trades, refunds, switches }: Container) {
  const offered = new Map<string, Bill>()

  const offer = (text: string, packed: boolean) => {
    const { wrongHash = false, breakOff = false } = switches.get('bill') ?? {}
    const token = randomBytes(24).toString('base64url')
    offered.set(token, { text, packed, breakOff })
    const hash = createHash('sha1').update(wrongHash ? `${text} ` : text)
    return { token, hash_type: 'SHA1', hash_value: hash.digest('hex') }
  }

  return {
    /** 申请交易账单 */
    trade(date: string, packed: boolean) {
      const { dropRows = [], extraRows = [], cutShort = false } = asked(switches, date)
      const own = [
        ...trades
          .all()
          .filter(({ paidAt }) => isOn(date, paidAt))
          .map(paymentRow),
        ...refunds
          .all()
          .filter(({ createdAt }) => isOn(date, createdAt))
          .map(refundRow),
      ]
      const kept = own.filter(
        (row) => !dropRows.includes(row.state === 'SUCCESS' ? row.transaction : row.refund),
      )
      const rows = [...kept, ...extraRows.map((row) => extraRow(row, date, merchant))]
      if (rows.length === 0) throw nothing()
      const lines = [header, ...rows.map(line), sumsHeader, sums(rows)]
      return offer(`\uFEFF${(cutShort ? lines.slice(0, -3) : lines).join('\r\n')}\r\n`, packed)
    },
    /** 申请资金账单 */
    fundFlow(date: string, packed: boolean) {
      asked(switches, date)
      const text = fundFlowBill(date, trades, refunds)
      if (text === undefined) throw nothing()
      return offer(text, packed)
    },
    /** 下载账单: what a token stands for. */
    file(token: string): { bytes: Buffer; breakOff: boolean } {
      const bill = offered.get(token)
      if (!bill) throw new GatewayRefusal(404, 'RESOURCE_NOT_EXISTS', '账单文件不存在')
      return { bytes: bill.packed ? gzipSync(bill.text) : Buffer.from(bill.text), breakOff: bill.breakOff }
    },
  }
}
export type BillBook = ReturnType<typeof billBook>

const nothing = () => new GatewayRefusal(400, 'NO_STATEMENT_EXIST', '账单文件不存在')

function asked(switches: Switchboard, date: string): BillSwitches {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new GatewayRefusal(400, 'PARAM_ERROR', 'bill_date 格式错误')
  const bill = switches.get('bill') ?? {}
  if (bill.none) throw nothing()
  if (bill.creating) throw new GatewayRefusal(400, 'STATEMENT_CREATING', '账单生成中')
  return bill
}

const paymentRow = (trade: Trade): Row => ({
  ...ofTrade(trade),
  state: 'SUCCESS',
  time: trade.paidAt ?? 0,
  paid: trade.captured,
})
const refundRow = ({ trade, request, refundId, createdAt, status }: Refund): Row => ({
  ...ofTrade(trade),
  state: 'REFUND',
  time: createdAt,
  refunded: BigInt(request.amount.refund),
  refundId,
  refund: request.out_refund_no,
  // Words of their own: 退款状态 of a bill.
  refundState: { SUCCESS: 'SUCCESS', PROCESSING: 'PROCESSING', CLOSED: 'FAIL', ABNORMAL: 'CHANGE' }[status],
})
const ofTrade = ({ request, transactionId = '' }: Trade) => ({
  ...{ app: request.appid, merchant: request.mchid, trade: request.out_trade_no, transaction: transactionId },
  ...{ name: request.description, attach: request.attach ?? '' },
})

function extraRow(extra: ExtraRow, date: string, { mchId, appId }: { mchId: string; appId: string }): Row {
  const { transaction, trade, fen, refund, refundState = 'SUCCESS', merchant = mchId, name = 'extra' } = extra
  const common = {
    time: Date.parse(`${date}T12:00:00+08:00`),
    app: appId,
    merchant,
    trade,
    transaction,
    name,
    attach: '',
  }
  if (refund === undefined) return { ...common, state: 'SUCCESS', paid: BigInt(fen) }
  return {
    ...common,
    state: 'REFUND',
    refunded: BigInt(fen),
    refundId: `50${transaction}`,
    refund,
    refundState,
  }
}

const line = (row: Row): string => {
  const back = row.state === 'REFUND' ? row : undefined
  const paid = row.state === 'SUCCESS' ? row.paid : 0n
  const refunded = back?.refunded ?? 0n
  return fields(
    ...[
      shanghai(row.time),
      row.app,
      row.merchant,
      '0',
      '',
      row.transaction,
      row.trade,
      'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      'NATIVE',
      row.state,
    ],
    ...[
      'OTHERS',
      'CNY',
      yuan(paid),
      '0.00',
      back?.refundId ?? '0',
      back?.refund ?? '0',
      yuan(refunded),
      '0.00',
    ],
    ...[
      back ? 'ORIGINAL' : '',
      back?.refundState ?? '',
      row.name,
      row.attach,
      '0.00000',
      '0.60%',
      yuan(paid),
      yuan(refunded),
      '',
    ],
  )
}

function sums(rows: readonly Row[]): string {
  const total = (state: Row['state']): string =>
    yuan(
      rows.reduce(
        (sum, row) => (row.state !== state ? sum : sum + (row.state === 'SUCCESS' ? row.paid : row.refunded)),
        0n,
      ),
    )
  const [paid, refunded] = [total('SUCCESS'), total('REFUND')]
  return fields(String(rows.length), paid, refunded, '0.00', '0.00000', paid, refunded)
}
