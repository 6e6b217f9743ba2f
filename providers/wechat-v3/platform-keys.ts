import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { canonicalSerial, isPublicKeyId } from '../wechat-serial.ts'

/**
 * WeChat's own keys: platform certificates by their serial (平台证书) and public keys by `PUB_KEY_ID_…` (微信支付公钥),
 * all that are valid while they are exchanged.
 *
 * @param now ms since 1970
 * @returns `keys` by canonical serial, and `wrong`: which are not to be believed and why (no RSA, out of
 *   date, under another serial)
 * @see 使用微信支付公钥验签 https://pay.weixin.qq.com/doc/v3/merchant/4013053249
 */
export function keysOf(pems: Readonly<Record<string, string>>, now: number) {
  const keys = new Map<string, KeyObject>()
  const wrong: { id: string; why: string }[] = []
  for (const [id, pem] of Object.entries(pems)) {
    const serial = canonicalSerial(id)
    try {
      const why = keys.has(serial)
        ? `is the same key as another one, ${serial}`
        : whyNotBelieved(pem, id, now)
      if (why !== undefined) wrong.push({ id, why })
      const key = createPublicKey(pem)
      if (key.asymmetricKeyType === 'rsa') keys.set(serial, key)
      else wrong.push({ id, why: unreadable })
    } catch {
      wrong.push({ id, why: unreadable })
    }
  }
  return { keys, wrong, publicKeyId: [...keys.keys()].find(isPublicKeyId) }
}

const unreadable = 'must be a platform certificate or an RSA public key in PEM (pub_key.pem)'
const misnamed = "must be under its id: the certificate's serial, hexadecimal, or PUB_KEY_ID_…"

function whyNotBelieved(pem: string, id: string, now: number): string | undefined {
  const serial = canonicalSerial(id)
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    return isPublicKeyId(serial) || /^[\dA-F]{8,64}$/.test(serial) ? undefined : misnamed
  const { serialNumber, validTo } = new X509Certificate(pem)
  if (canonicalSerial(serialNumber) !== serial)
    return `is the certificate with serial ${serialNumber}, and not ${id}: set the id that belongs to it`
  if (Date.parse(validTo) > now) return undefined
  const until = new Date(validTo).toISOString()
  return `is a platform certificate that was valid until ${until}: download the new one (商户平台 → 账户中心 → API安全)`
}
