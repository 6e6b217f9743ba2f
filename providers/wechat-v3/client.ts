import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { Decorator } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import { loggable } from '../message.ts'
import { isUnreachable } from '../wechat-hosts.ts'
import type { Merchant } from './config.ts'

/** An answer of any status whose signature fits; or none that can be believed, and why. */
type Reply =
  | { is: 'answer'; status: number; body: unknown }
  | { is: 'none'; code: string; message?: string | undefined }
type Request = { method: 'GET' | 'POST'; path: string; body?: object; until: AbortSignal }
export type Call = (request: Request) => Promise<Reply>
/** What one operation of the adapter works with: signed calls, whose they are, and their common deadline. */
export type Operation = { call: Call; merchant: Merchant; until: AbortSignal }

const maxAnswerBytes = 1 << 20
const failureSchema = z.object({
  code: z.string().optional(),
  name: z.string().optional(),
  response: z.object({ status: z.number(), data: z.unknown() }).optional(),
})
const refusalSchema = z.object({ code: z.string().min(1), message: z.string().optional() })

/**
 * Signed calls over kept-alive connections; never throws. A host that can't be reached is followed by
 * WeChat's other one, with identical parameters: creation, close and refund may be repeated.
 *
 * @see 使用微信支付公钥验签 https://pay.weixin.qq.com/doc/v3/merchant/4013053249
 */
export function v3Client(merchant: Merchant): Call {
  const hosts = [merchant.baseUrl, merchant.fallbackUrl]
    .filter((url) => url !== undefined)
    .map((url) => v3Host(merchant, url))
  return async (request) => {
    let reply: Reply = { is: 'none', code: 'NETWORK' }
    for (const host of hosts) {
      reply = await host(request)
      const elsewhere = reply.is === 'none' && isUnreachable(reply.code) && !request.until.aborted
      if (!elsewhere) break
    }
    return reply
  }
}

/**
 * The plugin verifies only answers that `validateStatus` accepts, so it accepts all: WeChat signs its errors
 * too, and "no such trade" must not be believed from anybody else.
 */
function v3Host(merchant: Merchant, baseURL: string): Call {
  const { v3 } = new Decorator({
    baseURL,
    mchid: merchant.mchId,
    serial: merchant.serial,
    // The plugin's type wants text; it takes a KeyObject (Rsa.from), and then reads no PEM for each
    // signature.
    privateKey: merchant.privateKey as unknown as string,
    certs: Object.fromEntries([...merchant.platformKeys].flatMap(([id, key]) => namesOf(id, key))),
    validateStatus: () => true,
    // Set explicitly, so that neither the environment's proxies nor another module's axios defaults
    // interfere.
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

  return async ({ method, path: url, body: data, until: signal }) => {
    try {
      const { status, data: body } = await v3.request({ method, url, ...(data && { data }), signal })
      return { is: 'answer', status, body: typeof body === 'string' && body !== '' ? parsed(body) : body }
    } catch (error) {
      // The error carries the signed request: only its code, and the answer's own explanation, go on.
      const { code, name, response } = failureSchema.catch({}).parse(error)
      if (signal.aborted) return { is: 'none', code: 'TIMEOUT' }
      if (!response) return { is: 'none', code: code ?? name ?? 'NETWORK' }
      return {
        is: 'none',
        code: `UNVERIFIED_${response.status}`,
        message: unsignedExplanation(response.data),
      }
    }
  }
}

/** The plugin compares serials as texts; whether WeChat writes a leading zero, it does not document. */
const namesOf = <T>(id: string, key: T): [string, T][] => [
  [id, key],
  [id.replace(/^0(?=[\dA-F])/, ''), key],
]

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text
  } catch {
    return undefined
  }
}

/** For the log alone, as nobody vouches for it. */
function unsignedExplanation(text: unknown): string | undefined {
  const { data } = refusalSchema.safeParse(parsed(text))
  return data && loggable(data.message === undefined ? data.code : `${data.code}: ${data.message}`)
}

/**
 * Error code and text of a signed refusal.
 * @param secrets Values of the request that must not get into a log.
 */
export function refusalIn(
  { status, body }: { status: number; body: unknown },
  secrets: readonly (string | undefined)[] = [],
): { code: string; message: string | undefined } {
  const { data } = refusalSchema.safeParse(body)
  return { code: data?.code ?? `HTTP_${status}`, message: loggable(data?.message, secrets) }
}

/** Whether WeChat did as asked: 200, or 204 without a body. */
export const isSuccess = ({ status }: { status: number }): boolean => status === 200 || status === 204
