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
  readonly quoteSecret: string
}

/** Reads the state folder's keys; makes them at the first start. */
export async function keysOf(stateDir: string): Promise<Keys> {
  const file = join(stateDir, 'keys', 'keys.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Keys // written below, by this version or an earlier one
  const [jwt, merchant, platform] = await Promise.all([keyPair(), keyPair(), keyPair()])
  const keys = { jwt, merchant, platform, wechatApiKey: randomBytes(16).toString('hex'), quoteSecret: randomBytes(32).toString('hex') }
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
