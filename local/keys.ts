import { generateKeyPair, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

interface KeyPair {
  /** PEM, PKCS #8. */
  readonly privateKey: string
  /** PEM, SPKI. */
  readonly publicKey: string
}

/**
 * The local stack's secrets. They are made once for a state folder, so that tokens and payments outlive a
 * restart.
 */
export interface Keys {
  /** Signs the buyers' tokens. */
  readonly jwt: KeyPair
  /** The shop's, towards WeChat Pay. */
  readonly merchant: KeyPair
  /** WeChat Pay's own: the sandbox holds the private half. */
  readonly platform: KeyPair
  /** WeChat Pay's APIv3 key: 32 characters. */
  readonly wechatApiKey: string
  /** The shop's, towards Alipay. */
  readonly alipayMerchant: KeyPair
  /** Alipay's own: the sandbox holds the private half. */
  readonly alipayPlatform: KeyPair
  /** WeChat Pay's API key (v2): 32 characters. */
  readonly wechatV2Key: string
  readonly quoteSecret: string
}

/**
 * Reads the state folder's keys; makes those that it lacks, at the first start or after a version that knew
 * fewer.
 */
export async function keysOf(stateDir: string): Promise<Keys> {
  const file = join(stateDir, 'keys', 'keys.json')
  // written below, by this version or an earlier one
  const known: Partial<Keys> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const pair = async (name: 'jwt' | 'merchant' | 'platform' | 'alipayMerchant' | 'alipayPlatform') =>
    known[name] ?? keyPair()
  const secret = (name: 'wechatApiKey' | 'wechatV2Key' | 'quoteSecret', bytes: number) =>
    known[name] ?? randomBytes(bytes).toString('hex')
  const [jwt, merchant, platform, alipayMerchant, alipayPlatform] = await Promise.all([
    ...([pair('jwt'), pair('merchant'), pair('platform')] as const),
    ...([pair('alipayMerchant'), pair('alipayPlatform')] as const),
  ])
  const keys: Keys = {
    ...{ jwt, merchant, platform, alipayMerchant, alipayPlatform },
    ...{
      wechatApiKey: secret('wechatApiKey', 16),
      wechatV2Key: secret('wechatV2Key', 16),
      quoteSecret: secret('quoteSecret', 32),
    },
  }
  if (Object.keys(keys).every((name) => Object.hasOwn(known, name))) return keys
  mkdirSync(join(stateDir, 'keys'), { recursive: true, mode: 0o700 })
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, JSON.stringify(keys, null, 2), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return keys
}

async function keyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}
