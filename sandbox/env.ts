import { createPrivateKey, createPublicKey } from 'node:crypto'
import * as z from 'zod'
import type { SandboxConfig } from './server.ts'

const pem = (read: (text: string) => unknown, remedy: string) =>
  z.string().refine((text) => {
    try {
      read(text)
      return true
    } catch {
      return false
    }
  }, remedy)
const filled = z.string().min(1, 'must not be empty')

const schema = z.object({
  SANDBOX_PORT: z.coerce.number('must be a port, 0 for a free one').int().min(0).max(65535),
  SANDBOX_MCH_ID: filled,
  SANDBOX_APP_ID: filled,
  SANDBOX_MERCHANT_SERIAL: filled,
  SANDBOX_MERCHANT_PUBLIC_KEY: pem(createPublicKey, 'must be a public key or certificate in PEM'),
  SANDBOX_PLATFORM_KEY_ID: filled,
  SANDBOX_PLATFORM_PRIVATE_KEY: pem(createPrivateKey, 'must be a private key in PEM'),
  SANDBOX_PLATFORM_KEY_ID_2: filled.optional(),
  SANDBOX_PLATFORM_PRIVATE_KEY_2: pem(createPrivateKey, 'must be a private key in PEM').optional(),
  SANDBOX_API_KEY: z.string().length(32, 'must have exactly 32 characters'),
  SANDBOX_ALIPAY_APP_ID: filled.optional(),
  SANDBOX_ALIPAY_SELLER_ID: filled.optional(),
  SANDBOX_ALIPAY_MERCHANT_PUBLIC_KEY: pem(createPublicKey, 'must be a public key in PEM').optional(),
  SANDBOX_ALIPAY_PLATFORM_PRIVATE_KEY: pem(createPrivateKey, 'must be a private key in PEM').optional(),
  /** The key of WeChat Pay v2, of the same merchant and app; without it there is no v2. */
  SANDBOX_WECHAT_V2_KEY: z.string().length(32, 'must have exactly 32 characters').optional(),
  /** Seconds before which v2 closes no trade (关闭订单: 最短调用时间间隔为5分钟). */
  SANDBOX_WECHAT_V2_CLOSABLE_AFTER_S: z.coerce.number().int().min(0).max(300).default(300),
  SANDBOX_PAUSE_FACTOR: z.coerce.number().positive().default(1),
})

/**
 * Reads the sandbox's variables. Throws one error that names every variable that is missing or wrong, and
 * what it must be.
 */
export function sandboxConfig(env: NodeJS.ProcessEnv): SandboxConfig {
  const read = schema.safeParse(env)
  if (!read.success) {
    const wrong = read.error.issues.map(
      ({ path, message }) =>
        `  ${path.join('.')}: ${env[String(path[0])] === undefined ? 'is missing' : message}`,
    )
    throw new Error(`the sandbox can't start:\n${wrong.join('\n')}`)
  }
  const { data } = read
  const [id, privateKey] = [data.SANDBOX_PLATFORM_KEY_ID_2, data.SANDBOX_PLATFORM_PRIVATE_KEY_2]
  if ((id === undefined) !== (privateKey === undefined))
    throw new Error(
      "the sandbox can't start:\n" +
        '  SANDBOX_PLATFORM_KEY_ID_2 and SANDBOX_PLATFORM_PRIVATE_KEY_2: set both or none',
    )
  return {
    port: data.SANDBOX_PORT,
    mchId: data.SANDBOX_MCH_ID,
    appId: data.SANDBOX_APP_ID,
    merchantSerial: data.SANDBOX_MERCHANT_SERIAL,
    merchantPublicKey: data.SANDBOX_MERCHANT_PUBLIC_KEY,
    platformKeyId: data.SANDBOX_PLATFORM_KEY_ID,
    platformPrivateKey: data.SANDBOX_PLATFORM_PRIVATE_KEY,
    ...(id !== undefined && privateKey !== undefined && { secondPlatformKey: { id, privateKey } }),
    apiKey: data.SANDBOX_API_KEY,
    ...(data.SANDBOX_WECHAT_V2_KEY !== undefined && {
      wechatV2: {
        mchId: data.SANDBOX_MCH_ID,
        appId: data.SANDBOX_APP_ID,
        key: data.SANDBOX_WECHAT_V2_KEY,
        closableAfterMs: data.SANDBOX_WECHAT_V2_CLOSABLE_AFTER_S * 1000,
      },
    }),
    pauseFactor: data.SANDBOX_PAUSE_FACTOR,
    ...alipayOf(data),
  }
}

/** Alipay is there when all of its variables are. */
function alipayOf(data: z.infer<typeof schema>): Pick<SandboxConfig, 'alipay'> {
  const { SANDBOX_ALIPAY_APP_ID: appId, SANDBOX_ALIPAY_SELLER_ID: sellerId } = data
  const {
    SANDBOX_ALIPAY_MERCHANT_PUBLIC_KEY: merchantPublicKey,
    SANDBOX_ALIPAY_PLATFORM_PRIVATE_KEY: platformPrivateKey,
  } = data
  if (appId && sellerId && merchantPublicKey && platformPrivateKey)
    return { alipay: { appId, sellerId, merchantPublicKey, platformPrivateKey } }
  if (!appId && !sellerId && !merchantPublicKey && !platformPrivateKey) return {}
  throw new Error(
    "the sandbox can't start:\n" +
      '  its Alipay is half configured: set all four SANDBOX_ALIPAY_ variables, or none',
  )
}
