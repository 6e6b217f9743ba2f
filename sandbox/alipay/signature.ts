import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { inBeijing } from '../clock.ts'

/**
 * What is signed of a set of parameters: all that have a value but `sign` and what is named, sorted by name
 * (自行实现签名).
 */
export const signContent = (
  parameters: Readonly<Record<string, string>>,
  without: readonly string[] = [],
): string =>
  Object.entries(parameters)
    .filter(([name, value]) => name !== 'sign' && value !== '' && !without.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

const signed = (text: string, key: KeyObject): string =>
  sign('sha256', Buffer.from(text), key).toString('base64')

/** Whether a text carries this key’s RSA2 signature. */
export const isSigned = (text: string, signature: string, key: KeyObject): boolean =>
  verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64'))

/**
 * Alipay's signing side: answers and notifications. The key is read once; `key` is a forger's, for what is
 * forged.
 */
export function platform(privateKeyPem: string) {
  const own = createPrivateKey(privateKeyPem)
  return {
    /** 同步返回: the answer's node is signed as it is written. */
    answer(method: string, node: object, key: KeyObject = own): string {
      const text = JSON.stringify(node).replaceAll('/', '\\/') // As Alipay writes it.
      return `{"${method.replaceAll('.', '_')}_response":${text},"sign":"${signed(text, key)}"}`
    },
    /** 异步通知: a form, signed without `sign_type`. */
    notification(parameters: Readonly<Record<string, string>>, key: KeyObject = own): string {
      const all = { ...parameters, charset: 'utf-8', version: '1.0', sign_type: 'RSA2' }
      return new URLSearchParams({ ...all, sign: signed(signContent(all, ['sign_type']), key) }).toString()
    },
  }
}
export type Platform = ReturnType<typeof platform>

/**
 * Alipay's verifying side: why a merchant's request is not believed (sub_code), or nothing when it is.
 * `sign_type` is signed here.
 */
export function merchantVerifier(merchant: { appId: string; publicKeyPem: string }, now: () => number) {
  const key = createPublicKey(merchant.publicKeyPem)
  return (parameters: Readonly<Record<string, string>>): string | undefined => {
    const { app_id, sign_type, charset, version, timestamp = '', sign: signature = '' } = parameters
    if (app_id !== merchant.appId) return 'isv.invalid-app-id'
    if (sign_type !== 'RSA2') return 'isv.invalid-signature-type'
    if (charset?.toLowerCase() !== 'utf-8') return 'isv.invalid-charset'
    if (version !== '1.0') return 'isv.missing-version'
    const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(timestamp) ? shanghaiMs(timestamp) : Number.NaN
    const isForm = parameters.method === 'alipay.trade.page.pay' // Written long before the buyer opens it.
    if (!(Math.abs(now() - time) < 600_000 || (isForm && time < now() + 600_000)))
      return 'isv.invalid-timestamp'
    return isSigned(signContent(parameters), signature, key) ? undefined : 'isv.invalid-signature'
  }
}

/** Alipay's times are of Shanghai, without a zone. */
export const shanghaiMs = (time: string): number => Date.parse(`${time.replace(' ', 'T')}+08:00`)
/** A moment (ms since 1970) as Alipay writes it. */
export const shanghaiTime = (ms: number): string => inBeijing(ms).replace('T', ' ')
