import type { Hono } from 'hono'
import type { Clockwork } from '../clockwork.ts'
import type { Gateway } from '../gateway.ts'
import type { Switchboard } from '../switches.ts'
import { billBook } from './bills.ts'
import { buyer as buyerOf, notices } from './buyer.ts'
import { buyerSideOf } from './buyer-side.ts'
import { notifier } from './notifier.ts'
import { refundBook } from './refunds.ts'
import { merchantRoutes } from './routes.ts'
import { merchantVerifier, platformKeys } from './signature.ts'
import { tradeBook } from './trades.ts'

export type WechatV3Sandbox = {
  mchId: string
  appId: string
  merchantSerial: string
  /** PEM: what merchants' requests are verified with. */
  merchantPublicKey: string
  /** What `Wechatpay-Serial` says: a certificate's serial or `PUB_KEY_ID_…`. */
  platformKeyId: string
  /** PEM: signs answers and notifications. */
  platformPrivateKey: string
  /** Another key of the platform, while its keys rotate. */
  secondPlatformKey?: { id: string; privateKey: string } | undefined
  /** APIv3 密钥, 32 characters: encrypts notifications. */
  apiKey: string
}

/** WeChat Pay v3, under `/v3`. */
export function wechatV3Gateway(
  config: WechatV3Sandbox,
  switches: Switchboard,
  { now, pauseFactor, silenceMs, refundMs, refundGapMs }: Clockwork,
): Gateway {
  const { mchId, merchantSerial: serial, merchantPublicKey: publicKeyPem } = config
  const first = { id: config.platformKeyId, privateKey: config.platformPrivateKey }
  const { headers } = platformKeys({
    first,
    second: config.secondPlatformKey,
    secondIsOn: () => switches.get('secondKey') ?? false,
    now,
  })
  const trades = tradeBook(config, now)
  const refunds = refundBook(trades, { refundMs, refundGapMs, now })
  const notify = notifier({ headers, apiKey: config.apiKey, pauseFactor, silenceMs })
  const buyer = buyerOf(trades, switches, { ...notices, ...notify })
  const bills = billBook({ merchant: config, trades, refunds, switches })
  const rejectionOf = merchantVerifier({ mchId, serial, publicKeyPem }, now)
  return {
    path: '/v3',
    // Its own routes know the socket; who mounts them need not.
    routes: merchantRoutes({
      mchId,
      headers,
      rejectionOf,
      trades,
      refunds,
      bills,
      switches,
      buyer,
      notify,
    }) as unknown as Hono,
    ...buyerSideOf({ trades, refunds, buyer, notify }),
  }
}
