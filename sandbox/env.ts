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
  SANDBOX_API_KEY: z.string().length(32, 'must have exactly 32 characters'),
  /** The key of WeChat Pay v2, of the same merchant and app; without it there is no v2. */
  SANDBOX_WECHAT_V2_KEY: z.string().length(32, 'must have exactly 32 characters').optional(),
  SANDBOX_PAUSE_FACTOR: z.coerce.number().positive().default(1),
})

/** Reads the sandbox's variables. Throws one error that names every variable that is missing or wrong, and what it must be. */
export function sandboxConfig(env: NodeJS.ProcessEnv): SandboxConfig {
  const read = schema.safeParse(env)
  if (!read.success) {
    const wrong = read.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${env[String(path[0])] === undefined ? 'is missing' : message}`)
    throw new Error(`the sandbox can't start:\n${wrong.join('\n')}`)
  }
  const { data } = read
  return {
    port: data.SANDBOX_PORT,
    mchId: data.SANDBOX_MCH_ID,
    appId: data.SANDBOX_APP_ID,
    merchantSerial: data.SANDBOX_MERCHANT_SERIAL,
    merchantPublicKey: data.SANDBOX_MERCHANT_PUBLIC_KEY,
    platformKeyId: data.SANDBOX_PLATFORM_KEY_ID,
    platformPrivateKey: data.SANDBOX_PLATFORM_PRIVATE_KEY,
    apiKey: data.SANDBOX_API_KEY,
    ...(data.SANDBOX_WECHAT_V2_KEY !== undefined && {
      wechatV2: { mchId: data.SANDBOX_MCH_ID, appId: data.SANDBOX_APP_ID, key: data.SANDBOX_WECHAT_V2_KEY },
    }),
    pauseFactor: data.SANDBOX_PAUSE_FACTOR,
  }
}
