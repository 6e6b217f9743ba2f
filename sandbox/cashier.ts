import { Hono } from 'hono'
import { type Bill, cashierPage, noBill } from './cashier-page.ts'
import type { Gateway } from './gateway.ts'
import { GatewayRefusal } from './refusal.ts'

const acts = ['pay', 'fail', 'close'] as const
type Act = (typeof acts)[number]

/**
 * The page where somebody who tries the shop pays by hand: what a buyer's phone would show after scanning.
 * The buttons do what the same words of the sandbox's JSON do; what the provider refuses, the page says. For
 * demo and tests only.
 */
export function cashier(gateways: readonly Gateway[]): Hono {
  const app = new Hono()
  const of = (number: string): Gateway | undefined => gateways.find(({ has }) => has(number))
  const billOf = (gateway: Gateway, number: string, refusal?: string): Bill => ({
    number,
    refusal,
    ...gateway.show(number),
  })

  app.use(async (c, next) => {
    await next()
    c.header('Cache-Control', 'no-store')
    c.header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; " +
        "frame-ancestors 'none'; base-uri 'none'",
    )
  })

  app.get('/:number', (c) => {
    const number = c.req.param('number')
    const gateway = of(number)
    return gateway ? c.html(cashierPage(billOf(gateway, number))) : c.html(noBill(number), 404)
  })

  for (const act of acts) {
    app.post(`/:number/${act}`, (c) => {
      const number = c.req.param('number')
      const gateway = of(number)
      if (!gateway) return c.html(noBill(number), 404)
      try {
        perform(gateway, act, number)
        // See other, so that reloading the page pays nothing again.
        return c.redirect(`/sandbox/cashier/${encodeURIComponent(number)}`, 303)
      } catch (error) {
        if (!(error instanceof GatewayRefusal)) throw error
        return c.html(cashierPage(billOf(gateway, number, `${error.code} · ${error.message}`)), 409)
      }
    })
  }

  return app
}

function perform(gateway: Gateway, act: Act, number: string): void {
  if (act === 'pay') void gateway.pay(number).notified
  else gateway[act](number)
}
