import type { KeyObject } from 'node:crypto'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { withFaults } from '../faults.ts'
import { forgersKey } from '../forger.ts'
import { GatewayRefusal } from '../refusal.ts'
import type { Operation, Switchboard } from '../switches.ts'
import { billRoutes } from './bill-routes.ts'
import type { BillBook } from './bills.ts'
import type { Buyer } from './buyer.ts'
import { creationSchemas, type Product } from './creation.ts'
import type { Env } from './env.ts'
import type { Notifier } from './notifier.ts'
import { type Refund, type RefundBook, refundJson, refundNoticeJson, refundSchema } from './refunds.ts'
import type { SignedHeaders, SignedRequest } from './signature.ts'
import { type Trade, type TradeBook, transactionJson } from './trades.ts'

export type Container = {
  mchId: string
  headers(body: string, key?: KeyObject, asked?: string): SignedHeaders
  rejectionOf(request: SignedRequest): string | undefined
  trades: TradeBook
  refunds: RefundBook
  bills: BillBook
  switches: Switchboard
  buyer: Buyer
  notify: Notifier
}
type Answer = { status: number; body: string }

const answer = (status: number, body?: object): Answer => ({
  status,
  body: body === undefined ? '' : JSON.stringify(body),
})
const refused = ({ status, code, message }: GatewayRefusal): Answer => answer(status, { code, message })
const asRefusal = (error: unknown): GatewayRefusal =>
  error instanceof GatewayRefusal ? error : new GatewayRefusal(500, 'SYSTEM_ERROR', String(error))

function reading<T>(schema: z.ZodType<T>, body: string): T {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw new GatewayRefusal(400, 'PARAM_ERROR', '请求体不是 JSON')
  }
  const read = schema.safeParse(json)
  if (!read.success) throw new GatewayRefusal(400, 'PARAM_ERROR', z.prettifyError(read.error))
  return read.data
}

/** What a creation answers; an H5 trade's page is this sandbox's cashier. */
const openAnswers: Record<Product, (trade: Trade, origin: string) => object> = {
  native: ({ prepayId }) => ({ code_url: `weixin://wxpay/bizpayurl?pr=${prepayId}` }),
  jsapi: ({ prepayId }) => ({ prepay_id: prepayId }),
  app: ({ prepayId }) => ({ prepay_id: prepayId }),
  h5: ({ prepayId, request }, origin) => ({
    h5_url: `${origin}/sandbox/cashier/${request.out_trade_no}?prepay_id=${prepayId}`,
  }),
}

/**
 * The merchant's side of WeChat Pay v3: every request is verified, every answer signed with the key that it
 * asks for, errors too.
 */
export function merchantRoutes({
  mchId,
  headers,
  rejectionOf,
  trades,
  refunds,
  bills,
  switches,
  buyer,
  notify,
}: Container): Hono<Env> {
  const app = new Hono<Env>()

  const reply = (c: Context, { status, body }: Answer, key?: KeyObject): Response => {
    const signed = headers(body, key, c.req.header('wechatpay-serial'))
    return new Response(status === 204 ? null : body, {
      status,
      headers: { 'Content-Type': 'application/json', ...signed },
    })
  }

  /** One call, with the faults that are switched on around what it does. */
  const operate = (
    c: Context<Env>,
    { operation, trade }: { operation: Operation; trade: string | undefined },
    act: () => Answer | Promise<Answer>,
  ): Promise<Response> =>
    withFaults(c, switches, {
      operation,
      trade,
      act: () =>
        Promise.resolve()
          .then(act)
          .catch((error) => refused(asRefusal(error))),
      failed: ({ status, code, message, unsigned }) =>
        unsigned
          ? Response.json({ code, message }, { status })
          : reply(c, refused(new GatewayRefusal(status, code, message))),
      reply: (result, signer) => reply(c, result, signer === 'forger' ? forgersKey() : undefined),
    })

  const ownMerchant = (mchid: string | undefined): void => {
    if (mchid !== mchId) throw new GatewayRefusal(400, 'MCH_NOT_EXISTS', 'mchid 不是签名的商户')
  }

  app.onError((error, c) => reply(c, refused(asRefusal(error))))

  app.use(async (c, next) => {
    const body = await c.req.text()
    const { method = '', url = '' } = c.env.incoming
    const why = rejectionOf({ method, pathAndQuery: url, body, authorization: c.req.header('authorization') })
    if (why !== undefined) return reply(c, refused(new GatewayRefusal(401, 'SIGN_ERROR', why)))
    c.set('body', body)
    await next()
  })

  for (const product of ['native', 'jsapi', 'app', 'h5'] as const) {
    app.post(`/pay/transactions/${product}`, (c) => {
      const request = reading<Trade['request']>(creationSchemas[product], c.var.body)
      ownMerchant(request.mchid)
      return operate(c, { operation: 'open', trade: request.out_trade_no }, async () => {
        const trade = trades.open(product, request)
        if (switches.get('payBeforeAnswer', request.out_trade_no) && trade.state === 'NOTPAY')
          await buyer.pay(request.out_trade_no).notified
        return answer(200, openAnswers[product](trade, new URL(c.req.url).origin))
      })
    })
  }

  app.get('/pay/transactions/out-trade-no/:number', (c) => {
    const number = c.req.param('number')
    ownMerchant(c.req.query('mchid'))
    return operate(c, { operation: 'query', trade: number }, () =>
      answer(200, transactionJson(trades.find(number), switches.get('tradeState', number))),
    )
  })

  app.get('/pay/transactions/id/:transaction', (c) => {
    ownMerchant(c.req.query('mchid'))
    const trade = trades.byTransaction(c.req.param('transaction'))
    return operate(c, { operation: 'query', trade: trade?.request.out_trade_no }, () => {
      if (!trade) throw new GatewayRefusal(404, 'ORDER_NOT_EXIST', '订单不存在')
      return answer(200, transactionJson(trade, switches.get('tradeState', trade.request.out_trade_no)))
    })
  })

  app.post('/pay/transactions/out-trade-no/:number/close', (c) => {
    const number = c.req.param('number')
    ownMerchant(reading(z.strictObject({ mchid: z.string() }), c.var.body).mchid)
    return operate(c, { operation: 'close', trade: number }, () => {
      if (switches.get('payBeforeClose', number) && trades.find(number).state === 'NOTPAY')
        void buyer.pay(number).notified
      trades.close(number)
      return answer(204)
    })
  })

  const refundEnded = (refund: Refund): void => {
    const url = refund.request.notify_url
    const event = `REFUND.${refund.status}`
    if (url === undefined || switches.get('noNotification', refund.trade.request.out_trade_no)) return
    void notify.send(
      { url, event, original: 'refund', resource: refundNoticeJson(refund), tally: refund.notices },
      {},
    )
  }

  app.post('/refund/domestic/refunds', (c) => {
    const request = reading(refundSchema, c.var.body)
    const trade = refunds.tradeOf(request).request.out_trade_no
    return operate(c, { operation: 'refund', trade }, () =>
      answer(
        200,
        refundJson(refunds.apply(request, switches.get('refundEnds', trade) ?? 'SUCCESS', refundEnded)),
      ),
    )
  })

  app.get('/refund/domestic/refunds/:number', (c) => {
    const number = c.req.param('number')
    return operate(c, { operation: 'queryRefund', trade: refunds.tradeOfRefund(number) }, () =>
      answer(200, refundJson(refunds.find(number))),
    )
  })

  billRoutes(app, bills, (c, operation, act) =>
    operate(c, { operation, trade: undefined }, () => answer(200, act())),
  )

  app.all('*', (c) => reply(c, refused(new GatewayRefusal(404, 'RESOURCE_NOT_EXISTS', 'no such address'))))

  return app
}
