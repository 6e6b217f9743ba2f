import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { GatewayRefusal } from '../refusal.ts'
import type { Operation, Switchboard } from '../switches.ts'
import { billRoutes } from './bill-routes.ts'
import type { BillBook } from './bills.ts'
import type { Buyer } from './buyer.ts'
import type { Notifier } from './notifier.ts'
import { type Refund, type RefundBook, refundJson, refundNoticeJson, refundSchema } from './refunds.ts'
import type { SignedHeaders, SignedRequest } from './signature.ts'
import { nativeSchema, type TradeBook, transactionJson } from './trades.ts'

export type Parts = {
  mchId: string
  headers(body: string, key?: KeyObject): SignedHeaders
  mistrusts(request: SignedRequest): string | undefined
  trades: TradeBook
  refunds: RefundBook
  bills: BillBook
  switches: Switchboard
  buyer: Buyer
  notify: Notifier
}
export type Env = { Bindings: HttpBindings; Variables: { body: string } }
type Answer = { status: number; body: string }

const answer = (status: number, body?: object): Answer => ({ status, body: body === undefined ? '' : JSON.stringify(body) })
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

/** The merchant's side of WeChat Pay v3, Native: every request is verified, every answer signed, errors too. */
export function merchantRoutes({ mchId, headers, mistrusts, trades, refunds, bills, switches, buyer, notify }: Parts): Hono<Env> {
  const app = new Hono<Env>()
  let stranger: KeyObject | undefined
  const strangerKey = () => {
    stranger ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    return stranger
  }

  const reply = ({ status, body }: Answer, key?: KeyObject): Response =>
    new Response(status === 204 ? null : body, { status, headers: { 'Content-Type': 'application/json', ...headers(body, key) } })

  /** One call, with the faults that are switched on around what it does. */
  const operate = async (
    c: Context<Env>,
    operation: Operation,
    trade: string | undefined,
    act: () => Answer | Promise<Answer>,
  ): Promise<Response> => {
    await sleep(switches.get('slowMs', trade)?.[operation] ?? 0)
    const failure = switches.failure(operation, trade)
    if (failure?.unsigned) return Response.json({ code: failure.code, message: 'switched on' }, { status: failure.status })
    if (failure) return reply(refused(new GatewayRefusal(failure.status, failure.code, 'switched on')))
    const result = await Promise.resolve()
      .then(act)
      .catch((error) => refused(asRefusal(error)))
    if (switches.takes('loseAnswer', operation, trade)) {
      c.env.incoming.socket.destroy()
      return RESPONSE_ALREADY_SENT
    }
    return reply(result, switches.takes('forgedAnswer', operation, trade) ? strangerKey() : undefined)
  }

  const ownMerchant = (mchid: string | undefined): void => {
    if (mchid !== mchId) throw new GatewayRefusal(400, 'MCH_NOT_EXISTS', 'mchid 不是签名的商户')
  }

  app.onError((error) => reply(refused(asRefusal(error))))

  app.use(async (c, next) => {
    const body = await c.req.text()
    const { method = '', url = '' } = c.env.incoming
    const why = mistrusts({ method, pathAndQuery: url, body, authorization: c.req.header('authorization') })
    if (why !== undefined) return reply(refused(new GatewayRefusal(401, 'SIGN_ERROR', why)))
    c.set('body', body)
    await next()
  })

  app.post('/pay/transactions/native', (c) => {
    const request = reading(nativeSchema, c.var.body)
    ownMerchant(request.mchid)
    return operate(c, 'open', request.out_trade_no, async () => {
      const { codeUrl, state } = trades.open(request)
      if (switches.get('payBeforeAnswer', request.out_trade_no) && state === 'NOTPAY') await buyer.pay(request.out_trade_no).told
      return answer(200, { code_url: codeUrl })
    })
  })

  app.get('/pay/transactions/out-trade-no/:number', (c) => {
    const number = c.req.param('number')
    ownMerchant(c.req.query('mchid'))
    return operate(c, 'query', number, () => answer(200, transactionJson(trades.find(number), switches.get('tradeState', number))))
  })

  app.post('/pay/transactions/out-trade-no/:number/close', (c) => {
    const number = c.req.param('number')
    ownMerchant(reading(z.strictObject({ mchid: z.string() }), c.var.body).mchid)
    return operate(c, 'close', number, () => {
      if (switches.get('payBeforeClose', number) && trades.find(number).state === 'NOTPAY') void buyer.pay(number).told
      trades.close(number)
      return answer(204)
    })
  })

  const refundEnded = (refund: Refund): void => {
    const url = refund.request.notify_url
    const event = `REFUND.${refund.status}`
    if (url === undefined || switches.get('noNotification', refund.trade.request.out_trade_no)) return
    void notify.send({ url, event, original: 'refund', resource: refundNoticeJson(refund), tally: refund.notices }, {})
  }

  app.post('/refund/domestic/refunds', (c) => {
    const request = reading(refundSchema, c.var.body)
    const trade = refunds.tradeOf(request).request.out_trade_no
    return operate(c, 'refund', trade, () =>
      answer(200, refundJson(refunds.apply(request, switches.get('refundEnds', trade) ?? 'SUCCESS', refundEnded))),
    )
  })

  app.get('/refund/domestic/refunds/:number', (c) => {
    const number = c.req.param('number')
    return operate(c, 'queryRefund', refunds.tradeOfRefund(number), () => answer(200, refundJson(refunds.find(number))))
  })

  billRoutes(app, bills, (c, operation, act) => operate(c, operation, undefined, () => answer(200, act())))

  app.all('*', () => reply(refused(new GatewayRefusal(404, 'RESOURCE_NOT_EXISTS', 'no such address'))))

  return app
}
