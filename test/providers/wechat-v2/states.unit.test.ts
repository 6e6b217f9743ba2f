import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { meanings } from '../../../providers/wechat-v2/states.ts'
import { wechatV2 } from '../../../providers/wechat-v2/wechat-v2.ts'
import { serving } from '../wechat-v3/harness.ts'
import { harness, shared, signed } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let wechat: typeof world.wechat
beforeAll(async () => {
  world = await harness()
  wechat = world.wechat
})
afterAll(() => world.stop())

const opened = async () => {
  const request = world.openRequest()
  await wechat.open(request)
  return request
}

describe('the table', () => {
  it('knows every state and error that WeChat documents', () => {
    // 查询订单: trade_state; 错误码 of 统一下单, 查询订单 and 关闭订单.
    const states = ['SUCCESS', 'REFUND', 'NOTPAY', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR', 'ACCEPT']
    const errors = [
      ...[
        'INVALID_REQUEST',
        'NOAUTH',
        'NOTENOUGH',
        'ORDERPAID',
        'ORDERCLOSED',
        'SYSTEMERROR',
        'APPID_NOT_EXIST',
        'MCHID_NOT_EXIST',
      ],
      ...[
        'APPID_MCHID_NOT_MATCH',
        'LACK_PARAMS',
        'OUT_TRADE_NO_USED',
        'SIGNERROR',
        'XML_FORMAT_ERROR',
        'REQUIRE_POST_METHOD',
      ],
      ...['POST_DATA_EMPTY', 'NOT_UTF8', 'ORDERNOTEXIST'],
    ]
    expect(Object.keys(meanings.states)).toEqual(expect.arrayContaining(states))
    expect(Object.keys(meanings.errors)).toEqual(expect.arrayContaining(errors))
  })

  it('lets an order close for these alone', () => {
    const closing = (table: Readonly<Record<string, string>>) =>
      Object.keys(table).filter((word) => table[word] !== 'unknown')
    expect(closing(meanings.states)).toEqual(['SUCCESS', 'REFUND', 'CLOSED', 'REVOKED'])
    expect(closing(meanings.errors)).toEqual(['ORDERNOTEXIST', 'ORDERCLOSED'])
  })
})

describe('a query', () => {
  it('has the facts of a paid trade, and nothing of the payer', async () => {
    const { attempt } = await opened()
    const { transactionId } = await world.buyer.pay(attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: {
        ...{
          provider: 'wechat-v2',
          transaction: transactionId,
          attempt,
          state: 'SUCCESS',
          amount: 1990n,
          currency: 'CNY',
        },
        ...{ merchant: shared.mchId, app: shared.appId },
      },
    })
  })

  it.each(Object.entries(meanings.states).filter(([, means]) => means !== 'paid'))(
    'reads the state %s as %s',
    async (tradeState, means) => {
      const { attempt } = await opened()
      await world.buyer.switches({ tradeState }, attempt)
      expect(await wechat.query(attempt, 'settled')).toEqual({ is: means, state: tradeState })
    },
  )

  it.each(Object.entries(meanings.errors))('reads the error %s as %s', async (code, means) => {
    const { attempt } = await opened()
    await world.buyer.switches({ fail: { query: { times: 2, code } } }, attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({
      is: means === 'missing' ? 'closed' : means,
      state: code,
    })
    expect(await wechat.query(attempt, 'in_flight')).toMatchObject({
      is: means === 'missing' ? 'unknown' : means,
      state: code,
    })
  })

  it.each(['SOMETHING_NEW', 'constructor', '__proto__'])(
    'takes the undocumented state %s for unknown',
    async (state) => {
      const { attempt } = await opened()
      await world.buyer.switches({ tradeState: state }, attempt)
      expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state })
      await world.buyer.switches({ fail: { query: { times: 1, code: state } } }, attempt)
      expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state })
    },
  )

  it('believes "no such trade" from WeChat alone', async () => {
    const { attempt } = await opened()
    await world.buyer.switches(
      { fail: { query: { times: 1, status: 404, code: 'ORDERNOTEXIST', unsigned: true } } },
      attempt,
    )
    expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'HTTP_404' })
  })

  it('believes neither "closed" nor "paid" with somebody else’s sign', async () => {
    const { attempt } = await opened()
    for (const tradeState of ['CLOSED', 'SUCCESS']) {
      await world.buyer.switches({ tradeState, forgedAnswer: { query: 1 } }, attempt)
      expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'UNVERIFIED' })
    }
  })

  it('says what was captured when that is not what was asked', async () => {
    const { attempt } = await opened()
    await world.buyer.switches({ captureFen: '1' }, attempt)
    await world.buyer.pay(attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'paid', facts: { amount: 1n } })
  })

  it('is unknown when its answer is lost, or late', async () => {
    const { attempt } = await opened()
    await world.buyer.switches({ loseAnswer: { query: 1 }, slowMs: { query: 300 } }, attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown' })
    expect(await wechatV2({ ...world.config, timeoutMs: 50 }).query(attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'TIMEOUT',
    })
  })
})

describe('an answer', () => {
  const whole = {
    out_trade_no: '77',
    transaction_id: '42',
    trade_state: 'SUCCESS',
    total_fee: '5',
    cash_fee: '3',
  }
  const closed = { out_trade_no: '77', trade_state: 'CLOSED' }
  const answerTo = async (body: string, status = 200) => {
    const stub = await serving((_, response) => response.writeHead(status).end(body))
    try {
      // Not a snowflake: only asked about.
      return await wechatV2({ ...world.config, baseUrl: stub.url }).query(
        '77' as ReturnType<typeof world.attemptNumber>,
        'settled',
      )
    } finally {
      await stub.stop()
    }
  }

  it('to a creation is believed with a code, of the product that was asked for', async () => {
    const opened = async (fields: object) => {
      const stub = await serving((_, response) => response.end(signed({ ...fields })))
      const answer = await wechatV2({ ...world.config, baseUrl: stub.url }).open(world.openRequest())
      await stub.stop()
      return answer
    }
    const made = { trade_type: 'NATIVE', prepay_id: '1', code_url: 'weixin://wxpay/bizpayurl?pr=1' }
    expect(await opened(made)).toMatchObject({ is: 'open' })
    expect(await opened({ ...made, trade_type: 'JSAPI' })).toEqual({ is: 'unknown', code: 'UNREADABLE' })
    expect(await opened({ ...made, code_url: '' })).toEqual({ is: 'unknown', code: 'UNREADABLE' })
  })

  it('that WeChat signed is compared by the total, whatever coupon of WeChat’s paid a part', async () => {
    expect(await answerTo(signed(whole))).toMatchObject({
      is: 'paid',
      facts: { amount: 5n, currency: 'CNY' },
    })
    expect(await answerTo(signed(closed))).toEqual({ is: 'closed', state: 'CLOSED' })
  })

  it.each([
    ['of another trade', signed({ ...closed, out_trade_no: '78' }), 'MISMATCH'],
    ['about another merchant', signed({ ...closed, mch_id: '1900000999' }), 'MISMATCH'],
    ['about another app', signed({ ...closed, appid: 'wx0' }), 'MISMATCH'],
    ['without a transaction', signed({ ...whole, transaction_id: '' }), 'UNREADABLE'],
    ['with half a fen', signed({ ...whole, total_fee: '0.5' }), 'UNREADABLE'],
    ['with an amount in words', signed({ ...whole, total_fee: 'five' }), 'UNREADABLE'],
    ['without a state', signed({ ...whole, trade_state: '' }), 'UNREADABLE'],
    ['that refuses without a word', signed({ result_code: 'FAIL' }), 'RESULT_CODE_FAIL'],
    ['that says neither', signed({ ...closed, result_code: '' }), 'RESULT_CODE_FAIL'],
    ['signed by the algorithm that is not configured', signed(closed, shared.key, 'MD5'), 'UNVERIFIED'],
    ['that names the other algorithm', signed({ ...closed, sign_type: 'MD5' }), 'UNVERIFIED'],
    [
      'that anybody can give',
      '<xml><return_code>FAIL</return_code><err_code>ORDERNOTEXIST</err_code></xml>',
      'RETURN_CODE_FAIL',
    ],
    [
      'with a field twice',
      signed(closed).replace('</xml>', '<trade_state>CLOSED</trade_state></xml>'),
      'UNREADABLE',
    ],
    ['with a document type', `<!DOCTYPE xml>${signed(closed)}`, 'UNREADABLE'],
    ['that is a page', '<html><body>502 Bad Gateway</body></html>', 'UNREADABLE'],
    ['that is empty', '', 'UNREADABLE'],
  ])('is unknown %s', async (_, body, state) => {
    expect(await answerTo(body)).toMatchObject({ is: 'unknown', state })
  })

  it('is unknown with another status, whatever it says', async () => {
    expect(await answerTo(signed(closed), 500)).toMatchObject({ is: 'unknown', state: 'HTTP_500' })
    expect(await answerTo(signed(closed), 302)).toMatchObject({ is: 'unknown', state: 'HTTP_302' })
  })

  it('is unknown when it is longer than any that WeChat gives', async () => {
    expect(await answerTo(signed({ ...closed, attach: 'x'.repeat(1 << 20) }))).toMatchObject({
      is: 'unknown',
    })
  })
})
