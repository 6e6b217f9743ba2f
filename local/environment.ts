import type { Keys } from './keys.ts'
import type { Servers } from './servers/start.ts'
import { signIn } from './sign-in.ts'

/** What the application and the sandbox must agree about. */
export const wechat = {
  mchId: '1900000109',
  appId: 'wx8888888888888888',
  merchantSerial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  platformKeyId: 'PUB_KEY_ID_0001',
}

const alipay = { appId: '2021000000000109', sellerId: '2088000000000109' }

export interface StackAddresses {
  readonly servers: Servers
  readonly appPort: number
  readonly sandboxPort: number
}

/** Every variable that the application reads. */
export function appEnvironment(
  { servers, appPort, sandboxPort }: StackAddresses,
  keys: Keys,
): Record<string, string> {
  return {
    PORT: String(appPort),
    PUBLIC_URL: `http://127.0.0.1:${appPort}`,
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_NAMESPACE: servers.temporalNamespace,
    PROVIDER_CALLS_PER_SECOND: '1000', // The sandbox has no limit.
    JWT_PUBLIC_KEY: keys.jwt.publicKey,
    JWT_ISSUER: signIn.issuer,
    JWT_AUDIENCE: signIn.audience,
    TRUSTED_PROXIES: 'none',
    HOST: '127.0.0.1',
    STOP_GRACE_S: '0',
    RATE_LIMIT_FACTOR: '1000', // Everybody shares this machine's address.
    QUOTE_SECRET: keys.quoteSecret,
    CAPTCHA_DIFFICULTY: '10', // Crowds of thousands compute on this machine.
    WECHAT_V3_BASE_URL: `http://127.0.0.1:${sandboxPort}`,
    WECHAT_V3_MCH_ID: wechat.mchId,
    WECHAT_V3_APP_ID: wechat.appId,
    WECHAT_V3_SERIAL: wechat.merchantSerial,
    WECHAT_V3_PRIVATE_KEY: keys.merchant.privateKey,
    WECHAT_V3_PLATFORM_KEY_ID: wechat.platformKeyId,
    WECHAT_V3_PLATFORM_KEY: keys.platform.publicKey,
    WECHAT_V3_API_KEY: keys.wechatApiKey,
    ALIPAY_GATEWAY: `http://127.0.0.1:${sandboxPort}/gateway.do`,
    ALIPAY_APP_ID: alipay.appId,
    ALIPAY_SELLER_ID: alipay.sellerId,
    ALIPAY_PRIVATE_KEY: keys.alipayMerchant.privateKey,
    ALIPAY_PUBLIC_KEY: keys.alipayPlatform.publicKey,
    WECHAT_V2_BASE_URL: `http://127.0.0.1:${sandboxPort}`,
    WECHAT_V2_MCH_ID: wechat.mchId,
    WECHAT_V2_APP_ID: wechat.appId,
    WECHAT_V2_KEY: keys.wechatV2Key,
  }
}

/** Every variable that the sandbox reads. */
export function sandboxEnvironment(
  { sandboxPort }: Pick<StackAddresses, 'sandboxPort'>,
  keys: Keys,
): Record<string, string> {
  return {
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_MCH_ID: wechat.mchId,
    SANDBOX_APP_ID: wechat.appId,
    SANDBOX_MERCHANT_SERIAL: wechat.merchantSerial,
    SANDBOX_MERCHANT_PUBLIC_KEY: keys.merchant.publicKey,
    SANDBOX_PLATFORM_KEY_ID: wechat.platformKeyId,
    SANDBOX_PLATFORM_PRIVATE_KEY: keys.platform.privateKey,
    SANDBOX_API_KEY: keys.wechatApiKey,
    SANDBOX_ALIPAY_APP_ID: alipay.appId,
    SANDBOX_ALIPAY_SELLER_ID: alipay.sellerId,
    SANDBOX_ALIPAY_MERCHANT_PUBLIC_KEY: keys.alipayMerchant.publicKey,
    SANDBOX_ALIPAY_PLATFORM_PRIVATE_KEY: keys.alipayPlatform.privateKey,
    SANDBOX_WECHAT_V2_KEY: keys.wechatV2Key,
  }
}
