import { Hono } from 'hono'
import * as z from 'zod'
import type { Gateway } from './gateway.ts'
import { together } from './ledger.ts'
import { GatewayRefusal } from './refusal.ts'
import { type Switchboard, switchesSchema } from './switches.ts'

const settingSchema = z.strictObject({ outTradeNo: z.string().optional(), switches: switchesSchema })

/**
 * The buyers' side and the switches: plain JSON, unsigned, for demo, tests and bench. A refusal is 409 with
 * the provider's code.
 */
export function control(gateways: readonly Gateway[], switches: Switchboard): Hono {
  const app = new Hono()
  const of = (outTradeNo: string): Gateway => {
    const gateway = gateways.find(({ has }) => has(outTradeNo))
    if (!gateway) throw new GatewayRefusal(404, 'ORDER_NOT_EXIST', '订单不存在')
    return gateway
  }
  const shown = (outTradeNo: string) => {
    const { state, amount, captured, description, transactionId, failures } = of(outTradeNo).show(outTradeNo)
    return {
      state,
      amount: amount.toString(),
      captured: captured.toString(),
      description,
      transactionId: transactionId ?? null,
      failures,
    }
  }

  app.onError((error, c) =>
    error instanceof GatewayRefusal
      ? c.json({ code: error.code, message: error.message }, error.status === 404 ? 404 : 409)
      : c.json({ code: 'BAD_REQUEST', message: error.message }, 400),
  )

  app.get('/trades/:number', (c) => c.json(shown(c.req.param('number'))))

  app.post('/trades/:number/pay', (c) => {
    const number = c.req.param('number')
    void of(number).pay(number).notified
    return c.json(shown(number))
  })

  app.post('/trades/:number/fail', (c) => {
    const number = c.req.param('number')
    of(number).fail(number)
    return c.json(shown(number))
  })

  app.post('/trades/:number/close', (c) => {
    const number = c.req.param('number')
    of(number).close(number)
    return c.json(shown(number))
  })

  app.post('/trades/:number/forge', async (c) => {
    const number = c.req.param('number')
    await of(number).forge(number)
    return c.json({ forged: true })
  })

  app.post('/switches', async (c) => {
    const { outTradeNo, switches: wanted } = settingSchema.parse(await c.req.json())
    switches.set(wanted, outTradeNo)
    return c.json({ outTradeNo: outTradeNo ?? null, switches: wanted })
  })

  app.get('/ledger', (c) => c.json(together(gateways.map(({ ledger }) => ledger()))))
  return app
}
