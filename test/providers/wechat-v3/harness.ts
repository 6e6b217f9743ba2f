import { generateKeyPairSync } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AttemptNumber, RefundNumber } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import type { OpenRequest } from '../../../providers/provider.ts'
import { type WechatV3Config, wechatV3 } from '../../../providers/wechat-v3/wechat-v3.ts'
import { sandboxClient } from '../../../sandbox/client.ts'
import { type SandboxConfig, startSandbox } from '../../../sandbox/server.ts'

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

export const merchantKeys = pair()
export const platformKeys = pair()
export const forgersKeys = pair()

/** Keys and numbers that merchant and gateway of a test share. */
export const shared = {
  mchId: '1900000109',
  appId: 'wxd678efh567hg6787',
  serial: '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB',
  platformKeyId: 'PUB_KEY_ID_0119000001092024010100000000000001',
  apiKey: 'abcdefghijklmnopqrstuvwxyz012345',
}

/** A server on a free loopback port; `connections` counts what was ever opened. */
export async function serving(listener: RequestListener) {
  const server = createServer(listener)
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    connections: () => connections,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type Received = { headers: Headers; body: string }

/**
 * The shop's notify URL: keeps what arrives and answers as asked: a status, a body with 200, or `silence`; if
 * not, as `taken`.
 */
export async function shop(
  path = '/v1/notify/wechat/v3',
  taken: { status: number; words?: string } = { status: 204 },
) {
  const received: Received[] = []
  const arrivals = new EventEmitter()
  const answers: (number | string)[] = []
  const server = await serving(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const headers = new Headers()
    for (const [name, values = []] of Object.entries(request.headersDistinct))
      for (const value of values) headers.append(name, value)
    received.push({ headers, body: Buffer.concat(chunks).toString() })
    arrivals.emit('one')
    const answer = answers.shift()
    if (answer === undefined) response.writeHead(taken.status).end(taken.words)
    else if (typeof answer === 'number') response.writeHead(answer).end()
    else if (answer !== 'silence') response.end(answer)
  })
  return {
    notifyUrl: `${server.url}${path}`,
    received,
    /** The next notifications are answered so; later ones as taken. */
    answers: (...next: (number | string)[]) => answers.push(...next),
    async arrived(count: number): Promise<Received[]> {
      while (received.length < count) await once(arrivals, 'one')
      return received
    },
    stop: server.stop,
  }
}

/** Waits until `look` finds something; the sandbox acts by itself, so there is no event to wait for. */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export async function harness(
  sandboxOptions: Partial<SandboxConfig> = {},
  providerOptions: Partial<WechatV3Config> = {},
) {
  const notify = await shop()
  const sandbox = await startSandbox({
    mchId: shared.mchId,
    appId: shared.appId,
    merchantSerial: shared.serial,
    merchantPublicKey: merchantKeys.publicKey,
    platformKeyId: shared.platformKeyId,
    platformPrivateKey: platformKeys.privateKey,
    apiKey: shared.apiKey,
    pauseFactor: 0.001,
    refundMs: 1,
    refundGapMs: 0,
    ...sandboxOptions,
  })
  const config: WechatV3Config = {
    baseUrl: sandbox.url,
    mchId: shared.mchId,
    appId: shared.appId,
    serial: shared.serial,
    privateKey: merchantKeys.privateKey,
    platformKeys: { [shared.platformKeyId]: platformKeys.publicKey },
    apiKey: shared.apiKey,
    notifyUrl: notify.notifyUrl,
    ...providerOptions,
  }
  return {
    sandbox,
    shop: notify,
    config,
    wechat: wechatV3(config),
    buyer: sandboxClient(sandbox.url),
    async stop() {
      await sandbox.stop()
      await notify.stop()
    },
  }
}

let last = 7_000_000_000_000_000n
export const attemptNumber = (): AttemptNumber => {
  last += 1n
  return last.toString() as AttemptNumber
}
export const refundNumber = (text: string): RefundNumber => `late-wechat-v3-${text}` as RefundNumber

export const openRequest = (over: Partial<OpenRequest> = {}): OpenRequest => ({
  attempt: attemptNumber(),
  product: 'native',
  amount: fen(1990),
  currency: 'CNY',
  description: 'Floodgate 订单 一件商品',
  attach: 'order:1',
  payer: {},
  expiresAt: new Date(Date.now() + 600_000),
  ...over,
})
