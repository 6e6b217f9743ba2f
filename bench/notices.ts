import { randomUUID } from 'node:crypto'
import { wechat } from '../local/environment.ts'
import type { Keys } from '../local/keys.ts'
import { platform, seal } from '../sandbox/wechat-v3/signature.ts'
import type { Shot } from './cannon.ts'

/**
 * What WeChat posts when an attempt is paid, encrypted and signed as the local stack's stand-in does it: each
 * is another transaction.
 */
export function genuine(keys: Keys): (attempt: string, fen: number) => Pick<Shot, 'headers' | 'body'> {
  const { headers } = platform(wechat.platformKeyId, keys.platform.privateKey, Date.now)
  const key = Buffer.from(keys.wechatApiKey)
  return (attempt, fen) => {
    const paid = {
      ...{
        appid: wechat.appId,
        mchid: wechat.mchId,
        out_trade_no: attempt,
        transaction_id: `4200${attempt}`,
        trade_type: 'NATIVE',
      },
      ...{
        trade_state: 'SUCCESS',
        trade_state_desc: '支付成功',
        bank_type: 'OTHERS',
        attach: 'order:1',
        success_time: new Date().toISOString(),
      },
      payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
      amount: { total: fen, payer_total: fen, currency: 'CNY', payer_currency: 'CNY' },
    }
    const resource = {
      algorithm: 'AEAD_AES_256_GCM',
      original_type: 'transaction',
      associated_data: 'transaction',
      nonce: 'abcdefghijkl',
    }
    const body = JSON.stringify({
      ...{
        id: randomUUID(),
        create_time: new Date().toISOString(),
        event_type: 'TRANSACTION.SUCCESS',
        summary: '支付成功',
      },
      resource_type: 'encrypt-resource',
      resource: {
        ...resource,
        ciphertext: seal(JSON.stringify(paid), {
          key,
          nonce: resource.nonce,
          associated: resource.associated_data,
        }),
      },
    })
    return { headers: { 'content-type': 'application/json', ...headers(body) }, body }
  }
}
