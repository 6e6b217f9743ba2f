import { createHash, createHmac } from 'node:crypto'

/** A pair of keys of Tencent Cloud's API (云 API 密钥). */
export type Tc3Keys = { secretId: string; secretKey: string }

type Request = {
  host: string
  service: string
  version: string
  action: string
  body: string
  /** ms since 1970; Tencent refuses what is older than five minutes. */
  at: number
}

const algorithm = 'TC3-HMAC-SHA256'
const contentType = 'application/json; charset=utf-8'

/**
 * The headers of a POST to Tencent Cloud's API, signed by the method v3 (签名方法 v3): a canonical request is
 * hashed, and signed by a key that holds for one day (UTC) and one service.
 * https://cloud.tencent.com/document/api/213/30654
 */
export function signTc3({ secretId, secretKey }: Tc3Keys, request: Request): Record<string, string> {
  const { host, service, version, action, body, at } = request
  const timestamp = String(Math.floor(at / 1000))
  const day = new Date(at).toISOString().slice(0, 10)
  const signed = { 'content-type': contentType, host, 'x-tc-action': action.toLowerCase() }
  const names = Object.keys(signed).join(';')
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`)
  const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n')
  const scope = `${day}/${service}/tc3_request`
  const text = [algorithm, timestamp, scope, sha256(canonical)].join('\n')
  const key = hmac(hmac(hmac(`TC3${secretKey}`, day), service), 'tc3_request')
  const signature = hmac(key, text).toString('hex')
  return {
    authorization: `${algorithm} Credential=${secretId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    'content-type': contentType,
    'x-tc-action': action,
    'x-tc-version': version,
    'x-tc-timestamp': timestamp,
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
