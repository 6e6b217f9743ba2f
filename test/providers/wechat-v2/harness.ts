import { type AttemptNumber, type RefundNumber, snowflakes } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import type { OpenRequest } from '../../../providers/provider.ts'
import { type WechatV2Config, wechatV2 } from '../../../providers/wechat-v2/wechat-v2.ts'
import { sandboxClient } from '../../../sandbox/client.ts'
import { type SandboxConfig, startSandbox } from '../../../sandbox/server.ts'
import { type SignType, signOf } from '../../../sandbox/wechat-v2/signature.ts'
import { type Fields, xmlOf } from '../../../sandbox/wechat-v2/xml.ts'
import { merchantKeys, platformKeys, type Received, shop, shared as v3 } from '../wechat-v3/harness.ts'

/** Keys and numbers that merchant and gateway of a test share. */
export const shared = {
  mchId: '1900000109',
  appId: 'wxd930ea5d5a258f4f',
  key: '192006250b4c09247ec02edce69f6a2d',
}

/** Long enough for WeChat to close a trade. */
export const closable = 300_000

export async function harness(
  sandboxOptions: Partial<SandboxConfig> = {},
  providerOptions: Partial<WechatV2Config> = {},
) {
  // The clock that gateway and adapter share.
  let passed = 0
  const now = () => Date.now() + passed
  const ids = snowflakes(1, now)
  const notify = await shop('/v1/notify/wechat/v2', {
    status: 200,
    words: '<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>',
  })
  const sandbox = await startSandbox({
    mchId: v3.mchId,
    appId: v3.appId,
    merchantSerial: v3.serial,
    merchantPublicKey: merchantKeys.publicKey,
    platformKeyId: v3.platformKeyId,
    platformPrivateKey: platformKeys.privateKey,
    apiKey: v3.apiKey,
    wechatV2: shared,
    pauseFactor: 0.001,
    refundMs: 1,
    refundGapMs: 0,
    now,
    ...sandboxOptions,
  })
  const config: WechatV2Config = {
    baseUrl: sandbox.url,
    ...shared,
    notifyUrl: notify.notifyUrl,
    now,
    ...providerOptions,
  }
  // A fresh snowflake is what an attempt's number is.
  const attemptNumber = (): AttemptNumber => ids.next() as AttemptNumber
  return {
    sandbox,
    shop: notify,
    config,
    wechat: wechatV2(config),
    buyer: sandboxClient(sandbox.url),
    pass(ms: number): void {
      passed += ms
    },
    attemptNumber,
    openRequest: (over: Partial<OpenRequest> = {}): OpenRequest => ({
      attempt: attemptNumber(),
      product: 'native',
      amount: fen(1990),
      currency: 'CNY',
      description: 'Floodgate 订单 一件商品',
      attach: 'order:1',
      payer: {},
      expiresAt: new Date(now() + 3_600_000),
      ...over,
    }),
    async stop() {
      await sandbox.stop()
      await notify.stop()
    },
  }
}

export const refundNumber = (text: string): RefundNumber => `late-wechat-v2-${text}` as RefundNumber

/** What WeChat itself would say: any content, rightly signed. */
export function signed(content: Fields, key = shared.key, type: SignType = 'HMAC-SHA256'): string {
  const fields = {
    return_code: 'SUCCESS',
    result_code: 'SUCCESS',
    appid: shared.appId,
    mch_id: shared.mchId,
    nonce_str: 'n',
    ...content,
  }
  return xmlOf({ ...fields, sign: signOf(fields, key, type) })
}

export const posted = (body: string): Received => ({
  headers: new Headers({ 'Content-Type': 'text/xml' }),
  body,
})
