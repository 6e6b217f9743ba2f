import { Hono } from 'hono'
import * as z from 'zod'
import type { Buyer } from './buyer.ts'
import type { Ledger } from './ledger.ts'
import { GatewayRefusal } from './refusal.ts'
import { type Switchboard, switchesSchema } from './switches.ts'

const settingSchema = z.strictObject({ outTradeNo: z.string().optional(), switches: switchesSchema })

/** The buyer's side and the switches: plain JSON, unsigned, for demo, tests and bench. A refusal is 409 with WeChat's code. */
export function control(buyer: Buyer, switches: Switchboard, ledger: () => Ledger): Hono {
  const app = new Hono()

  app.onError((error, c) =>
    error instanceof GatewayRefusal
      ? c.json({ code: error.code, message: error.message }, error.status === 404 ? 404 : 409)
      : c.json({ code: 'BAD_REQUEST', message: error.message }, 400),
  )

  app.post('/trades/:number/pay', (c) => {
    const { trade, told } = buyer.pay(c.req.param('number'))
    void told
    return c.json({ state: trade.state, captured: trade.captured.toString(), transactionId: trade.transactionId ?? null })
  })

  app.post('/trades/:number/fail', (c) => {
    const trade = buyer.fail(c.req.param('number'))
    return c.json({ state: trade.state, failures: trade.failures })
  })

  app.post('/trades/:number/forge', async (c) => {
    await buyer.forge(c.req.param('number'))
    return c.json({ forged: true })
  })

  app.post('/switches', async (c) => {
    const { outTradeNo, switches: wanted } = settingSchema.parse(await c.req.json())
    switches.set(wanted, outTradeNo)
    return c.json({ outTradeNo: outTradeNo ?? null, switches: wanted })
  })

  app.get('/ledger', (c) => c.json(ledger()))
  return app
}
