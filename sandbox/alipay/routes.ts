import type { KeyObject } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { withFaults } from '../faults.ts'
import { forgersKey } from '../forger.ts'
import { GatewayRefusal } from '../refusal.ts'
import { creationSchema } from './creation.ts'
import { type Act, type Container, type Method, methods, reading } from './methods.ts'
import type { Platform } from './signature.ts'

type Env = { Bindings: HttpBindings }
type Merchants = Container & {
  platform: Platform
  rejectionOf(parameters: Record<string, string>): string | undefined
}

/**
 * Alipay's one address (/gateway.do): every request is verified, every answer signed, errors too; and the
 * form that a buyer's browser posts.
 */
export function merchantRoutes({ platform, rejectionOf, ...container }: Merchants): Hono<Env> {
  const app = new Hono<Env>()
  const known = methods(container)

  const reply = (method: string, node: object, key?: KeyObject): Response =>
    new Response(platform.answer(method, node, key), {
      headers: { 'Content-Type': 'text/html;charset=UTF-8' },
    })
  const refused = (method: string, refusal: GatewayRefusal): Response => reply(method, refusalNode(refusal))

  const operate = (c: Context<Env>, name: string, { operation, trade, act }: Method): Promise<Response> =>
    withFaults(c, container.switches, {
      operation,
      trade,
      act: () => settled(act),
      failed: ({ status, code, message, unsigned }) =>
        unsigned
          ? Response.json({ code, message }, { status })
          : refused(name, new GatewayRefusal(status, prefixed(code), message)),
      reply: (node, signer) => reply(name, node, signer === 'forger' ? forgersKey() : undefined),
    })

  /** 电脑网站支付: the buyer's browser opens the form; now the trade exists, and the cashier asks for the money. */
  const openForm = (parameters: Record<string, string>): Response => {
    const request = reading(creationSchema, parameters.biz_content)
    container.trades.create(request, 'page', {
      notifyUrl: parameters.notify_url,
      returnUrl: parameters.return_url,
    })
    return new Response(null, {
      status: 302,
      headers: { Location: `/sandbox/cashier/${request.out_trade_no}` },
    })
  }

  app.on(['GET', 'POST'], '/', async (c) => {
    const given = [
      ...new URL(c.req.url).searchParams,
      ...(c.req.method === 'POST' ? new URLSearchParams(await c.req.text()) : []),
    ]
    const parameters = Object.fromEntries(given)
    const { method = '' } = parameters
    const isForm = method === 'alipay.trade.page.pay'
    try {
      if (Object.keys(parameters).length !== given.length)
        throw new GatewayRefusal(400, 'isv.invalid-parameter', 'a parameter comes twice')
      const why = rejectionOf(parameters)
      if (why !== undefined) throw new GatewayRefusal(400, why, '验签出错')
      if (isForm) return openForm(parameters)
      const call = known(method, parameters, new URL(c.req.url).origin)
      if (!call) throw new GatewayRefusal(400, 'isv.invalid-method', '不存在的方法名')
      return await operate(c, method, call)
    } catch (error) {
      const refusal = asRefusal(error)
      return isForm
        ? new Response(`${refusal.code} ${refusal.message}`, { status: 400 })
        : refused(method, refusal)
    }
  })

  app.get('/downloadBillFile.resource', (c) => {
    const zip = container.bills.file(c.req.query('fileId') ?? '')
    return zip
      ? new Response(new Uint8Array(zip), { headers: { 'Content-Type': 'application/zip' } })
      : c.text('expired', 404)
  })

  return app
}

const settled = (act: Act): Promise<object> =>
  Promise.resolve()
    .then(act)
    .then((node) => ({ code: '10000', msg: 'Success', ...node }))
    .catch((error) => refusalNode(asRefusal(error)))

const asRefusal = (error: unknown): GatewayRefusal =>
  error instanceof GatewayRefusal ? error : new GatewayRefusal(500, 'isp.unknow-error', String(error))
const prefixed = (code: string): string => (code.includes('.') ? code : `ACQ.${code}`)

/**
 * 公共错误码: 20000 is a gateway in trouble, 40002 a request that it does not understand or believe, 40004 the
 * business's refusal.
 */
function refusalNode({ status, code, message }: GatewayRefusal): object {
  if (status >= 429)
    return { code: '20000', msg: 'Service Currently Unavailable', sub_code: code, sub_msg: message }
  if (code.startsWith('isv.'))
    return { code: '40002', msg: 'Invalid Arguments', sub_code: code, sub_msg: message }
  return { code: '40004', msg: 'Business Failed', sub_code: code, sub_msg: message }
}
