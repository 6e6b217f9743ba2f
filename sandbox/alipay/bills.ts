import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { gbk } from '../gbk.ts'
import { GatewayRefusal } from '../refusal.ts'
import { zip } from '../zip.ts'
import type { RefundBook } from './refunds.ts'
import { shanghaiTime } from './signature.ts'
import { fenOf, type TradeBook, yuanOf } from './trades.ts'

/** alipay.data.dataservice.bill.downloadurl.query: bills of days. */
export const billSchema = z.strictObject({
  bill_type: z.enum(['trade', 'signcustomer']),
  bill_date: z.iso.date(),
})
type BillRequest = z.infer<typeof billSchema>
type Row = { at: number; tradeNo: string; outTradeNo: string; subject: string; refund: string; fen: bigint }

const tradeColumns =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注'
const flowColumns =
  '账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注'

/** 对账单: what was paid and refunded on a day of Shanghai's, as a zip of two CSVs in GBK. */
export function billBook(sellerId: string, trades: TradeBook, refunds: RefundBook) {
  const files = new Map<string, BillRequest>()

  const rowsOf = (date: string): Row[] => {
    const paid = trades.all().flatMap(({ request, tradeNo = '', paidAt, captured }): Row[] => {
      const row = {
        tradeNo,
        outTradeNo: request.out_trade_no,
        subject: request.subject,
        refund: '',
        fen: captured,
      }
      return paidAt === undefined ? [] : [{ at: paidAt, ...row }]
    })
    const back = refunds.all().flatMap(({ request, number, trade, at, moved }): Row[] => {
      const row = {
        tradeNo: trade.tradeNo ?? '',
        outTradeNo: trade.request.out_trade_no,
        subject: trade.request.subject,
      }
      return moved ? [{ at, ...row, refund: number, fen: -fenOf(request.refund_amount) }] : []
    })
    return [...paid, ...back]
      .filter(({ at }) => shanghaiTime(at).startsWith(date))
      .sort((a, b) => a.at - b.at)
  }

  return {
    /** The number of a file to download; BILL_NOT_EXIST when nothing happened on that day. */
    offer(request: BillRequest): string {
      if (rowsOf(request.bill_date).length === 0)
        throw new GatewayRefusal(400, 'isp.bill_not_exist', '账单不存在')
      const id = randomUUID()
      files.set(id, request)
      return id
    },
    file(id: string): Buffer | undefined {
      const request = files.get(id)
      if (!request) return undefined
      const { bill_type, bill_date } = request
      const what = bill_type === 'trade' ? '业务明细' : '账务明细'
      const rows = rowsOf(bill_date)
      const detail =
        bill_type === 'trade' ? tradeBill(sellerId, bill_date, rows) : flowBill(sellerId, bill_date, rows)
      const stem = `${sellerId}0156_${bill_date.replaceAll('-', '')}_${what}`
      return zip([
        {
          name: gbk(`${stem}(汇总).csv`),
          content: gbk(`#支付宝${what.slice(0, 2)}汇总查询\r\n#账号：[${sellerId}0156]\r\n`),
        },
        { name: gbk(`${stem}.csv`), content: gbk(detail) },
      ])
    },
  }
}
export type BillBook = ReturnType<typeof billBook>

const rule = '-----------------------------------------'
const text = (lines: string[]): string => lines.map((line) => `${line}\r\n`).join('')
const head = (what: string, sellerId: string, date: string): string[] => [
  `#支付宝${what}明细查询`,
  `#账号：[${sellerId}0156]`,
  `#起始日期：[${date} 00:00:00]   终止日期：[${date} 24:00:00]`,
  `#${rule}${what}明细列表${rule}`,
]

function tradeBill(sellerId: string, date: string, rows: Row[]): string {
  const lines = rows.map(({ at, tradeNo, outTradeNo, subject, refund, fen }) => {
    const [time, yuan] = [shanghaiTime(at), signedYuan(fen)]
    const before = [
      `${tradeNo}\t`,
      `${outTradeNo}\t`,
      `${refund ? '退款' : '交易'}\t`,
      subject,
      time,
      time,
      '\t',
      '\t',
      '\t',
      '\t',
      '159****5620\t',
    ]
    return [
      ...before,
      yuan,
      yuan,
      '0.00',
      '0.00',
      '0.00',
      '0.00',
      '0.00',
      '',
      '0.00\t',
      '0.00',
      `${refund}\t`,
      '0.00',
      '0.00',
      '',
    ].join(',')
  })
  const [paid, back] = [rows.filter(({ refund }) => !refund), rows.filter(({ refund }) => refund)]
  return text([
    ...head('业务', sellerId, date),
    tradeColumns,
    ...lines,
    `#${rule}业务明细列表结束${rule}`,
    `#交易合计：${paid.length}笔，商家实收共${signedYuan(sum(paid))}元，商家优惠共0.00元`,
    `#退款合计：${back.length}笔，商家实收退款共${signedYuan(sum(back))}元，商家优惠退款共0.00元`,
    `#导出时间：[${date} 08:00:00]`,
  ])
}

function flowBill(sellerId: string, date: string, rows: Row[]): string {
  const lines = rows.map(({ at, tradeNo, outTradeNo, subject, fen }, i) => {
    const [income, expense] = fen > 0n ? [signedYuan(fen), ''] : ['', signedYuan(fen)]
    const kind = fen > 0n ? '在线支付' : '交易退款'
    return [
      `${date.replaceAll('-', '')}${i}\t`,
      tradeNo,
      `${outTradeNo}\t`,
      subject,
      shanghaiTime(at),
      '',
      income,
      expense,
      '',
      '支付宝',
      kind,
      '',
    ].join(',')
  })
  return text([...head('账务', sellerId, date), flowColumns, ...lines, `#${rule}账务明细列表结束${rule}`])
}

const sum = (rows: Row[]): bigint => rows.reduce((total, { fen }) => total + fen, 0n)
const signedYuan = (fen: bigint): string => (fen < 0n ? `-${yuanOf(-fen)}` : yuanOf(fen))
