import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { type AlipaySandbox, alipayGateway } from './alipay/gateway.ts'
import { cashier } from './cashier.ts'
import { control } from './control.ts'
import { type Ledger, together } from './ledger.ts'
import { switchboard } from './switches.ts'
import { wechatV2Gateway } from './wechat-v2/gateway.ts'
import type { WechatV2Sandbox } from './wechat-v2/merchant.ts'
import { type WechatV3Sandbox, wechatV3Gateway } from './wechat-v3/gateway.ts'

export type SandboxConfig = WechatV3Sandbox & {
  /** WeChat Pay v2 too, for the merchants who hold its key. */
  wechatV2?: WechatV2Sandbox | undefined
  /** Alipay, where it is wanted. */
  alipay?: AlipaySandbox
  /** 0 or nothing: a free one. */
  port?: number
  /** Times the documented pauses between notifications (15 s, 15 s, 30 s, 3 min, …); 1 by default. */
  pauseFactor?: number
  /** How long a notification waits for its acknowledgement; 5 s by default. */
  silenceMs?: number
  /** How long a refund is PROCESSING; 200 ms by default. */
  refundMs?: number
  /** How long WeChat refuses another refund of the same trade; a minute times `pauseFactor` by default. */
  refundGapMs?: number
  now?: () => number
}
export type Sandbox = { url: string; port: number; ledger(): Ledger; stop(): Promise<void> }

/**
 * Starts the stand-in for the payment providers on 127.0.0.1: each on its own path, `/sandbox` for buyers and
 * tests, `/healthz`.
 */
export async function startSandbox(config: SandboxConfig): Promise<Sandbox> {
  const { pauseFactor = 1, silenceMs = 5000, refundMs = 200, now = Date.now } = config
  const { refundGapMs = 60_000 * pauseFactor } = config
  const switches = switchboard()
  const clockwork = { pauseFactor, silenceMs, refundMs, refundGapMs, now }
  const gateways = [
    wechatV3Gateway(config, switches, clockwork),
    ...(config.wechatV2 ? [wechatV2Gateway(config.wechatV2, switches, clockwork)] : []),
    ...(config.alipay ? [alipayGateway(config.alipay, switches, clockwork)] : []),
  ]

  const app = new Hono()
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.route('/sandbox/cashier', cashier(gateways))
  app.route('/sandbox', control(gateways, switches))
  for (const { path, routes } of gateways) app.route(path, routes)

  const server = createServer({ keepAliveTimeout: 75_000 }, getRequestListener(app.fetch))
  const port = await listen(server, config.port ?? 0)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ledger: () => together(gateways.map(({ ledger }) => ledger())),
    async stop() {
      for (const gateway of gateways) gateway.stop()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('the sandbox listens on no port'))
      else resolve(address.port)
    })
  })
}
