import { createCipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Fields } from './xml.ts'

export type SignType = 'MD5' | 'HMAC-SHA256'

/**
 * The text that WeChat signs: all that is not empty but the sign itself, by name in ASCII order, then the key
 * (签名算法).
 */
const signedText = (fields: Fields, key: string): string =>
  [
    ...Object.keys(fields)
      .filter((name) => name !== 'sign' && fields[name] !== '')
      .sort()
      .map((name) => `${name}=${fields[name]}`),
    `key=${key}`,
  ].join('&')

/** The sign in upper-case hexadecimal digits. */
export function signOf(fields: Fields, key: string, type: SignType): string {
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(signedText(fields, key)).digest('hex').toUpperCase()
}

/** A request says by which algorithm it is signed, MD5 if it doesn't; nothing when it names another one. */
export function signTypeOf({ sign_type = 'MD5' }: Fields): SignType | undefined {
  return sign_type === 'MD5' || sign_type === 'HMAC-SHA256' ? sign_type : undefined
}

/** Whether the fields carry the sign of this key. */
export function isSigned(fields: Fields, key: string): boolean {
  const type = signTypeOf(fields)
  if (type === undefined) return false
  const [right, given] = [Buffer.from(signOf(fields, key, type)), Buffer.from(fields.sign ?? '')]
  return right.length === given.length && timingSafeEqual(right, given)
}

/** AES-256-ECB under the MD5 of the key, in base64, as refund notices carry it (退款结果通知, 解密方式). */
export function seal(plain: string, key: string): string {
  const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64')
}
