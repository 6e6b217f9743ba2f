import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { Decorator } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import type { Merchant } from './config.ts'

/** What came back: WeChat's own word, its signature verified whatever the status, or nothing to go by, and why. */
type Heard = { heard: 'answer'; status: number; body: unknown } | { heard: 'nothing'; code: string }
export type Call = (
  method: 'GET' | 'POST',
  path: string,
  body: object | undefined,
  until: AbortSignal,
) => Promise<Heard>

const maxAnswerBytes = 1 << 20
const failure = z.object({
  code: z.string().optional(),
  name: z.string().optional(),
  response: z.object({ status: z.number() }).optional(),
})

/**
 * Signed calls over kept-alive connections; never throws. The plugin verifies only answers that `validateStatus` accepts, so it accepts all:
 * WeChat signs its errors too (签名验证 → 验证签名), and "no such trade" must not be believed from anybody else.
 */
export function v3Client(merchant: Merchant): Call {
  const { v3 } = new Decorator({
    baseURL: merchant.baseUrl,
    mchid: merchant.mchId,
    serial: merchant.serial,
    // The plugin's type wants text; it takes a KeyObject (Rsa.from), and reads no PEM for each signature then.
    privateKey: merchant.privateKey as unknown as string,
    certs: Object.fromEntries(merchant.platformKeys),
    validateStatus: () => true,
    // Said outright, so that neither the environment's proxies nor another module's axios defaults get in between.
    adapter: 'http',
    proxy: false,
    maxRedirects: 0,
    timeout: 0,
    responseType: 'text',
    ...(merchant.answersSignedBy && { headers: { 'Wechatpay-Serial': merchant.answersSignedBy } }),
    maxContentLength: maxAnswerBytes,
    httpAgent: new Agent({ keepAlive: true }),
    httpsAgent: new TlsAgent({ keepAlive: true }),
  })

  return async (method, url, data, signal) => {
    try {
      const { status, data: body } = await v3.request({ method, url, ...(data && { data }), signal })
      return { heard: 'answer', status, body: typeof body === 'string' && body !== '' ? parsed(body) : body }
    } catch (error) {
      // The error carries the signed request: only its code goes on.
      const { code, name, response } = failure.catch({}).parse(error)
      if (signal.aborted) return { heard: 'nothing', code: 'TIMEOUT' }
      if (response) return { heard: 'nothing', code: `UNVERIFIED_${response.status}` }
      return { heard: 'nothing', code: code ?? name ?? 'NETWORK' }
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error code of a verified refusal. */
export function errorCode({ status, body }: { status: number; body: unknown }): string {
  const read = z.object({ code: z.string().min(1) }).safeParse(body)
  return read.success ? read.data.code : `HTTP_${status}`
}

export const isSuccess = ({ status }: { status: number }): boolean => status === 200 || status === 204
