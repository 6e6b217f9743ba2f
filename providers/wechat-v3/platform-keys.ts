import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

const isPublicKeyId = (id: string): boolean => id.startsWith('PUB_KEY_ID_')

/**
 * WeChat's own keys: platform certificates by their serial (平台证书) and public keys by `PUB_KEY_ID_…` (微信支付公钥), all that are alive
 * while they rotate. Says which cannot be believed at `now` (ms), and why: no RSA, out of date, under another's serial.
 */
export function keysOf(pems: Readonly<Record<string, string>>, now: number) {
  const keys = new Map<string, KeyObject>()
  const wrong: { id: string; why: string }[] = []
  for (const [id, pem] of Object.entries(pems)) {
    try {
      const why = pem.includes('-----BEGIN CERTIFICATE-----')
        ? mistrusted(new X509Certificate(pem), id, now)
        : undefined
      if (why !== undefined) wrong.push({ id, why })
      const key = createPublicKey(pem)
      if (key.asymmetricKeyType === 'rsa') keys.set(id, key)
      else wrong.push({ id, why: unreadable })
    } catch {
      wrong.push({ id, why: unreadable })
    }
  }
  return { keys, wrong, publicKeyId: Object.keys(pems).find(isPublicKeyId) }
}

const unreadable = 'must be a platform certificate or an RSA public key in PEM (pub_key.pem)'

function mistrusted(certificate: X509Certificate, id: string, now: number): string | undefined {
  const { serialNumber, validTo } = certificate
  if (bare(serialNumber) !== bare(id))
    return `is the certificate with serial ${serialNumber}, and not ${id}: set the id that belongs to it`
  if (Date.parse(validTo) > now) return undefined
  return `is a platform certificate that was valid until ${new Date(validTo).toISOString()}: download the new one (商户平台 → 账户中心 → API安全)`
}

const bare = (serial: string): string => serial.toUpperCase().replace(/^0+/, '')
