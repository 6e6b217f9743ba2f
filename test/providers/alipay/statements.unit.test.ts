import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import { alipay as alipayOf } from '../../../providers/alipay/alipay.ts'
import { billRows } from '../../../providers/alipay/bill.ts'
import { unzipped } from '../../../providers/alipay/unzip.ts'
import type { StatementRow } from '../../../providers/provider.ts'
import { gbk } from '../../../sandbox/gbk.ts'
import { zip } from '../../../sandbox/zip.ts'
import { account, harness, openRequest, pen, refundNumber, serving } from './harness.ts'

const day = '2026-11-20'
let world: Awaited<ReturnType<typeof harness>>
let clock = Date.parse(`${day}T23:59:59+08:00`)
beforeAll(async () => {
  const now = () => clock
  world = await harness({ now }, { now })
})
afterAll(() => world.stop())

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list = []
  for await (const item of items) list.push(item)
  return list
}
const fetched = async (kind: 'trade' | 'fund_flow', date = day): Promise<AsyncIterable<Uint8Array>> => {
  const raw = await world.alipay.statements.fetch(kind, date)
  if (raw === 'none') throw new Error('none')
  return raw
}

describe('a day’s statement', () => {
  it('is read back row by row: every payment and refund of the day, and no other day’s', async () => {
    const requests = [1, 2, 3].map((n) =>
      openRequest({
        amount: fen(n * 1001),
        description: `第${n}件, 商品`,
        expiresAt: new Date(clock + 3_600_000),
      }),
    )
    const transactions: string[] = []
    for (const request of requests) {
      await world.alipay.open(request)
      transactions.push((await world.buyer.pay(request.attempt)).transactionId)
    }
    const [first, second] = requests
    const [transaction = ''] = transactions
    if (!first || !second) throw new Error('none')
    const refund = {
      refund: refundNumber('a'),
      attempt: first.attempt,
      transaction,
      amount: fen(1n),
      captured: first.amount,
      currency: 'CNY' as const,
    }
    expect(await world.alipay.refund(refund)).toMatchObject({ is: 'success' })
    clock += 1000
    const next = openRequest({ expiresAt: new Date(clock + 3_600_000) })
    await world.alipay.open(next)
    await world.buyer.pay(next.attempt)

    const rows = await all(world.alipay.statements.rows(await fetched('trade')))
    const fact = { provider: 'alipay', currency: 'CNY', merchant: account.sellerId, app: account.appId }
    expect(rows).toEqual([
      ...requests.map(({ attempt, amount }, i): unknown => ({
        is: 'payment',
        facts: { ...fact, transaction: transactions[i], attempt, amount, state: 'TRADE_SUCCESS' },
      })),
      {
        is: 'refund',
        final: true,
        facts: {
          ...fact,
          transaction,
          attempt: first.attempt,
          amount: 1n,
          state: 'REFUND_SUCCESS',
          refund: refund.refund,
        },
      },
    ])
    expect(await all(world.alipay.statements.rows(await fetched('trade', '2026-11-21')))).toHaveLength(1)
  })

  it('of the funds is kept as it is', async () => {
    const text = new TextDecoder('gbk').decode(Buffer.concat(await all(await fetched('fund_flow'))))
    expect(text).toMatch(/^#支付宝账务明细查询/)
    expect(text.match(/在线支付/g)).toHaveLength(3)
    expect(text).toContain('账务明细列表结束')
  })

  it('is none when nothing happened, and a fault when Alipay has no answer', async () => {
    expect(await world.alipay.statements.fetch('trade', '2026-01-01')).toBe('none')
    await world.buyer.switches({ fail: { bill: { times: 1 } } })
    await expect(world.alipay.statements.fetch('trade', day)).rejects.toThrow('ACQ.SYSTEM_ERROR')
    await world.buyer.switches({
      fail: { bill: { times: 1, status: 400, code: 'isp.bill_not_exist', unsigned: true } },
    })
    await expect(world.alipay.statements.fetch('trade', day)).rejects.toThrow('UNVERIFIED_400')
    await world.buyer.switches({})
  })

  it('is a fault when it can’t be downloaded, or breaks off', async () => {
    const answers: ((url: string) => { status: number; body: Buffer })[] = []
    const stub = await serving((request, response) => {
      const url = `http://${request.headers.host}/bill`
      const isBill = request.url === '/bill'
      const { status, body } = (isBill && answers.shift()?.(url)) || {
        status: 200,
        body: Buffer.from(
          pen.answer('alipay.data.dataservice.bill.downloadurl.query', {
            code: '10000',
            bill_download_url: url,
          }),
        ),
      }
      response.writeHead(status).end(body)
    })
    const { statements } = alipayOf({ ...world.config, gateway: `${stub.url}/gateway.do` })
    answers.push(() => ({ status: 404, body: Buffer.from('expired') }))
    await expect(statements.fetch('trade', day)).rejects.toThrow('HTTP 404')
    const whole = zip([{ name: gbk('业务明细.csv'), content: gbk('#'.repeat(99_999)) }])
    answers.push(() => ({ status: 200, body: whole.subarray(0, -30) }))
    const raw = await statements.fetch('trade', day)
    await expect(all(raw === 'none' ? (async function* () {})() : raw)).rejects.toThrow('cut short')
    await stub.stop()
  })
})

describe('a zip', () => {
  const name = gbk('20880000_业务明细.csv')
  const content = Buffer.from(
    Array.from({ length: 300 }, (_, i) => createHash('sha256').update(`${i}`).digest('hex')).join('\n'),
  )
  const sums = { name: gbk('20880000_业务明细(汇总).csv'), content: gbk('汇总') }
  const detail = (text: string) => text.endsWith('.csv') && !text.includes('汇总')
  const read = async (bytes: Uint8Array, size = 1000) =>
    Buffer.concat(await all(unzipped(pieces(bytes, size), detail)))

  it.each([3, 50, 1000, 1 << 20])(
    'is unpacked as it arrives, in pieces of %i bytes; the sums are passed over',
    async (size) => {
      expect((await read(zip([sums, { name, content }]), size)).equals(content)).toBe(true)
      expect((await read(zip([{ name, content }, sums]), size)).equals(content)).toBe(true)
    },
  )

  it('is refused when it is cut short, changed, or has no such file', async () => {
    const whole = zip([sums, { name, content }])
    for (const length of [0, 10, whole.length >> 1, whole.length - 1])
      await expect(read(whole.subarray(0, length))).rejects.toThrow()
    await expect(read(zip([sums]))).rejects.toThrow('no such file')
    const directory = whole.lastIndexOf(Buffer.from('PK\x01\x02'))
    const changed = Buffer.from(whole)
    changed.writeUInt8(changed.readUInt8(directory + 16) ^ 1, directory + 16)
    await expect(read(changed)).rejects.toThrow('promises')
  })
})

describe('rows', () => {
  const header =
    '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注'
  const times = '2019-09-16 10:55:16,2019-09-16 10:55:23'
  const row = (kind: string, amount: string, { refund = '', subject = '下单测试' } = {}) =>
    `2019091622001458860515315453\t,service_1568601259302\t,${kind}\t,${subject},${times},store\t,store\t,a\t,\t,*水(602***@qq.com)\t,${amount},${amount},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,${refund}\t,0.00,0.00,下单测试`
  const bill = (
    rows: string[],
    { seller = account.sellerId, end = '#-----业务明细列表结束-----', head = header } = {},
  ) =>
    ['#支付宝业务明细查询', `#账号：[${seller}0156]`, '#-----业务明细列表-----', head, ...rows, end].join(
      '\n',
    )
  const read = (text: string, size = 50): Promise<StatementRow[]> =>
    all(billRows(pieces(gbk(text), size), account))

  it('are payments and refunds; whatever else there is, is named', async () => {
    const rows = await read(
      bill([
        row('交易', '0.01'),
        row('退款', '-0.01', { refund: 'r1' }),
        row('退款', '0.01'),
        row('红包退回', '1'),
      ]),
    )
    expect(rows).toMatchObject([
      {
        is: 'payment',
        facts: { transaction: '2019091622001458860515315453', attempt: 'service_1568601259302', amount: 1n },
      },
      { is: 'refund', facts: { refund: 'r1', amount: 1n } },
      { is: 'refund', facts: { refund: 'service_1568601259302', amount: 1n } },
      { is: 'other', what: '红包退回' },
    ])
  })

  it('are found whatever the product is called', async () => {
    expect(
      await read(bill([row('退款', '-3.50', { refund: 'r9', subject: '一,二,0.01,三' })])),
    ).toMatchObject([{ is: 'refund', facts: { amount: 350n, refund: 'r9' } }])
  })

  it('come while the statement arrives', async () => {
    let taken = 0
    const text = gbk(bill(Array.from({ length: 1000 }, () => row('交易', '0.01'))))
    const counted = async function* () {
      for await (const piece of pieces(text, 4096)) {
        taken += 1
        yield piece
      }
    }
    for await (const _ of billRows(counted(), account)) break
    expect(taken).toBe(1)
  })

  it.each([
    ['is cut short', bill([row('交易', '0.01')], { end: '' })],
    ['is cut short', ''],
    ['another form', bill(['x,y'])],
    ['another form', bill([row('交易', '0.01').slice(0, 100)])],
    ['without an amount', bill([row('交易', '1e2')])],
    ['without an amount', bill([row('交易', '-1.00')])],
    ['not of the merchant', bill([], { seller: '2088000000000001' })],
    ['no 订单金额', bill([], { head: header.replace('订单金额', '金额') })],
    ['no 业务明细列表', '<html>'],
    ['after their end', `${bill([])}\n${row('交易', '0.01')}`],
  ])('are refused: %s', async (why, text) => {
    await expect(read(text)).rejects.toThrow(why)
  })
})
