import { createServer, type Server } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { buyer as buyerOf } from './buyer.ts'
import { control } from './control.ts'
import { gateway } from './gateway.ts'
import { type Ledger, ledger as ledgerOf } from './ledger.ts'
import { notifier } from './notifier.ts'
import { refundBook } from './refunds.ts'
import { merchantVerifier, platform } from './signature.ts'
import { switchboard } from './switches.ts'
import { tradeBook } from './trades.ts'

export type SandboxConfig = {
  /** 0 or nothing: a free one. */
  port?: number
  mchId: string
  appId: string
  merchantSerial: string
  /** PEM: what merchants' requests are verified with. */
  merchantPublicKey: string
  /** What `Wechatpay-Serial` says: a certificate's serial or `PUB_KEY_ID_…`. */
  platformKeyId: string
  /** PEM: signs answers and notifications. */
  platformPrivateKey: string
  /** APIv3 密钥, 32 characters: encrypts notifications. */
  apiKey: string
  /** Times the documented pauses between notifications (15 s, 15 s, 30 s, 3 min, …); 1 by default. */
  pauseFactor?: number
  /** How long a notification waits for its acknowledgement; 5 s by default. */
  silenceMs?: number
  /** How long a refund is PROCESSING; 200 ms by default. */
  refundMs?: number
  now?: () => number
}
export type Sandbox = { url: string; port: number; ledger(): Ledger; stop(): Promise<void> }

/** Starts the stand-in for WeChat Pay on 127.0.0.1: `/v3` for the merchant, `/sandbox` for buyers and tests, `/healthz`. */
export async function startSandbox(config: SandboxConfig): Promise<Sandbox> {
  const now = config.now ?? Date.now
  const { mchId, merchantSerial: serial, merchantPublicKey: publicKeyPem } = config
  const { headers } = platform(config.platformKeyId, config.platformPrivateKey, now)
  const trades = tradeBook(config, now)
  const refunds = refundBook(trades, config.refundMs ?? 200, now)
  const switches = switchboard()
  const notify = notifier({ headers, apiKey: config.apiKey, pauseFactor: config.pauseFactor ?? 1, silenceMs: config.silenceMs ?? 5000 })
  const buyer = buyerOf(trades, switches, notify)
  const mistrusts = merchantVerifier({ mchId, serial, publicKeyPem }, now)
  const ledger = () => ledgerOf(trades, refunds)

  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.route('/sandbox', control(buyer, switches, ledger))
  app.route('/v3', gateway({ mchId, headers, mistrusts, trades, refunds, switches, buyer, notify }))

  const server = createServer({ keepAliveTimeout: 75_000 }, getRequestListener(app.fetch))
  const port = await listen(server, config.port ?? 0)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ledger,
    async stop() {
      notify.stop()
      refunds.stop()
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
