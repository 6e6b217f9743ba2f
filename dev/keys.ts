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

/** The local stack's secrets. They are made once for a state folder, so that tokens and payments outlive a restart. */
export interface Keys {
  /** Signs the buyers' tokens. */
  readonly jwt: KeyPair
  /** The shop's, towards WeChat Pay. */
  readonly merchant: KeyPair
  /** WeChat Pay's own: the sandbox holds the private half. */
  readonly platform: KeyPair
  /** WeChat Pay's APIv3 key: 32 characters. */
  readonly wechatApiKey: string
  /** WeChat Pay's API key (v2): 32 characters. */
  readonly wechatV2Key: string
  readonly quoteSecret: string
}

/** Reads the state folder's keys; makes them at the first start, and those that an earlier version's file lacks. */
export async function keysOf(stateDir: string): Promise<Keys> {
  const file = join(stateDir, 'keys', 'keys.json')
  // Written below, by this version or an earlier one.
  const written = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Keys>) : {}
  const [jwt, merchant, platform] = await Promise.all([written.jwt ?? keyPair(), written.merchant ?? keyPair(), written.platform ?? keyPair()])
  const keys: Keys = {
    ...{ jwt, merchant, platform },
    wechatApiKey: written.wechatApiKey ?? randomBytes(16).toString('hex'),
    wechatV2Key: written.wechatV2Key ?? randomBytes(16).toString('hex'),
    quoteSecret: written.quoteSecret ?? randomBytes(32).toString('hex'),
  }
  if (Object.keys(keys).every((name) => Object.hasOwn(written, name))) return keys
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
