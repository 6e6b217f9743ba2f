import type { AttemptNumber, RefundNumber } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import { type AlipayConfig, alipay } from '../../../providers/alipay/alipay.ts'
import type { OpenRequest } from '../../../providers/provider.ts'
import { platform } from '../../../sandbox/alipay/signature.ts'
import { sandboxClient } from '../../../sandbox/client.ts'
import { type SandboxConfig, startSandbox } from '../../../sandbox/server.ts'
import { forgersKeys, merchantKeys, platformKeys, serving, shared } from '../wechat-v3/harness.ts'

export { eventually, platformKeys, serving } from '../wechat-v3/harness.ts'

/** Numbers that merchant and gateway of a test share. */
export const account = { appId: '2014072300007148', sellerId: '2088101106499364' }

/** Alipay's keys, and a forger's. */
export const pen = platform(platformKeys.privateKey)
export const forgersPen = platform(forgersKeys.privateKey)

/** The shop's notify URL: keeps what arrives and answers as asked, or `success`. */
async function shop() {
  const received: string[] = []
  const answers: string[] = []
  const server = await serving(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push(body)
    response.end(answers.shift() ?? 'success')
  })
  return {
    notifyUrl: `${server.url}/v1/notify/alipay`,
    received,
    answers: (...next: string[]) => answers.push(...next),
    stop: server.stop,
  }
}

export async function harness(
  sandboxOptions: Partial<SandboxConfig> = {},
  providerOptions: Partial<AlipayConfig> = {},
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
    alipay: {
      ...account,
      merchantPublicKey: merchantKeys.publicKey,
      platformPrivateKey: platformKeys.privateKey,
    },
    pauseFactor: 0.00001,
    ...sandboxOptions,
  })
  const config: AlipayConfig = {
    ...{ gateway: `${sandbox.url}/gateway.do`, ...account, notifyUrl: notify.notifyUrl },
    ...{ privateKey: merchantKeys.privateKey, publicKey: platformKeys.publicKey },
    ...providerOptions,
  }
  const provider = alipay(config)
  const buyer = sandboxClient(sandbox.url)
  return {
    sandbox,
    shop: notify,
    config,
    alipay: provider,
    buyer,
    /** The buyer's browser posts the form; where it is sent to. */
    async browse(request: OpenRequest): Promise<{ status: number; location: string | null; text: string }> {
      const opened = await provider.open(request)
      if (opened.is !== 'open' || opened.answer.kind !== 'form') throw new Error('no form')
      const { action, fields } = opened.answer
      const page = await fetch(action, {
        method: 'POST',
        body: new URLSearchParams(fields),
        redirect: 'manual',
      })
      return { status: page.status, location: page.headers.get('location'), text: await page.text() }
    },
    tradeOf: (attempt: string) => sandbox.ledger().trades.find(({ outTradeNo }) => outTradeNo === attempt),
    async stop() {
      await sandbox.stop()
      await notify.stop()
    },
  }
}

let last = 8_000_000_000_000_000n
export const attemptNumber = (): AttemptNumber => {
  last += 1n
  return last.toString() as AttemptNumber
}
export const refundNumber = (text: string): RefundNumber => `late-alipay-${text}` as RefundNumber

export const openRequest = (over: Partial<OpenRequest> = {}): OpenRequest => ({
  attempt: attemptNumber(),
  product: 'qr',
  amount: fen(1990),
  currency: 'CNY',
  description: 'Floodgate 订单 一件商品',
  attach: 'order:1',
  payer: {},
  expiresAt: new Date(Date.now() + 600_000),
  ...over,
})
